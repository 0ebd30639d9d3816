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

std::string with_error(const TrialMean& mean, int decimals) {
  if (std::isnan(mean.value)) return cell(mean.value);
  return fmt::format("{} ± {}", cell(mean.value, decimals), cell(mean.error, decimals));
}

const char* verdict(const TrialMean& difference) {
  if (!(std::abs(difference.value) > normal_95 * difference.error)) return "not told from";
  return difference.value > 0 ? "better than" : "worse than";
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string baseline_name(const std::string& name) {
  return "GLM" + name.substr(3);  // all are
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
