#pragma once

#include <cstddef>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Which units the trials of each session expose, and the columns they read. A cell is a unit in a
/// trial that exposes it.
class SessionUnits {
 public:
  /// `column`: [U] of each unit. `data` must outlive it.
  SessionUnits(const Dataset& data, std::vector<std::size_t> column);

  struct Session {
    std::vector<std::size_t> trial;   ///< of the dataset, ascending
    std::vector<std::size_t> unit;    ///< the same
    std::vector<std::size_t> place;   ///< of each unit: its column's place in `column`
    std::vector<std::size_t> column;  ///< distinct ones
  };
  [[nodiscard]] const std::vector<Session>& sessions() const { return sessions_; }
  [[nodiscard]] const Session& of_trial(std::size_t n) const {
    return sessions_[static_cast<std::size_t>(data_.trial.session[n])];
  }
  [[nodiscard]] const Session& of_unit(std::size_t u) const {
    return sessions_[static_cast<std::size_t>(data_.unit.session[u])];
  }
  /// Cells of all trials up to trial n; n up to T.
  [[nodiscard]] std::size_t first_cell(std::size_t n) const { return first_cell_[n]; }
  [[nodiscard]] std::size_t cells() const { return first_cell_.back(); }
  /// Of unit u of trial n's session.
  [[nodiscard]] std::size_t cell(std::size_t n, std::size_t u) const {
    return first_cell_[n] + local_[u];
  }
  /// The place of unit u among its session's.
  [[nodiscard]] std::size_t local(std::size_t u) const { return local_[u]; }
  /// The region of the k-th unit of trial n.
  [[nodiscard]] std::size_t region(std::size_t n, std::size_t k) const {
    return static_cast<std::size_t>(data_.unit.region[of_trial(n).unit[k]]);
  }
  /// The column of each unit.
  [[nodiscard]] const std::vector<std::size_t>& column() const { return column_; }
  [[nodiscard]] const Dataset& data() const { return data_; }

 private:
  const Dataset& data_;
  std::vector<std::size_t> column_;
  std::vector<Session> sessions_;
  std::vector<std::size_t> local_, first_cell_;
};

/// Of every unit the sum over its cells, trial after trial; [U].
template <class Cell>
std::vector<Cell> sum_by_unit(const SessionUnits& units, const std::vector<Cell>& cells) {
  const Dataset& data = units.data();
  std::vector<Cell> sums(data.units());
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (std::size_t k = 0; k < units.of_trial(n).unit.size(); ++k)
      sums[units.of_trial(n).unit[k]] += cells[units.first_cell(n) + k];
  return sums;
}

}  // namespace nnpoisson
