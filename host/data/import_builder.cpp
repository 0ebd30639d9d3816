#include "data/import_builder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/observed_time.hpp"
#include "data/stimulus_encoding.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

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

ImportBuilder::ImportBuilder(const ImportOptions& options, double time_limit, double bin_width)
    : options_(options), time_limit_(time_limit), bin_width_(bin_width) {}

void ImportBuilder::note(const std::string& text) {
  auto& notes = imported_.notes;
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(text);
}

void ImportBuilder::begin_session(const std::string& file, const std::string& name,
                                  const RecordedTrials& trials) {
  if (std::find(session_names_.begin(), session_names_.end(), name) != session_names_.end()) {
    throw UsageError(file + ": another file is also named " + name +
                     "; a session takes its name from its file");
  }
  session_names_.push_back(name);
  if (!dataset_) {
    stimulus_names_ = trials.stimulus_names;
    dataset_.emplace(DatasetOptions{.time_limit = time_limit_,
                                    .bin_width = bin_width_,
                                    .stimulus_names = stimulus_names_,
                                    .source = "the imported recordings"});
  }
  if (trials.stimulus_names != stimulus_names_)
    throw DataError(file + ": stimulus_names: are not those of the first file");

  TrialTable table;
  table.session_trials = static_cast<std::int64_t>(trials.choice.size());
  kept_.assign(trials.choice.size(), std::nullopt);
  observed_until_.assign(trials.choice.size(), 0);
  for (std::size_t n = 0; n < kept_.size(); ++n) {
    if (!trials.included.empty() && !trials.included[n]) {
      ++imported_.excluded;
      continue;
    }
    double until = observable(trials.response_time[n], time_limit_);
    if (!trials.observed_until.empty()) until = std::min(until, trials.observed_until[n]);
    until = end_of_bins(until, bin_width_, time_limit_);
    if (!(until > 0)) {
      ++imported_.unobserved;
      continue;
    }

    kept_[n] = table.choice.size();
    observed_until_[n] = until;
    if (!trials.onset.empty()) table.onset.push_back(trials.onset[n]);
    const auto features = static_cast<std::ptrdiff_t>(stimulus_names_.size());
    const auto first = trials.stimulus.begin() + static_cast<std::ptrdiff_t>(n) * features;
    table.stimulus.insert(table.stimulus.end(), first, first + features);
    table.response_time.push_back(trials.response_time[n]);
    table.choice.push_back(trials.choice[n]);
    table.observed_until.push_back(until);
    table.number.push_back(static_cast<std::int64_t>(n));
  }
  session_ = dataset_->add_session(name, table);
}

std::vector<std::int32_t> ImportBuilder::add_units(std::span<const std::string> regions,
                                                   std::span<const std::int64_t> ids) {
  std::vector<std::int32_t> unit_of(regions.size(), -1);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::string& region = regions[i].empty() ? options_.region_name : regions[i];
    seen_regions_.insert(region);
    const auto& kept = options_.regions;
    if (!kept.empty() && std::find(kept.begin(), kept.end(), region) == kept.end()) continue;
    const auto number = static_cast<std::int64_t>(unit_id_.size());
    unit_of[i] = dataset_->add_unit(session_, {.id = number, .region = region});
    unit_id_.push_back(ids[i]);
  }
  return unit_of;
}

std::vector<std::int32_t> ImportBuilder::add_units(std::span<const std::string> regions) {
  std::vector<std::int64_t> ids(regions.size());
  std::iota(ids.begin(), ids.end(), 0);
  return add_units(regions, ids);
}

std::size_t ImportBuilder::observed_bins(std::size_t n) const {
  return static_cast<std::size_t>(whole_bins(observed_until_[n], bin_width_));
}

void ImportBuilder::add_spikes(std::int32_t unit, std::span<const double> times) {
  dataset_->add_spikes(unit, times);
}

void ImportBuilder::add_spikes(std::span<const double> times, std::span<const std::int32_t> units) {
  dataset_->add_spikes(times, units);
}

void ImportBuilder::add_trial_spikes(std::size_t n, std::span<const double> times,
                                     std::span<const std::int32_t> units) {
  if (kept_[n]) dataset_->add_trial_spikes(session_, *kept_[n], times, units);
}

void ImportBuilder::add_trial_counts(std::size_t n, std::span<const BinCount> counts) {
  if (kept_[n]) dataset_->add_trial_counts(session_, *kept_[n], counts);
}

void ImportBuilder::end_session() {
  if (const std::size_t outside = dataset_->tally(session_).trials_outside; outside > 0) {
    note(session_names_.back() + ": " + std::to_string(outside) +
         " trials lie before the first or after the last spike; are spikes and trials on one "
         "clock?");
  }
}

void ImportBuilder::require_regions() const {
  for (const std::string& region : options_.regions) {
    if (seen_regions_.contains(region)) continue;
    std::string there;
    for (const std::string& seen : seen_regions_) there += (there.empty() ? "" : ", ") + seen;
    throw UsageError("no recording has the region \"" + region + "\"; there are: " + there);
  }
}

Imported ImportBuilder::finish() {
  require_regions();
  imported_.data = dataset_->build();
  imported_.data.unit.id = std::move(unit_id_);
  encode_stimuli(imported_.data, options_.stimulus);
  return std::move(imported_);
}

}  // namespace nnpoisson
