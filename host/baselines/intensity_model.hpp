#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "nnpoisson/curves.hpp"

namespace nnpoisson {

/// The intensities of one trial. Holds scratch: one thread at a time.
class TrialIntensity {
 public:
  virtual ~TrialIntensity() = default;
  /// Of one unit of `column`, at `time` s from onset, up to the time for which the trial was
  /// observed.
  [[nodiscard]] virtual Growth at(std::size_t column, double time) = 0;
  /// The same of several columns at one time; `out`: as many as `columns`.
  virtual void at(std::span<const std::size_t> columns, double time, std::span<Growth> out) {
    for (std::size_t k = 0; k < columns.size(); ++k) out[k] = at(columns[k], time);
  }
};

/// Anything that says how often units fire in the trials of a dataset: the network, or a baseline
/// beside it. Units that share an intensity share a column. May be asked for trials from several
/// threads.
class IntensityModel {
 public:
  virtual ~IntensityModel() = default;
  [[nodiscard]] virtual std::unique_ptr<TrialIntensity> trial(std::size_t n) const = 0;
};

}  // namespace nnpoisson
