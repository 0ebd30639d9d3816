#include "data/dataset_builder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/stimulus_encoding.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

double observable(double response_time, double time_limit) {
  return std::isnan(response_time) ? time_limit : std::min(time_limit, response_time);
}

double required_time_limit(const ImportOptions& options, const std::string& file) {
  if (options.time_limit) return *options.time_limit;
  throw UsageError(
      file + ": has exact spike times; give --time-limit, the longest time to look at in seconds");
}

void require_sound(std::span<const std::filesystem::path> files, const ImportOptions& options) {
  if (files.empty()) throw UsageError("no recording to import was named");
  if (options.time_limit && !(std::isfinite(*options.time_limit) && *options.time_limit > 0)) {
    throw UsageError("the time limit must be a positive number of seconds");
  }
  if (!(std::isfinite(options.bin_width) && options.bin_width >= 0))
    throw UsageError("the bin width must be a positive number of seconds");
}

DatasetBuilder::DatasetBuilder(const ImportOptions& options, double time_limit, double bin_width)
    : options_(options) {
  imported_.data.time_limit = time_limit;
  imported_.data.bin_width = bin_width;
  (imported_.data.binned() ? imported_.data.count.offset : imported_.data.spike.offset)
      .push_back(0);
}

void DatasetBuilder::note(const std::string& text) {
  auto& notes = imported_.notes;
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(text);
}

void DatasetBuilder::begin_session(const std::string& file, const std::string& name,
                                   SessionTrials trials) {
  Dataset& data = imported_.data;
  auto& names = data.session_names;
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    throw UsageError(file + ": another file is also named " + name +
                     "; a session takes its name from its file");
  }
  if (names.empty()) data.stimulus_names = trials.stimulus_names;
  if (trials.stimulus_names != data.stimulus_names)
    throw DataError(file + ": stimulus_names: are not those of the first file");
  names.push_back(name);
  session_ = static_cast<std::int32_t>(names.size() - 1);
  trials_ = std::move(trials);
}

std::vector<std::int32_t> DatasetBuilder::add_units(std::span<const std::string> regions,
                                                    std::span<const std::int64_t> ids) {
  Dataset& data = imported_.data;
  std::vector<std::int32_t> unit_of(regions.size(), -1);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::string& region = regions[i].empty() ? options_.region_name : regions[i];
    seen_regions_.insert(region);
    const auto& kept = options_.regions;
    if (!kept.empty() && std::find(kept.begin(), kept.end(), region) == kept.end()) continue;
    unit_of[i] = static_cast<std::int32_t>(data.units());
    data.unit.session.push_back(session_);
    data.unit.id.push_back(ids[i]);
    unit_region_.push_back(region);
  }
  return unit_of;
}

std::vector<std::int32_t> DatasetBuilder::add_units(std::span<const std::string> regions) {
  std::vector<std::int64_t> ids(regions.size());
  std::iota(ids.begin(), ids.end(), 0);
  return add_units(regions, ids);
}

double DatasetBuilder::observable(std::size_t n, double recorded_bins) const {
  const double end = nnpoisson::observable(trials_.response_time[n], time_limit());
  if (bin_width() == 0) return end;
  return std::min(std::min(recorded_bins, whole_bins(end, bin_width())) * bin_width(),
                  time_limit());
}

bool DatasetBuilder::begin_trial(std::size_t n, double observed_until) {
  if (!trials_.included.empty() && !trials_.included[n]) {
    ++imported_.excluded;
    return false;
  }
  if (!(observed_until > 0)) {
    ++imported_.unobserved;
    return false;
  }
  Dataset& data = imported_.data;
  data.trial.session.push_back(session_);
  const auto features = static_cast<std::ptrdiff_t>(data.features());
  const auto first = trials_.stimulus.begin() + static_cast<std::ptrdiff_t>(n) * features;
  data.trial.stimulus.insert(data.trial.stimulus.end(), first, first + features);
  data.trial.response_time.push_back(trials_.response_time[n]);
  data.trial.choice.push_back(trials_.choice[n]);
  data.trial.observed_until.push_back(observed_until);
  auto& offset = data.binned() ? data.count.offset : data.spike.offset;
  offset.push_back(offset.back());
  return true;
}

