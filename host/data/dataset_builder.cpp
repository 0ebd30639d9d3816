#include "nnpoisson/dataset_builder.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include "data/layout.hpp"
#include "data/observed_time.hpp"
#include "data/spike_windows.hpp"
#include "data/trial_entries.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

struct Session {
  std::size_t first_trial = 0;
  std::unordered_set<std::int64_t> ids;          ///< of its units
  std::optional<SpikeWindows> windows;           ///< its trials, for spikes on the session's clock
  std::vector<std::vector<TrialEntry>> entries;  ///< [T], given trial by trial
  std::int64_t given = 0;                        ///< spikes
  std::int64_t dropped = 0;                      ///< of those given trial by trial
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string element(const char* array, std::size_t index) {
  return std::string(array) + "[" + std::to_string(index) + "]: ";
}

std::string there_is_no(const char* what, std::int64_t number, std::size_t count) {
  return std::string("there is no ") + what + " " + std::to_string(number) + " (there are " +
         std::to_string(count) + ")";
}

}  // namespace

/// The dataset in the making: trials and units as they come, spikes only once it is built.
struct DatasetBuilder::State {
  explicit State(DatasetOptions given) : options(std::move(given)) {
    data.source = options.source;
    data.time_limit = options.time_limit;
    data.bin_width = options.bin_width;
    data.stimulus_names = options.stimulus_names;
    data.region_names = options.region_names;
    validate_frame_as(data.source, data);
  }

  [[noreturn]] void refuse(const std::string& place, const std::string& what) const {
    throw DataError(data.source + ": " + place + ": " + what);
  }

  void require_size(const std::string& place, const char* array, std::size_t is, std::size_t should,
                    const char* of_what) const {
    if (is == should) return;
    refuse(place, std::string(array) + ": has " + std::to_string(is) + " values, not " +
                      std::to_string(should) + " (" + of_what + ")");
  }
  void require_finite(const std::string& place, const char* array,
                      std::span<const double> values) const {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) refuse(place, element(array, i) + "is not finite");
  }

  [[nodiscard]] std::string place_of_session(std::int32_t session) const {
    return "session " + data.session_names[static_cast<std::size_t>(session)];
  }
  [[nodiscard]] std::string place_of_trial(std::int32_t session, std::size_t trial) const {
    return place_of_session(session) + ": trial " + std::to_string(trial);
  }
  [[nodiscard]] std::string place_of_unit(std::int32_t unit) const {
    const auto u = static_cast<std::size_t>(unit);
    return place_of_session(data.unit.session[u]) + ": unit " + std::to_string(data.unit.id[u]);
  }

  [[nodiscard]] bool has_unit(std::int32_t unit) const {
    return unit >= 0 && static_cast<std::size_t>(unit) < data.units();
  }

  [[nodiscard]] Session& session(std::int32_t number);
  [[nodiscard]] Session& session_of_unit(std::int32_t unit);
  [[nodiscard]] Session& session_of_trial(std::int32_t number, std::size_t trial);
  void require_unit_of(std::int32_t number, std::int32_t unit, const std::string& place,
                       const char* array, std::size_t index) const;
  [[nodiscard]] Dataset checked(const std::string& place, const TrialTable& table) const;
  void take_spikes(Session& from);
  void number_regions();

  DatasetOptions options;
  Dataset data;
  std::vector<Session> sessions;
  std::vector<std::string> unit_region;  ///< [U]; numbered once all are known
};

Session& DatasetBuilder::State::session(std::int32_t number) {
  if (number < 0 || static_cast<std::size_t>(number) >= sessions.size())
    throw DataError(data.source + ": " + there_is_no("session", number, sessions.size()));
  return sessions[static_cast<std::size_t>(number)];
}

/// The session of a unit that has spikes on its clock.
Session& DatasetBuilder::State::session_of_unit(std::int32_t unit) {
  if (!has_unit(unit))
    throw DataError(data.source + ": " + there_is_no("unit", unit, data.units()));
  Session& found = session(data.unit.session[static_cast<std::size_t>(unit)]);
  if (!found.windows)
    refuse(place_of_unit(unit), "the session has no onsets; add spikes trial by trial");
  return found;
}

Session& DatasetBuilder::State::session_of_trial(std::int32_t number, std::size_t trial) {
  Session& found = session(number);
  if (trial >= found.entries.size()) {
    refuse(place_of_session(number),
           there_is_no("trial", static_cast<std::int64_t>(trial), found.entries.size()));
  }
  return found;
}

