#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/import_builder.hpp"
#include "data/table.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {

/// Which columns of tables of trials hold what: as asked for, or guessed from the names that
/// laboratories commonly use.
class TrialColumns {
 public:
  /// All tables must have the columns found in the first. Throws DataError, UsageError.
  TrialColumns(const std::vector<Table>& tables, const NwbImport& options);

  struct Trials {
    RecordedTrials recorded;
    std::size_t without_onset = 0;
  };
  /// Trials for which `trials_where` does not hold, or without an onset, are not included.
  [[nodiscard]] Trials read(const Table& table) const;

  /// What was taken for what, a line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  /// The column asked for as `what`, else the first of `names` that is there, else "".
  [[nodiscard]] std::string choose(const Table& table, const std::string& what,
                                   const std::vector<std::string>& names);
  void choose_stimulus(const std::vector<Table>& tables);
  void read_responses(const Table& table, Trials& trials) const;
  void read_choices(const Table& table, Trials& trials) const;
  void read_stimuli(const Table& table, Trials& trials) const;

  const NwbImport& options_;
  std::string onset_, response_, reaction_, choice_;
  std::vector<std::string> stimulus_;
  std::map<std::string, std::set<std::string>>
      levels_;  ///< of stimulus columns that hold texts, over all tables
  std::vector<std::string> notes_;
};

}  // namespace nnpoisson
