#include "report/wording.hpp"

#include <fmt/format.h>

#include <cmath>

namespace nnpoisson::report {

std::string cell(double value, int decimals) {
  if (std::isnan(value)) return "\u2013";
  if (std::abs(value) < 0.5 * std::pow(10, -decimals)) value = 0;  // no "-0.000"
  return fmt::format("{:.{}f}", value, decimals);
}

std::string interval(const Estimate& estimate, int decimals) {
  const auto& [low, high] = estimate.interval;
  if (low == high) return "";  // nothing to estimate: a model against itself
  return std::isnan(low) ? cell(low)
                         : fmt::format("{} to {}", cell(low, decimals), cell(high, decimals));
}

std::string model_name(SpikeModel model) {
  switch (model) {
    case SpikeModel::network:
      return "network";
    case SpikeModel::glm:
      return "Poisson GLM";
    case SpikeModel::psth:
      return "stimulus PSTH";
    case SpikeModel::constant:
      return "constant rate";
  }
  return "";
}

}  // namespace nnpoisson::report
