#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// What all sessions of a dataset have in common. F stimulus features.
struct DatasetOptions {
  double time_limit = 0;  ///< W, s: longest time looked at after stimulus onset
  double bin_width = 0;   ///< s; spikes are counted in bins of this width. 0: exact times are kept
  std::vector<std::string> stimulus_names = {};  ///< [F]
  std::vector<std::string> region_names = {};    ///< empty: those of the units, by alphabet
  std::string source = "dataset";                ///< Dataset::source: what messages begin with
};

/// The trials of one session. T trials.
struct TrialTable {
  std::vector<double> onset = {};          ///< [T] s, stimulus onset on the session's clock; may be
                                           ///< empty where spikes are given trial by trial
  std::vector<double> stimulus = {};       ///< [T x F], trial after trial
  std::vector<double> response_time = {};  ///< [T] s from onset, NaN: none seen
  std::vector<std::int8_t> choice = {};    ///< [T] +1 left, -1 right, 0 none
  std::vector<double> observed_until = {};  ///< [T] s from onset; empty: to the response or W
  /// [T] the trial's place in the session, from 0, where some were left out; empty: 0, 1, ...
  std::vector<std::int64_t> number = {};
  /// How many trials the session had, those left out too; none: the largest number + 1.
  std::optional<std::int64_t> session_trials = {};
};

struct UnitLabel {
  std::int64_t id = 0;  ///< the recording's own number, once in a session
  std::string region = {};
};

/// Spikes of one unit in one bin, [bin, bin + 1) bin widths from onset.
struct BinCount {
  std::int32_t bin = 0;
  std::int32_t unit = 0;  ///< its number in the dataset
  std::int32_t spikes = 0;
};

/// What became of the spikes given for a session.
struct SpikeTally {
  std::int64_t given = 0;
  std::int64_t dropped = 0;        ///< in no trial's [0, observed_until)
  std::size_t trials_outside = 0;  ///< trials before the first or after the last of all session
                                   ///< times: spikes and trials may not share a clock
};

/// Makes a dataset of arrays in memory:
///
///     DatasetBuilder builder({.time_limit = 0.4, .stimulus_names = {"left", "right"}});
///     const auto session = builder.add_session("cori", trials);
///     builder.add_unit(session, {.id = 7, .region = "VISp"}, spike_times);
///     const Dataset data = builder.build();
///
/// A spike is kept in every trial that was observed at its time: in [0, observed_until) from the
/// trial's onset. Trials may overlap, and then share spikes; a spike in none is dropped. Spikes may
/// come in any order. With bins, `observed_until` is cut to whole bins.
///
/// All throw DataError: one line that names the source, the session, the unit or trial, and the
/// first offending index. What has been added before stays.
class DatasetBuilder {
 public:
  explicit DatasetBuilder(DatasetOptions options);
  ~DatasetBuilder();
  DatasetBuilder(DatasetBuilder&&) noexcept;
  DatasetBuilder& operator=(DatasetBuilder&&) noexcept;

  /// The session's number in the dataset. Its trials follow those of the session before. Throws
  /// UsageError too: more than 64 trials overlap in time.
  [[nodiscard]] std::int32_t add_session(const std::string& name, const TrialTable& trials);

  /// The unit's number in the dataset. Spike times are s on the session's clock, over the whole
  /// recording.
  std::int32_t add_unit(std::int32_t session, const UnitLabel& unit,
                        std::span<const double> spike_times = {});

  /// Further spikes of a unit, on its session's clock.
  void add_spikes(std::int32_t unit, std::span<const double> times);

  /// Spikes of many units, on their session's clock, each with the number of its unit.
  void add_spikes(std::span<const double> times, std::span<const std::int32_t> units);

  /// Spikes of one trial, s from its onset, each with the number of its unit. `trial` counts from
  /// the session's first. Spikes at the same time keep their order.
  void add_trial_spikes(std::int32_t session, std::size_t trial, std::span<const double> times,
                        std::span<const std::int32_t> units);

  /// The same where spikes have been counted, for datasets with a bin width. Counts of the same bin
  /// and unit add up.
  void add_trial_counts(std::int32_t session, std::size_t trial, std::span<const BinCount> counts);

  [[nodiscard]] SpikeTally tally(std::int32_t session) const;

  /// The dataset, valid as one read from a file. Afterwards the builder is empty, as it was at
  /// first.
  [[nodiscard]] Dataset build();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nnpoisson
