#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nnpoisson/evaluate.hpp"
#include "report/figure.hpp"

namespace nnpoisson::report {

/// Of more ordered groups, so many are drawn.
inline constexpr std::size_t most_drawn_groups = 3;

/// Rates over time in groups of trials.
struct Rates {
  std::vector<double> bin_edges;  ///< s
  std::vector<TrialGroup> groups;
  std::string axis;  ///< that stimuli are ordered along, in words
  struct Of {
    std::string name;
    std::vector<Psth> psth;  ///< as groups
  };
  std::vector<Of> panels;

  [[nodiscard]] std::size_t count(TrialGrouping grouping) const;
};

/// A panel for each of `rates.panels`; its name ("psth-choice", ...) is that of the grouping.
[[nodiscard]] Figure psth_figure(const Rates& rates, TrialGrouping grouping,
                                 const std::string& caption);
/// By stimulus; of all trials together where there is but one. `whose`: what the caption begins
/// with.
[[nodiscard]] Figure stimulus_figure(const Rates& rates, const std::string& whose);

}  // namespace nnpoisson::report
