#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "data/import_builder.hpp"
#include "data/npz_file.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {
namespace {

bool is_binned(const NpzFile& file) {
  const bool counts = file.has("counts"), times = file.has("spike_time");
  if (counts == times) {
    throw DataError(file.file() + ": holds " +
                    (counts ? "both counts and spike_time" : "neither counts nor spike_time") +
                    "; one of them is needed");
  }
  return counts;
}

/// What all recordings say of their trials.
RecordedTrials read_trials(const NpzFile& file, bool included_only) {
  const NpyArray choice = file.array("choice"), response = file.array("response_time"),
                 stimulus = file.array("stimulus");
  RecordedTrials trials;
  trials.stimulus_names = file.array("stimulus_names").texts();

  const std::size_t count = choice.size();
  choice.require_shape({count});
  response.require_shape({count});
  stimulus.require_shape({count, trials.stimulus_names.size()});
  for (std::size_t n = 0; n < count; ++n) {
    trials.choice.push_back(side_of(choice, n));
    trials.response_time.push_back(response.real(n));
    if (std::isinf(trials.response_time.back()))
      response.refuse(n, "must be finite, or NaN where there was no response");
  }

  for (std::size_t i = 0; i < stimulus.size(); ++i) {
    trials.stimulus.push_back(stimulus.real(i));
    if (!std::isfinite(trials.stimulus.back())) stimulus.refuse(i, "is not finite");
  }

  if (!included_only) return trials;
  const NpyArray included = file.array("included");
  included.require_shape({count});
  for (std::size_t n = 0; n < count; ++n) trials.included.push_back(included.truth(n));
  return trials;
}

/// A region for each neuron, empty where the file names none.
std::vector<std::string> regions_of(const NpzFile& file, std::size_t neurons) {
  if (!file.has("neuron_region")) return std::vector<std::string>(neurons);
  const NpyArray array = file.array("neuron_region");
  array.require_shape({neurons});
  return array.texts();
}

void add_counts(const NpzFile& file, const std::string& name, const NpzImport& options,
                ImportBuilder& to) {
  RecordedTrials trials = read_trials(file, options.included_only);
  const std::size_t count = trials.choice.size();
  const NpyArray counts = file.array("counts"), n_bins = file.array("n_bins");
  if (counts.shape().size() != 3) counts.refuse("must have three dimensions: trial, bin, neuron");
  const std::size_t bins = counts.shape()[1], neurons = counts.shape()[2];
  counts.require_shape({count, bins, neurons});
  n_bins.require_shape({count});
  for (std::size_t n = 0; n < count; ++n) {
    const std::int64_t recorded = n_bins.integer(n);
    if (recorded < 0 || static_cast<std::size_t>(recorded) > bins)
      n_bins.refuse(n, "lies outside 0 to " + std::to_string(bins));
    trials.observed_until.push_back(static_cast<double>(recorded) * to.bin_width());
  }
  to.begin_session(file.file(), name, trials);
  const std::vector<std::int32_t> unit_of = to.add_units(regions_of(file, neurons));

  // All counts are checked, those of trials and bins that are left out too.
  std::vector<BinCount> of_trial;
  for (std::size_t n = 0; n < count; ++n) {
    of_trial.clear();
    for (std::size_t bin = 0; bin < bins; ++bin) {
      for (std::size_t neuron = 0; neuron < neurons; ++neuron) {
        const std::size_t i = (n * bins + bin) * neurons + neuron;
        const std::int32_t value = counts.small_integer(i);
        if (value == 0) continue;
        if (value < 0) counts.refuse(i, "is negative");
        if (static_cast<std::int64_t>(bin) >= n_bins.integer(n))
          counts.refuse(i, "is not 0, but lies past the trial's n_bins");
        if (unit_of[neuron] >= 0)
          of_trial.push_back({static_cast<std::int32_t>(bin), unit_of[neuron], value});
      }
    }
    to.add_trial_counts(n, of_trial);
  }
  to.end_session();
}

/// Neurons of an exact session: one for each label, else as many as spikes tell of.
std::size_t count_neurons(const NpzFile& file, const NpyArray& neuron) {
  const std::size_t labels = file.has("neuron_region") ? file.array("neuron_region").size() : 0;
  const std::size_t limit = labels > 0 ? labels : std::max<std::size_t>(neuron.size(), 1);
  std::int64_t largest = -1;
  for (std::size_t i = 0; i < neuron.size(); ++i) {
    const std::int64_t value = neuron.integer(i);
    if (value < 0 || static_cast<std::size_t>(value) >= limit) {
      neuron.refuse(i, "there is no neuron " + std::to_string(value) + " (at most " +
                           std::to_string(limit) + ")");
    }
    largest = std::max(largest, value);
  }
  return labels > 0 ? labels : static_cast<std::size_t>(largest + 1);
}

void add_spikes(const NpzFile& file, const std::string& name, const NpzImport& options,
                ImportBuilder& to) {
  RecordedTrials trials = read_trials(file, options.included_only);
  const std::size_t count = trials.choice.size();
  const NpyArray onset = file.array("stimulus_onset");
  onset.require_shape({count});
  for (std::size_t n = 0; n < count; ++n) {
    if (!std::isfinite(onset.real(n))) onset.refuse(n, "is not finite");
    trials.response_time[n] -= onset.real(n);
  }
  to.begin_session(file.file(), name, trials);

  const NpyArray time = file.array("spike_time"), neuron = file.array("spike_unit"),
                 offset = file.array("spike_offset");
  time.require_shape({time.size()});
  neuron.require_shape({time.size()});
  offset.require_shape({count + 1});
  const std::vector<std::int32_t> unit_of =
      to.add_units(regions_of(file, count_neurons(file, neuron)));
  if (offset.integer(0) != 0) offset.refuse(0, "must be 0");

  std::vector<double> times;
  std::vector<std::int32_t> units;
  for (std::size_t n = 0; n < count; ++n) {
    const std::int64_t first = offset.integer(n), last = offset.integer(n + 1);
    if (last < first || last > static_cast<std::int64_t>(time.size()))
      offset.refuse(n + 1, "does not ascend, or is past the last spike");

    times.clear();
    units.clear();
    double before = -std::numeric_limits<double>::infinity();
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      const double from_onset = time.real(i) - onset.real(n);
      if (!std::isfinite(from_onset)) time.refuse(i, "is not finite");
      if (from_onset < before) {
        time.refuse(
            i, "comes after a later spike of trial " + std::to_string(n) + "; times must ascend");
      }
      before = from_onset;
      const std::int32_t unit = unit_of[static_cast<std::size_t>(neuron.integer(i))];
      if (unit < 0) continue;
      times.push_back(from_onset);
      units.push_back(unit);
    }
    to.add_trial_spikes(n, times, units);
  }
  if (offset.integer(count) != static_cast<std::int64_t>(time.size()))
    offset.refuse(count, "must be the number of spikes");
  to.end_session();
}

