#include "sweep/fit_json.hpp"

#include <cmath>
#include <limits>

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

BatchLoss loss_of(const Json& json) {
  return {number(json.at("neural")), number(json.at("left")), number(json.at("right")),
          number(json.at("total"))};
}

}  // namespace

Json json_of(const BatchLoss& loss) {
  return {
      {"total", loss.total}, {"neural", loss.neural}, {"left", loss.left}, {"right", loss.right}};
}

Json json_of(const SweepFit& fit) {
  Json json{{"configuration", fit.configuration},
            {"fold", fit.fold},
            {"seed", fit.seed},
            {"iterations", fit.iterations}};
  if (!fit.failure.empty()) {
    json["failure"] = fit.failure;
    return json;
  }
  json["best_iteration"] = fit.best_iteration;
  json["validation"] = json_of(fit.validation);
  json["test"] = json_of(fit.test);
  return json;
}

SweepFit fit_of(const Json& json) {
  SweepFit fit;
  json.at("configuration").get_to(fit.configuration);
  json.at("fold").get_to(fit.fold);
  json.at("seed").get_to(fit.seed);
  json.at("iterations").get_to(fit.iterations);
  if (json.contains("failure")) {
    json["failure"].get_to(fit.failure);
    return fit;
  }
  json.at("best_iteration").get_to(fit.best_iteration);
  fit.validation = loss_of(json.at("validation"));
  fit.test = loss_of(json.at("test"));
  return fit;
}

}  // namespace nnpoisson
