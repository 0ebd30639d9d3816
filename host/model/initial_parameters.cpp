#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "nnpoisson/network.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

// Keras draws Glorot normal from a normal cut at two deviations and widens it by this, the
// deviation of the cut normal.
constexpr double cut_normal_deviation = 0.87962566103423978;

double cut_normal(RandomStream& stream) {
  double value = stream.normal();
  while (std::abs(value) > 2) value = stream.normal();
  return value / cut_normal_deviation;
}

}  // namespace

std::vector<double> initial_parameters(const NetworkShape& shape, std::uint64_t seed) {
  const ParameterLayout layout(shape);
  std::vector<double> parameters(layout.size(), 0.0);
  for (std::size_t t = 0; t < layout.slots().size(); ++t) {
    const TensorSlot& slot = layout.slots()[t];
    const auto tensor = static_cast<Tensor>(t);
    if (!slot.trained || tensor == Tensor::d) continue;

    RandomStream stream(seed, Purpose::initial_weights, t);
    const bool stimulus_kernel =
        tensor == Tensor::A1 || tensor == Tensor::A2 || tensor == Tensor::A3;
    const double fans = slot.in + slot.out;
    const double deviation = std::sqrt(2 / fans), limit = std::sqrt(6 / fans);

    for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
      if (slot.kind == TensorKind::bias)
        parameters[i] = 0.05 * (2 * stream.uniform() - 1);
      else
        parameters[i] = stimulus_kernel ? deviation * cut_normal(stream) : limit * stream.uniform();
    }
  }
  return parameters;
}

}  // namespace nnpoisson
