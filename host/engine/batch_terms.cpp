#include "engine/batch_terms.hpp"

#include "nnpoisson/error.hpp"

namespace nnpoisson {

void require_fitting(const NetworkShape& shape, const Plan& plan) {
  if (shape.features != plan.features || shape.regions != plan.regions)
    throw UsageError("network: has " + std::to_string(shape.features) + " features and " +
                     std::to_string(shape.regions) + " regions, but the dataset has " +
                     std::to_string(plan.features) + " and " + std::to_string(plan.regions) +
                     "; take a model of such data");
}

}  // namespace nnpoisson
