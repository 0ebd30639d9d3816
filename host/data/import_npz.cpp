#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "data/npz_file.hpp"
#include "data/stimulus_encoding.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

double bin_width_of(const NpzFile& file) {
  const NpyArray array = file.array("bin_width");
  if (array.size() != 1) array.refuse("must be one number");
  const double width = array.real(0);
  if (!(std::isfinite(width) && width > 0)) array.refuse("must be a positive number of seconds");
  return width;
}

bool is_binned(const NpzFile& file) {
  const bool counts = file.has("counts"), times = file.has("spike_time");
  if (counts == times) {
    throw DataError(file.file() + ": holds " + (counts ? "both counts and spike_time" : "neither counts nor spike_time") +
                    "; one of them is needed");
  }
  return counts;
}

/// Whole bins inside `time`; a bin that ends there up to rounding is inside.
double whole_bins(double time, double bin_width) { return std::floor(time / bin_width * (1 + 1e-9)); }

class NpzImporter {
 public:
  NpzImporter(const NpzImport& options, double time_limit) : options_(options) { data().time_limit = time_limit; }

  void add(const std::filesystem::path& path) {
    const NpzFile file(path);
    const bool binned = is_binned(file);
    const double bin_width = binned ? bin_width_of(file) : 0;
    if (data().sessions() == 0) data().bin_width = bin_width;
    if (bin_width != data().bin_width) {
      throw DataError(file.file() + ": bin_width: is not that of the first file; import them into datasets of their own");
    }
    add_session(file, path.stem().string());
    read_trials(file);
    binned ? add_counts(file) : add_spikes(file);
  }

  Imported finish() {
    name_regions();
    validate(data(), "the imported recordings");
    encode_stimuli(data(), options_.stimulus);
    return std::move(imported_);
  }

 private:
  Dataset& data() { return imported_.data; }

