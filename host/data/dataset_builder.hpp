#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/bins.hpp"
#include "data/spike_windows.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {

/// The trials of one recorded session as all importers give them. T trials, F features.
struct SessionTrials {
  std::vector<std::string> stimulus_names;
  std::vector<double> stimulus;       ///< [T x F]
  std::vector<double> response_time;  ///< [T] s from stimulus onset, NaN: none
  std::vector<std::int8_t> choice;    ///< [T] +1 left, -1 right, 0 none
  std::vector<bool> included;         ///< [T], or empty: all
};

/// Puts recorded sessions together into one dataset: the rules of docs/importing.md that do not
/// depend on the format. For each session: begin_session, add_units, then its trials one after the
/// other, or all at once with their spikes in windows.
class DatasetBuilder {
 public:
  /// `bin_width` 0: exact times.
  DatasetBuilder(const ImportOptions& options, double time_limit, double bin_width);

  /// UsageError: the name was there before. DataError: other stimulus names than the first
  /// session's.
  void begin_session(const std::string& file, const std::string& name, SessionTrials trials);

  /// The unit that each recorded neuron became, -1: not of a region that is kept. An empty region:
  /// that of the options.
  [[nodiscard]] std::vector<std::int32_t> add_units(std::span<const std::string> regions,
                                                    std::span<const std::int64_t> ids);
  [[nodiscard]] std::vector<std::int32_t> add_units(
      std::span<const std::string> regions);  ///< ids 0, 1, ...

  /// How long trial n can be observed, s: to the time limit, its response, or `recorded` bins.
  [[nodiscard]] double observable(
      std::size_t n, double recorded_bins = std::numeric_limits<double>::infinity()) const;

  /// False if the trial is left out. Spikes or counts then follow, until the next trial is begun.
  bool begin_trial(std::size_t n, double observed_until);
  void add_spike(double time, std::int32_t unit);
  void add_count(std::int32_t bin, std::int32_t unit, std::int32_t value);

  /// All trials of the session, from their onsets on the recording's clock: `read(windows)` is
  /// called once to add the spikes.
  template <class Read>
  void add_trials(std::span<const double> onset, Read&& read) {
    SpikeWindows windows = begin_windows(onset);
    read(windows);
    end_windows(std::move(windows));
  }

  [[nodiscard]] double time_limit() const { return imported_.data.time_limit; }
  [[nodiscard]] double bin_width() const { return imported_.data.bin_width; }
  void note(const std::string& text);  ///< once, however often it is said
  [[nodiscard]] Imported finish();     ///< validated, with stimuli encoded

 private:
  [[nodiscard]] SpikeWindows begin_windows(std::span<const double> onset);
  void end_windows(SpikeWindows&& windows);
  void name_regions();

  const ImportOptions& options_;
  Imported imported_;
  std::vector<std::string> unit_region_;  ///< [U]; numbered once all are known
  std::set<std::string> seen_regions_;
  std::int32_t session_ = -1;  ///< the session being added
  SessionTrials trials_;
};

/// How long a trial can be observed, s: to the time limit or its response (NaN: none).
[[nodiscard]] double observable(double response_time, double time_limit);

/// UsageError unless the options hold a time limit, which exact times need.
[[nodiscard]] double required_time_limit(const ImportOptions& options, const std::string& file);

/// UsageError: no file, or options that fit no recording.
void require_sound(std::span<const std::filesystem::path> files, const ImportOptions& options);

}  // namespace nnpoisson
