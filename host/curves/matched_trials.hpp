#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// The trials of a dataset as a model reads them: regions and stimulus features found by name. Both
/// must outlive it.
class MatchedTrials {
 public:
  /// Throws DataError, naming `data.source`, where the time limits differ, a region of the dataset
  /// is unknown to the model, or the features of the two are not the same. Regions of the model
  /// that the dataset lacks are allowed: it has no units there.
  MatchedTrials(const Model& model, const Dataset& data);

  /// The model's region that is region `g` of the dataset.
  [[nodiscard]] std::size_t region(std::size_t g) const { return region_[g]; }
  /// The column of the network that unit `u` of the dataset reads: its region's.
  [[nodiscard]] std::size_t column(std::size_t u) const {
    return region_[static_cast<std::size_t>(data_.unit.region[u])];
  }
  /// [F] of trial n, in the model's order.
  [[nodiscard]] std::vector<double> stimulus(std::size_t n) const;
  /// Trials of the same stimulus, by stimulus.
  [[nodiscard]] std::map<std::vector<double>, std::vector<std::size_t>> by_stimulus() const;
  [[nodiscard]] Curves curves(std::size_t n) const { return {model_, stimulus(n)}; }

 private:
  const Model& model_;
  const Dataset& data_;
  std::vector<std::size_t> region_;   // by region of the dataset
  std::vector<std::size_t> feature_;  // by feature of the model, the dataset's
};

}  // namespace nnpoisson