  void add_session(const NpzFile& file, const std::string& name) {
    auto& names = data().session_names;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      throw UsageError(file.file() + ": another file is also named " + name + "; a session takes its name from its file");
    }
    names.push_back(name);
    session_ = static_cast<std::int32_t>(names.size() - 1);
  }

  /// Units of the kept regions; `unit_of_` says which unit a neuron became, -1: none.
  void add_units(const NpzFile& file, std::size_t neurons) {
    std::vector<std::string> regions(neurons, options_.region_name);
    if (file.has("neuron_region")) {
      const NpyArray array = file.array("neuron_region");
      array.require_shape({neurons});
      regions = array.texts();
    }
    unit_of_.assign(neurons, -1);
    for (std::size_t neuron = 0; neuron < neurons; ++neuron) {
      const std::string& region = regions[neuron];
      seen_regions_.insert(region);
      if (!options_.regions.empty() && std::find(options_.regions.begin(), options_.regions.end(), region) == options_.regions.end())
        continue;
      unit_of_[neuron] = static_cast<std::int32_t>(data().units());
      data().unit.session.push_back(session_);
      data().unit.id.push_back(static_cast<std::int64_t>(neuron));
      unit_region_.push_back(region);
    }
  }

  /// What all recordings say of their trials. `included_`: to be kept.
  void read_trials(const NpzFile& file) {
    const NpyArray choice = file.array("choice"), response = file.array("response_time"), stimulus = file.array("stimulus");
    const std::vector<std::string> names = file.array("stimulus_names").texts();
    if (session_ == 0) data().stimulus_names = names;
    if (names != data().stimulus_names) throw DataError(file.file() + ": stimulus_names: are not those of the first file");
    trials_ = choice.size();
    choice.require_shape({trials_});
    response.require_shape({trials_});
    stimulus.require_shape({trials_, names.size()});
    choice_.clear(), response_.clear(), stimulus_.clear();
    for (std::size_t n = 0; n < trials_; ++n) {
      const std::int64_t side = choice.integer(n);
      if (side < -1 || side > 1) choice.refuse(n, "must be +1 left, -1 right or 0 none, not " + std::to_string(side));
      choice_.push_back(static_cast<std::int8_t>(side));
      response_.push_back(response.real(n));
      if (std::isinf(response_.back())) response.refuse(n, "must be finite, or NaN where there was no response");
    }
    for (std::size_t i = 0; i < stimulus.size(); ++i) {
      stimulus_.push_back(stimulus.real(i));
      if (!std::isfinite(stimulus_.back())) stimulus.refuse(i, "is not finite");
    }
    included_.assign(trials_, true);
    if (!options_.included_only) return;
    const NpyArray included = file.array("included");
    included.require_shape({trials_});
    for (std::size_t n = 0; n < trials_; ++n) included_[n] = included.truth(n);
  }

  /// False if the trial is left out; `response` from stimulus onset.
  bool add_trial(std::size_t n, double response, double observed_until) {
    if (!included_[n]) {
      ++imported_.excluded;
    } else if (!(observed_until > 0)) {
      ++imported_.unobserved;
    } else {
      auto& trial = data().trial;
      trial.session.push_back(session_);
      const auto features = static_cast<std::ptrdiff_t>(data().features());
      const auto first = stimulus_.begin() + static_cast<std::ptrdiff_t>(n) * features;
      trial.stimulus.insert(trial.stimulus.end(), first, first + features);
      trial.response_time.push_back(response);
      trial.choice.push_back(choice_[n]);
      trial.observed_until.push_back(observed_until);
      return true;
    }
    return false;
  }

  void add_counts(const NpzFile& file) {
    const NpyArray counts = file.array("counts"), n_bins = file.array("n_bins");
    if (counts.shape().size() != 3) counts.refuse("must have three dimensions: trial, bin, neuron");
    const std::size_t bins = counts.shape()[1], neurons = counts.shape()[2];
    counts.require_shape({trials_, bins, neurons});
    n_bins.require_shape({trials_});
    add_units(file, neurons);
    auto& count = data().count;
    if (count.offset.empty()) count.offset.push_back(0);
    const double width = data().bin_width;
    for (std::size_t n = 0; n < trials_; ++n) {
      const std::int64_t recorded = n_bins.integer(n);
      if (recorded < 0 || static_cast<std::size_t>(recorded) > bins) n_bins.refuse(n, "lies outside 0 to " + std::to_string(bins));
      const double limit = whole_bins(std::min(data().time_limit, std::isnan(response_[n]) ? no_limit : response_[n]), width);
      const double observed = std::min(static_cast<double>(recorded), limit);
      const bool kept = add_trial(n, response_[n], std::min(observed * width, data().time_limit));
      for (std::size_t bin = 0; bin < bins; ++bin) {
        for (std::size_t neuron = 0; neuron < neurons; ++neuron) {
          const std::size_t i = (n * bins + bin) * neurons + neuron;
          const std::int32_t value = counts.small_integer(i);
          if (value == 0) continue;
          if (value < 0) counts.refuse(i, "is negative");
          if (bin >= static_cast<std::size_t>(recorded)) counts.refuse(i, "is not 0, but lies past the trial's n_bins");
          if (!kept || static_cast<double>(bin) >= observed || unit_of_[neuron] < 0) continue;
          count.bin.push_back(static_cast<std::int32_t>(bin));
          count.unit.push_back(unit_of_[neuron]);
          count.value.push_back(value);
        }
      }
      if (kept) count.offset.push_back(static_cast<std::int64_t>(count.bin.size()));
    }
  }

  void add_spikes(const NpzFile& file) {
    const NpyArray time = file.array("spike_time"), neuron = file.array("spike_unit"), offset = file.array("spike_offset");
    const NpyArray onset = file.array("stimulus_onset");
    time.require_shape({time.size()});
    neuron.require_shape({time.size()});
    offset.require_shape({trials_ + 1});
    onset.require_shape({trials_});
    add_units(file, count_neurons(file, neuron));
    auto& spike = data().spike;
    if (spike.offset.empty()) spike.offset.push_back(0);
    if (offset.integer(0) != 0) offset.refuse(0, "must be 0");
    for (std::size_t n = 0; n < trials_; ++n) {
      const std::int64_t first = offset.integer(n), last = offset.integer(n + 1);
      if (last < first || last > static_cast<std::int64_t>(time.size())) offset.refuse(n + 1, "does not ascend, or is past the last spike");
      const double start = onset.real(n);
      if (!std::isfinite(start)) onset.refuse(n, "is not finite");
      const double response = response_[n] - start;
      const double observed_until = std::isnan(response) ? data().time_limit : std::min(data().time_limit, response);
      const bool kept = add_trial(n, response, observed_until);
      double before = -no_limit;
      for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
        const double at = time.real(i) - start;
        if (!std::isfinite(at)) time.refuse(i, "is not finite");
        if (at < before) time.refuse(i, "comes after a later spike of trial " + std::to_string(n) + "; times must ascend");
        before = at;
        const std::int32_t unit = unit_of_[static_cast<std::size_t>(neuron.integer(i))];
        if (!kept || unit < 0 || at < 0 || at >= observed_until) continue;
        spike.time.push_back(at);
        spike.unit.push_back(unit);
      }
      if (kept) spike.offset.push_back(static_cast<std::int64_t>(spike.time.size()));
    }
    if (offset.integer(trials_) != static_cast<std::int64_t>(time.size())) offset.refuse(trials_, "must be the number of spikes");
  }

  /// Neurons of an exact session: one for each label, else as many as spikes tell of.
  static std::size_t count_neurons(const NpzFile& file, const NpyArray& neuron) {
    const std::size_t labels = file.has("neuron_region") ? file.array("neuron_region").size() : 0;
    const std::size_t limit = labels > 0 ? labels : std::max<std::size_t>(neuron.size(), 1);
    std::int64_t largest = -1;
    for (std::size_t i = 0; i < neuron.size(); ++i) {
      const std::int64_t value = neuron.integer(i);
      if (value < 0 || static_cast<std::size_t>(value) >= limit) {
        neuron.refuse(i, "there is no neuron " + std::to_string(value) + " (at most " + std::to_string(limit) + ")");
      }
      largest = std::max(largest, value);
    }
    return labels > 0 ? labels : static_cast<std::size_t>(largest + 1);
  }

  void name_regions() {
    for (const std::string& region : options_.regions) {
      if (seen_regions_.contains(region)) continue;
      std::string there;
      for (const std::string& seen : seen_regions_) there += (there.empty() ? "" : ", ") + seen;
      throw UsageError("no recording has the region \"" + region + "\"; there are: " + there);
    }
    const std::set<std::string> kept(unit_region_.begin(), unit_region_.end());
    data().region_names.assign(kept.begin(), kept.end());
    for (const std::string& region : unit_region_) {
      data().unit.region.push_back(static_cast<std::int32_t>(std::distance(kept.begin(), kept.find(region))));
    }
  }

  const NpzImport& options_;
  Imported imported_;
  std::vector<std::string> unit_region_;  ///< [U]; numbered once all are known
  std::set<std::string> seen_regions_;

  // The session being read.
  std::int32_t session_ = -1;
  std::size_t trials_ = 0;
  std::vector<std::int8_t> choice_;
  std::vector<double> response_, stimulus_;
  std::vector<bool> included_;
  std::vector<std::int32_t> unit_of_;
};

/// W where none was asked for: the longest trial of recordings in bins.
double longest_trial(std::span<const std::filesystem::path> files) {
  double longest = 0;
  for (const auto& path : files) {
    const NpzFile file(path);
    if (!is_binned(file))
      throw UsageError(file.file() + ": has exact spike times; give --time-limit, the longest time to look at in seconds");
    const NpyArray bins = file.array("n_bins");
    const double width = bin_width_of(file);
    for (std::size_t n = 0; n < bins.size(); ++n) longest = std::max(longest, static_cast<double>(bins.integer(n)) * width);
  }
  return longest;
}

}  // namespace

Imported import_npz(std::span<const std::filesystem::path> files, const NpzImport& options) {
  if (files.empty()) throw UsageError("no recording to import was named");
  if (options.time_limit && !(std::isfinite(*options.time_limit) && *options.time_limit > 0)) {
    throw UsageError("the time limit must be a positive number of seconds");
  }
  NpzImporter importer(options, options.time_limit ? *options.time_limit : longest_trial(files));
  for (const auto& file : files) importer.add(file);
  return importer.finish();
}

}  // namespace nnpoisson