void DatasetBuilder::State::require_unit_of(std::int32_t number, std::int32_t unit,
                                            const std::string& place, const char* array,
                                            std::size_t index) const {
  if (has_unit(unit) && data.unit.session[static_cast<std::size_t>(unit)] == number) return;
  refuse(place, element(array, index) + "the session has no unit " + std::to_string(unit));
}

/// The trials as the dataset holds them, checked as if they were all of a dataset, with their
/// places in the session.
Dataset DatasetBuilder::State::checked(const std::string& place, const TrialTable& table) const {
  const std::size_t count =
      std::max({table.onset.size(), table.choice.size(), table.response_time.size()});
  if (!table.onset.empty()) require_size(place, "onset", table.onset.size(), count, "trials");
  require_finite(place, "onset", table.onset);

  Dataset alone;
  alone.time_limit = data.time_limit;
  alone.bin_width = data.bin_width;
  alone.stimulus_names = data.stimulus_names;
  alone.session_names = {place};
  alone.trial = {std::vector<std::int32_t>(count, 0),
                 table.stimulus,
                 table.response_time,
                 table.choice,
                 table.observed_until,
                 table.number};
  if (table.session_trials) alone.session_trials = {*table.session_trials};

  auto& observed_until = alone.trial.observed_until;
  if (observed_until.empty()) {
    for (const double response : table.response_time)
      observed_until.push_back(observable(response, data.time_limit));
  }
  for (double& until : observed_until)
    if (until <= data.time_limit) until = end_of_bins(until, data.bin_width, data.time_limit);

  if (count > 0 || !table.stimulus.empty() || !table.observed_until.empty() ||
      !table.number.empty())
    validate_trials_as(data.source + ": " + place, alone);
  alone.trial.number = trial_numbers(alone);
  alone.session_trials = session_trial_counts(alone);
  return alone;
}

/// The spikes of all trials of the next session, whose room is given back.
void DatasetBuilder::State::take_spikes(Session& from) {
  const auto close_trial = [&](std::size_t trial, std::span<const SpikeWindows::Spike> windowed) {
    std::vector<TrialEntry> entries = std::move(from.entries[trial]);
    for (const auto& [time, unit] : windowed) {
      // The window's end was rounded, so a spike of it may still lie outside.
      if (const auto place = entry_position(data, from.first_trial + trial, time))
        entries.push_back({*place, unit, 1});
    }
    append_entries(data, entries);
  };

  if (from.windows)
    from.windows->for_each(close_trial);
  else
    for (std::size_t trial = 0; trial < from.entries.size(); ++trial) close_trial(trial, {});
  from.windows.reset();
}

/// Numbers the regions, in alphabetical order unless they were given in another.
void DatasetBuilder::State::number_regions() {
  auto& names = data.region_names;
  if (names.empty()) {
    names = unit_region;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }

  std::map<std::string, std::int32_t> number;
  for (const std::string& name : names)
    number.emplace(name, static_cast<std::int32_t>(number.size()));
  for (const std::string& region : unit_region) data.unit.region.push_back(number.at(region));
}

