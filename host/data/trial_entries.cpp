#include "data/trial_entries.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "data/observed_time.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

bool earlier_entry(const TrialEntry& a, const TrialEntry& b) {
  return a.position < b.position;
}

bool earlier_or_lower_unit(const TrialEntry& a, const TrialEntry& b) {
  return a.position != b.position ? a.position < b.position : a.unit < b.unit;
}

/// One entry for each bin and unit, of entries in that order.
void add_up(const Dataset& data, std::vector<TrialEntry>& entries) {
  std::size_t kept = 0;
  for (const TrialEntry& entry : entries) {
    TrialEntry* last = kept == 0 ? nullptr : &entries[kept - 1];
    if (last == nullptr || earlier_or_lower_unit(*last, entry)) {
      entries[kept++] = entry;
      continue;
    }
    if (entry.spikes > std::numeric_limits<std::int32_t>::max() - last->spikes) {
      throw DataError(data.source + ": trial " + std::to_string(data.count.offset.size() - 1) +
                      ": unit " + std::to_string(entry.unit) +
                      " has more spikes in a bin than 32-bit numbers count");
    }
    last->spikes += entry.spikes;
  }
  entries.resize(kept);
}

}  // namespace

std::optional<double> entry_position(const Dataset& data, std::size_t n, double time) {
  const double end = data.trial.observed_until[n];
  if (!(time >= 0 && time < end)) return {};
  if (!data.binned()) return time;
  const double bin = whole_bins(time, data.bin_width);
  return bin < whole_bins(end, data.bin_width) ? std::optional(bin) : std::nullopt;
}

void append_entries(Dataset& data, std::vector<TrialEntry>& entries) {
  if (data.binned()) {
    std::sort(entries.begin(), entries.end(), earlier_or_lower_unit);
    add_up(data, entries);
    for (const TrialEntry& entry : entries) {
      data.count.bin.push_back(static_cast<std::int32_t>(entry.position));
      data.count.unit.push_back(entry.unit);
      data.count.value.push_back(entry.spikes);
    }
    data.count.offset.push_back(static_cast<std::int64_t>(data.count.bin.size()));
    return;
  }

  // Most come in order, and sorting them in place needs room for as many again.
  if (!std::is_sorted(entries.begin(), entries.end(), earlier_entry))
    std::stable_sort(entries.begin(), entries.end(), earlier_entry);
  for (const TrialEntry& entry : entries) {
    data.spike.time.push_back(entry.position);
    data.spike.unit.push_back(entry.unit);
  }
  data.spike.offset.push_back(static_cast<std::int64_t>(data.spike.time.size()));
}

}  // namespace nnpoisson
