#include <algorithm>
#include <cmath>

#include "nnpoisson/neurons.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

/// The standard normal distribution's quantile: Newton's method on erfc, from a start near enough
/// (Abramowitz & Stegun 26.2.23, error 4.5e-4).
double normal_quantile(double p) {
  if (p > 0.5) return -normal_quantile(1 - p);
  const double t = std::sqrt(-2 * std::log(p));
  double x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (int i = 0; i < 4; ++i) {
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * 3.14159265358979323846);
    x -= (0.5 * std::erfc(-x / std::sqrt(2.0)) - p) / density;
  }
  return x;
}

}  // namespace

std::vector<double> latent_nodes(int nodes) {
  if (nodes == 1) return {0.0};
  std::vector<double> node;
  double squares = 0;
  for (int k = 0; k < nodes; ++k) {
    node.push_back(normal_quantile((k + 0.5) / nodes));
    squares += node.back() * node.back();
  }
  for (double& u : node) u /= std::sqrt(squares / nodes);
  return node;
}

std::vector<double> neuron_start(const NeuronShape& shape, const NeuronConstants& constants,
                                 std::uint64_t seed) {
  const NeuronLayout layout(shape);
  std::vector<double> start(layout.size(), 0.0);
  const auto fill = [&](NeuronTensor t, auto&& value) {
    const NeuronSlot& slot = layout[t];
    for (std::size_t i = 0; i < slot.size; ++i) start[slot.offset + i] = value(i);
  };
  const auto draw = [&](NeuronTensor t, double deviation) {
    RandomStream stream(seed, Purpose::initial_weights, static_cast<std::uint64_t>(t));
    fill(t, [&](std::size_t) { return deviation * stream.normal(); });
  };
  const auto H = static_cast<std::size_t>(shape.width);
  const auto glorot = [](int in, int out) { return std::sqrt(2.0 / (in + out)); };

  using enum NeuronTensor;
  draw(A1, glorot(shape.features, formulas::neuron_width));
  draw(A2, glorot(formulas::neuron_width, formulas::neuron_width));
  draw(signal_beta, 0.1);
  fill(a, [&](std::size_t k) { return 0.72 / constants.spacing[k]; });
  fill(b3, [&](std::size_t k) { return -0.72 / constants.spacing[k] * constants.centre[k]; });
  fill(C, [&](std::size_t i) { return i / H == i % H ? 1.0 : 0.0; });
  fill(gain_lnq, [](std::size_t) { return start_lnq; });

  // Tiles along the mean of the regions' z, so that the hazards start about constant.
  const double J = shape.behaviour_width, G = shape.regions, steepness = 0.72 * J / 1.2;
  fill(head_F1, [&](std::size_t) { return steepness / G; });
  fill(head_f1, [&](std::size_t i) {
    const double j = static_cast<double>(i % static_cast<std::size_t>(shape.behaviour_width));
    return -steepness * (-0.1 + 1.2 * (j + 0.5) / J);
  });
  fill(head_F2, [&](std::size_t) { return 0.6 / J; });
  return start;
}

}  // namespace nnpoisson