void DatasetBuilder::add_spike(double time, std::int32_t unit) {
  auto& spike = imported_.data.spike;
  spike.time.push_back(time);
  spike.unit.push_back(unit);
  ++spike.offset.back();
}

void DatasetBuilder::add_count(std::int32_t bin, std::int32_t unit, std::int32_t value) {
  auto& count = imported_.data.count;
  count.bin.push_back(bin);
  count.unit.push_back(unit);
  count.value.push_back(value);
  ++count.offset.back();
}

SpikeWindows DatasetBuilder::begin_windows(std::span<const double> onset) {
  std::vector<SpikeWindows::Window> windows;
  for (std::size_t n = 0; n < onset.size(); ++n) {
    const bool included = trials_.included.empty() || trials_.included[n];
    const double start = included ? onset[n] : 0;  // a trial that is left out may have no onset
    windows.push_back({start, included ? start + std::max(0.0, observable(n)) : start});
  }
  return SpikeWindows(std::move(windows));
}

void DatasetBuilder::end_windows(SpikeWindows&& windows) {
  if (const std::size_t outside = windows.outside(); outside > 0) {
    note(imported_.data.session_names.back() + ": " + std::to_string(outside) +
         " trials lie before the first or after the last spike; are spikes and trials on one "
         "clock?");
  }
  auto& spike = imported_.data.spike;
  if (bin_width() == 0) {
    spike.time.reserve(spike.time.size() + windows.kept());
    spike.unit.reserve(spike.unit.size() + windows.kept());
  }
  windows.for_each([&](std::size_t n, std::span<SpikeWindows::Spike> spikes) {
    const double observed_until = observable(n);
    if (!begin_trial(n, observed_until)) return;
    if (bin_width() == 0) {
      for (const auto& [time, unit] : spikes)
        if (time < observed_until) add_spike(time, unit);  // the window's end was rounded
      return;
    }
    for (auto& [time, unit] : spikes) time = whole_bins(time, bin_width());
    std::sort(spikes.begin(), spikes.end(), [](const auto& a, const auto& b) {
      return a.time != b.time ? a.time < b.time : a.unit < b.unit;
    });
    const double bins = std::round(observed_until / bin_width());
    auto& count = imported_.data.count;
    for (std::size_t i = 0; i < spikes.size() && spikes[i].time < bins; ++i) {
      const bool same =
          i > 0 && spikes[i].time == spikes[i - 1].time && spikes[i].unit == spikes[i - 1].unit;
      same ? void(++count.value.back())
           : add_count(static_cast<std::int32_t>(spikes[i].time), spikes[i].unit, 1);
    }
  });
}

void DatasetBuilder::name_regions() {
  Dataset& data = imported_.data;
  for (const std::string& region : options_.regions) {
    if (seen_regions_.contains(region)) continue;
    std::string there;
    for (const std::string& seen : seen_regions_) there += (there.empty() ? "" : ", ") + seen;
    throw UsageError("no recording has the region \"" + region + "\"; there are: " + there);
  }
  const std::set<std::string> kept(unit_region_.begin(), unit_region_.end());
  data.region_names.assign(kept.begin(), kept.end());
  for (const std::string& region : unit_region_) {
    data.unit.region.push_back(
        static_cast<std::int32_t>(std::distance(kept.begin(), kept.find(region))));
  }
}

Imported DatasetBuilder::finish() {
  name_regions();
  imported_.data.source = "the imported recordings";
  validate(imported_.data);
  encode_stimuli(imported_.data, options_.stimulus);
  return std::move(imported_);
}

}  // namespace nnpoisson
