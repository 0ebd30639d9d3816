#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "baselines/intensity_model.hpp"
#include "baselines/time_grid.hpp"

namespace nnpoisson {

/// Intensities that are constant within the bins of a grid; `rates(column)` gives them, [bins],
/// when a column is first asked for.
template <class Rates>
class PiecewiseTrial final : public TrialIntensity {
 public:
  PiecewiseTrial(const TimeGrid& grid, Rates rates) : grid_(grid), rates_(std::move(rates)) {}

  Growth at(std::size_t column, double time) override {
    const auto [found, is_new] = columns_.try_emplace(column);
    auto& [rate, cumulative] = found->second;
    if (is_new) {
      rate = rates_(column);
      cumulative.assign(rate.size(), 0);
      for (std::size_t b = 1; b < rate.size(); ++b)
        cumulative[b] = cumulative[b - 1] + rate[b - 1] * grid_.width;
    }
    const std::size_t b = grid_.bin(time);
    return {cumulative[b] + rate[b] * (time - grid_.width * static_cast<double>(b)), rate[b]};
  }

 private:
  struct Column {
    std::vector<double> rate, cumulative;
  };
  TimeGrid grid_;
  Rates rates_;
  std::map<std::size_t, Column> columns_;
};

template <class Rates>
std::unique_ptr<TrialIntensity> piecewise_trial(const TimeGrid& grid, Rates rates) {
  return std::make_unique<PiecewiseTrial<Rates>>(grid, std::move(rates));
}

}  // namespace nnpoisson
