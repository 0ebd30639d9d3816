#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace nnpoisson {

/// A recording in memory, one to one with dataset layout 1 (docs/dataset.md). T trials, F stimulus
/// features, U units, N spikes.
struct Dataset {
  std::string source = "dataset";  ///< where it comes from, for messages: its file
  double time_limit = 0;           ///< W, s: longest time looked at after stimulus onset
  double bin_width = 0;            ///< s; 0: spike times are exact. Else `count` is in use
  std::vector<std::string> session_names;
  /// [sessions] trials that each had before any split or selection; empty: not told
  std::vector<std::int64_t> session_trials;
  std::vector<std::string> region_names;  ///< file order; training order is alphabetical
  std::vector<std::string> stimulus_names;

  struct Trials {
    std::vector<std::int32_t> session;   ///< [T]
    std::vector<double> stimulus;        ///< [T x F], as the network sees it
    std::vector<double> response_time;   ///< [T] s from onset, NaN: none seen
    std::vector<std::int8_t> choice;     ///< [T] +1 left, -1 right, 0 none
    std::vector<double> observed_until;  ///< [T] s; spikes are observed in [0, observed_until)
    std::vector<std::int64_t> number;    ///< [T] place in its session, from 0; empty: not told
  } trial;

  struct Units {
    std::vector<std::int32_t> session, region;  ///< [U]
    std::vector<std::int64_t> id;               ///< [U] the recording's own number
  } unit;

  struct Spikes {
    std::vector<std::int64_t> offset;  ///< [T+1] trial n owns spikes [offset n, offset n+1)
    std::vector<double> time;          ///< [N] s from onset, ascending inside a trial
    std::vector<std::int32_t> unit;    ///< [N]
  } spike;

  struct Counts {
    std::vector<std::int64_t> offset;  ///< [T+1] trial n owns entries [offset n, offset n+1)
    std::vector<std::int32_t> bin, unit, value;  ///< none is 0; bins ascend inside a trial
  } count;

  [[nodiscard]] std::size_t trials() const { return trial.session.size(); }
  [[nodiscard]] std::size_t features() const { return stimulus_names.size(); }
  [[nodiscard]] std::size_t units() const { return unit.session.size(); }
  [[nodiscard]] std::size_t regions() const { return region_names.size(); }
  [[nodiscard]] std::size_t sessions() const { return session_names.size(); }
  [[nodiscard]] bool binned() const { return bin_width > 0; }
  /// Trial n was answered inside the window: choice left or right, and response_time <= time_limit.
  [[nodiscard]] bool responded(std::size_t n) const {
    return trial.choice[n] != 0 && trial.response_time[n] <= time_limit;
  }
  /// The action of trial n, whose choice is not 0: 0 left, 1 right.
  [[nodiscard]] std::size_t action(std::size_t n) const { return trial.choice[n] > 0 ? 0 : 1; }
  /// How long trial n is known to have gone without a response, s: to its response or W, or as long
  /// as it was observed where there is none.
  [[nodiscard]] double waited(std::size_t n) const {
    const double response = trial.response_time[n];
    return std::isnan(response) ? trial.observed_until[n] : std::min(response, time_limit);
  }
};

/// Of every unit: its spikes (or counts), and for how long it was observed, s.
struct UnitTotals {
  std::vector<double> events, exposure;  ///< [U]
};
[[nodiscard]] UnitTotals unit_totals(const Dataset& data);

/// The trials of each session, ascending, [sessions].
[[nodiscard]] std::vector<std::vector<std::size_t>> trials_by_session(const Dataset& data);

/// The place of each trial in its session, from 0, [T]: `trial.number`, or where that is empty, the
/// order of the session's trials in the dataset.
[[nodiscard]] std::vector<std::int64_t> trial_numbers(const Dataset& data);

/// How many trials each session had before any split or selection, [sessions]: `session_trials`, or
/// where that is empty, the largest of its trial_numbers() + 1; 0 for a session without trials.
[[nodiscard]] std::vector<std::int64_t> session_trial_counts(const Dataset& data);

/// Units of each region in each session, [sessions x regions].
[[nodiscard]] std::vector<std::int32_t> units_by_session_and_region(const Dataset& data);

/// Region numbers in alphabetical order of their names: the order of training and of the authors'
/// files.
[[nodiscard]] std::vector<std::int32_t> alphabetical_regions(const Dataset& data);

/// Checks everything layout 1 asks for; throws DataError naming `data.source`, the path inside it
/// and the first offending index.
void validate(const Dataset& data);

/// Reads and validates layout 1. Throws DataError (content), ResourceError (cannot be opened).
[[nodiscard]] Dataset read_dataset(const std::filesystem::path& file);

/// A further attribute of a dataset's root: where its trials come from. Readers ignore them.
struct Attribute {
  std::string name;
  std::variant<double, std::int64_t, std::string> value;
};

/// Validates, writes layout 1 under a temporary name, syncs and renames, so that no half-written
/// file stays. Throws DataError (content, naming `file`), ResourceError (cannot be written).
void write_dataset(const std::filesystem::path& file, const Dataset& data,
                   std::span<const Attribute> attributes = {});

/// The given trials, each once, in the given order, with source, sessions, regions and units kept.
/// They keep their trial_numbers(), and sessions their session_trial_counts(), also where `data`
/// was not told them. Throws std::out_of_range.
[[nodiscard]] Dataset select_trials(const Dataset& data, std::span<const std::int32_t> trials);

/// Random division of the trials, stratified by session: round(fraction * trials of the session) of
/// each go to the test set. Trial numbers are ascending. Same seed, same division, on every
/// machine.
struct TrialSplit {
  std::vector<std::int32_t> train, test;
};
[[nodiscard]] TrialSplit split_trials(const Dataset& data, double test_fraction,
                                      std::uint64_t seed);

}  // namespace nnpoisson
