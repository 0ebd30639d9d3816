#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset_builder.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {

/// The trials of one recorded session as all importers give them: `observed_until` is how long each
/// was recorded; empty: longer than W. They are all that the session had, so `number` and
/// `session_trials` are not for importers.
struct RecordedTrials : TrialTable {
  std::vector<std::string> stimulus_names;
  std::vector<bool> included;  ///< [T], or empty: all
};

/// Puts recorded sessions together into one dataset: the rules of docs/importing.md that do not
/// depend on the format. For each session: begin_session, add_units, its spikes, end_session.
class ImportBuilder {
 public:
  /// `bin_width` 0: exact times.
  ImportBuilder(const ImportOptions& options, double time_limit, double bin_width);

  /// Leaves out trials that are not included, and those answered before anything was observed; the
  /// others keep their places among all of `trials`.
  /// UsageError: the name was there before. DataError: other stimulus names than the first
  /// session's.
  void begin_session(const std::string& file, const std::string& name,
                     const RecordedTrials& trials);

  /// The unit that each recorded neuron became, -1: not of a region that is kept. An empty region:
  /// that of the options.
  [[nodiscard]] std::vector<std::int32_t> add_units(std::span<const std::string> regions,
                                                    std::span<const std::int64_t> ids);
  [[nodiscard]] std::vector<std::int32_t> add_units(
      std::span<const std::string> regions);  ///< ids 0, 1, ...

  /// Whole bins of trial n that are observed; 0: it is left out.
  [[nodiscard]] std::size_t observed_bins(std::size_t n) const;

  /// Spikes on the recording's clock, and of trial n; those of a trial that is left out are passed
  /// over.
  void add_spikes(std::int32_t unit, std::span<const double> times);
  void add_spikes(std::span<const double> times, std::span<const std::int32_t> units);
  void add_trial_spikes(std::size_t n, std::span<const double> times,
                        std::span<const std::int32_t> units);
  void add_trial_counts(std::size_t n, std::span<const BinCount> counts);

  void end_session();

  [[nodiscard]] double time_limit() const { return time_limit_; }
  [[nodiscard]] double bin_width() const { return bin_width_; }
  void note(const std::string& text);  ///< once, however often it is said
  [[nodiscard]] Imported finish();     ///< validated, with stimuli encoded

 private:
  void require_regions() const;

  const ImportOptions& options_;
  double time_limit_, bin_width_;
  std::optional<DatasetBuilder> dataset_;  ///< from the first session on, which names the stimuli
  Imported imported_;
  std::vector<std::string> session_names_, stimulus_names_;
  std::vector<std::int64_t> unit_id_;  ///< [U] as recorded: a file may give one to several units
  std::set<std::string> seen_regions_;
  std::int32_t session_ = -1;                     ///< the session being added
  std::vector<std::optional<std::size_t>> kept_;  ///< of its recorded trials the number, if kept
  std::vector<double> observed_until_;            ///< of its recorded trials, s
};

/// UsageError unless the options hold a time limit, which exact times need.
[[nodiscard]] double required_time_limit(const ImportOptions& options, const std::string& file);

/// UsageError: no file, or options that fit no recording.
void require_sound(std::span<const std::filesystem::path> files, const ImportOptions& options);

}  // namespace nnpoisson