DatasetBuilder::DatasetBuilder(DatasetOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
DatasetBuilder::~DatasetBuilder() = default;
DatasetBuilder::DatasetBuilder(DatasetBuilder&&) noexcept = default;
DatasetBuilder& DatasetBuilder::operator=(DatasetBuilder&&) noexcept = default;

std::int32_t DatasetBuilder::add_session(const std::string& name, const TrialTable& trials) {
  Dataset& data = state_->data;
  const Dataset alone = state_->checked("session " + name, trials);
  const Dataset::Trials& checked = alone.trial;
  const auto number = static_cast<std::int32_t>(data.sessions());

  Session session;
  session.first_trial = data.trials();
  session.entries.resize(checked.session.size());
  if (trials.onset.size() == checked.session.size()) {
    std::vector<SpikeWindows::Window> windows;
    for (std::size_t n = 0; n < trials.onset.size(); ++n)
      windows.push_back({trials.onset[n], trials.onset[n] + checked.observed_until[n]});
    session.windows.emplace(std::move(windows));
  }

  state_->sessions.push_back(std::move(session));
  data.session_names.push_back(name);
  append(data.session_trials, alone.session_trials);
  data.trial.session.resize(data.trials() + alone.trials(), number);
  append(data.trial.stimulus, checked.stimulus);
  append(data.trial.response_time, checked.response_time);
  append(data.trial.choice, checked.choice);
  append(data.trial.observed_until, checked.observed_until);
  append(data.trial.number, checked.number);
  return number;
}

std::int32_t DatasetBuilder::add_unit(std::int32_t session, const UnitLabel& unit,
                                      std::span<const double> spike_times) {
  Dataset& data = state_->data;
  Session& found = state_->session(session);
  const std::string place = state_->place_of_session(session) + ": unit " + std::to_string(unit.id);

  if (found.ids.contains(unit.id)) state_->refuse(place, "was added before");
  if (unit.region.empty()) state_->refuse(place, "names no region");
  const auto& regions = state_->options.region_names;
  if (!regions.empty() && std::find(regions.begin(), regions.end(), unit.region) == regions.end())
    state_->refuse(place, "its region \"" + unit.region + "\" is none of region_names");
  state_->require_finite(place, "spike_times", spike_times);

  const auto number = static_cast<std::int32_t>(data.units());
  found.ids.insert(unit.id);
  data.unit.session.push_back(session);
  data.unit.id.push_back(unit.id);
  state_->unit_region.push_back(unit.region);
  if (!spike_times.empty()) add_spikes(number, spike_times);
  return number;
}

void DatasetBuilder::add_spikes(std::int32_t unit, std::span<const double> times) {
  Session& session = state_->session_of_unit(unit);
  state_->require_finite(state_->place_of_unit(unit), "spike_times", times);
  session.windows->add(times, unit);
  session.given += static_cast<std::int64_t>(times.size());
}

void DatasetBuilder::add_spikes(std::span<const double> times,
                                std::span<const std::int32_t> units) {
  const std::string place = "spikes of many units";
  state_->require_size(place, "units", units.size(), times.size(), "spikes");
  state_->require_finite(place, "spike_times", times);
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!state_->has_unit(units[i])) {
      state_->refuse(place,
                     element("units", i) + there_is_no("unit", units[i], state_->data.units()));
    }
  }

  for (std::size_t i = 0; i < times.size(); ++i) {
    Session& session = state_->session_of_unit(units[i]);
    session.windows->add(times[i], units[i]);
    ++session.given;
  }
}

void DatasetBuilder::add_trial_spikes(std::int32_t session, std::size_t trial,
                                      std::span<const double> times,
                                      std::span<const std::int32_t> units) {
  Session& found = state_->session_of_trial(session, trial);
  const std::string place = state_->place_of_trial(session, trial);
  state_->require_size(place, "units", units.size(), times.size(), "spikes");
  state_->require_finite(place, "spike_times", times);
  for (std::size_t i = 0; i < units.size(); ++i)
    state_->require_unit_of(session, units[i], place, "units", i);

  found.given += static_cast<std::int64_t>(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (const auto where = entry_position(state_->data, found.first_trial + trial, times[i]))
      found.entries[trial].push_back({*where, units[i], 1});
    else
      ++found.dropped;
  }
}

void DatasetBuilder::add_trial_counts(std::int32_t session, std::size_t trial,
                                      std::span<const BinCount> counts) {
  const Dataset& data = state_->data;
  Session& found = state_->session_of_trial(session, trial);
  const std::string place = state_->place_of_trial(session, trial);
  if (!data.binned()) state_->refuse(place, "counts are for datasets with a bin width");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    state_->require_unit_of(session, counts[i].unit, place, "counts", i);
    if (counts[i].bin < 0) state_->refuse(place, element("counts", i) + "its bin is negative");
    if (counts[i].spikes < 0) state_->refuse(place, element("counts", i) + "is negative");
  }

  const double end =
      whole_bins(data.trial.observed_until[found.first_trial + trial], data.bin_width);
  for (const auto& [bin, unit, spikes] : counts) {
    found.given += spikes;
    if (bin >= end)
      found.dropped += spikes;
    else if (spikes > 0)
      found.entries[trial].push_back({static_cast<double>(bin), unit, spikes});
  }
}

SpikeTally DatasetBuilder::tally(std::int32_t session) const {
  const Session& found = state_->session(session);
  SpikeTally tally{found.given, found.dropped, 0};
  if (found.windows) {
    tally.dropped += static_cast<std::int64_t>(found.windows->dropped());
    tally.trials_outside = found.windows->outside();
  }
  return tally;
}

Dataset DatasetBuilder::build() {
  const auto finished = std::exchange(state_, std::make_unique<State>(state_->options));
  Dataset& data = finished->data;
  finished->number_regions();

  // Growing arrays would be copied again and again; with bins, fewer entries come of them.
  std::size_t kept = 0;
  for (const Session& session : finished->sessions)
    kept += session.windows ? session.windows->kept() : 0;
  if (!data.binned()) {
    data.spike.time.reserve(kept);
    data.spike.unit.reserve(kept);
  }

  (data.binned() ? data.count.offset : data.spike.offset).push_back(0);
  for (Session& session : finished->sessions) finished->take_spikes(session);
  validate(data);
  return std::move(data);
}

}  // namespace nnpoisson