/// W where none was asked for: the longest trial of recordings in bins.
double longest_trial(std::span<const std::filesystem::path> files) {
  double longest = 0;
  for (const auto& path : files) {
    const NpzFile file(path);
    if (!is_binned(file)) return required_time_limit({}, file.file());
    const NpyArray bins = file.array("n_bins");
    const double width = file.duration("bin_width");
    for (std::size_t n = 0; n < bins.size(); ++n)
      longest = std::max(longest, static_cast<double>(bins.integer(n)) * width);
  }
  return longest;
}

}  // namespace

Imported import_npz(std::span<const std::filesystem::path> files, const NpzImport& options) {
  require_sound(files, options);
  if (options.bin_width > 0)
    throw UsageError("NumPy archives with exact times are not binned; leave out --bin-width");
  const double limit = options.time_limit ? *options.time_limit : longest_trial(files);
  std::optional<ImportBuilder> builder;
  for (const auto& path : files) {
    const NpzFile file(path);
    const bool binned = is_binned(file);
    const double bin_width = binned ? file.duration("bin_width") : 0;
    if (!builder) builder.emplace(options, limit, bin_width);
    if (bin_width != builder->bin_width()) {
      throw DataError(
          file.file() +
          ": bin_width: is not that of the first file; import them into datasets of their own");
    }
    (binned ? add_counts : add_spikes)(file, path.stem().string(), options, *builder);
  }
  return builder->finish();
}

}  // namespace nnpoisson
