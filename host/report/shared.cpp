#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/parts.hpp"

namespace nnpoisson::report {

std::string interval(const Estimate& estimate, int decimals) {
  const auto& [low, high] = estimate.interval;
  if (low == high) return "";  // nothing to estimate: a model against itself
  return std::isnan(low) ? cell(low)
                         : fmt::format("{} to {}", cell(low, decimals), cell(high, decimals));
}

std::string model_name(const std::string& model) {
  if (model == "glm") return "Poisson GLM";
  if (model == "psth") return "stimulus PSTH";
  return model == "constant" ? "constant rate" : model;
}

Series upright(double x, std::size_t categories) {
  return {.mark = Mark::dashed,
          .colour = colour::grey,
          .x = {x, x},
          .y = {-0.5, static_cast<double>(categories) - 0.5}};
}

double category_height(std::size_t categories) {
  return std::max(90.0, 18 * static_cast<double>(categories));
}

}  // namespace nnpoisson::report
