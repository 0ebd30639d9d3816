#include <gtest/gtest.h>

#include "engine/neuron_rows.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

struct Switches {
  int width, nodes;
  bool shared_gain, private_gain, drift;
};

class NeuronGradients : public ::testing::TestWithParam<Switches> {};

/// Along a random direction in each tensor, six-point differences of the reference's loss.
void expect_differences_to_match(const testing::NeuronModel& model) {
  const auto backend = model.make(testing::neuron_reference);
  const std::vector<std::uint32_t> batch{0};
  const auto parameters = model.parameters(71);
  const testing::NeuronValues value(*backend, batch, 1, parameters);
  const auto loss = [&](const std::vector<double>& at) {
    return testing::NeuronValues(*backend, batch, 1, at, false).losses[0].total;
  };
  RandomStream random(72, Purpose::spikes);
  for (const auto& slot : model.layout.slots()) {
    if (slot.size == 0) continue;
    std::vector<double> direction(slot.size);
    double along = 0, square = 0;
    for (std::size_t i = 0; i < slot.size; ++i) {
      const double g = value.gradients[slot.offset + i];
      direction[i] = random.below(2) == 0 ? 1 : -1;
      along += direction[i] * g;
      square += g * g;
    }
    const double h = 4e-3 / std::sqrt(static_cast<double>(slot.size));
    const auto at = [&](double step) {
      auto moved = parameters;
      for (std::size_t i = 0; i < slot.size; ++i) moved[slot.offset + i] += step * direction[i];
      return loss(moved);
    };
    double slope = 0;
    for (const auto& [steps, factor] : {std::pair{1, 45.0}, std::pair{2, -9.0}, std::pair{3, 1.0}})
      slope += factor * (at(steps * h) - at(-steps * h)) / (60 * h);
    // Differences of a loss of some hundred are good to 1e-14 / h.
    const double error = std::abs(slope - along);
    EXPECT_TRUE(error <= tolerance::finite_difference * std::sqrt(square) + 2e-12 / h)
        << slot.name << ": " << slope << " against " << along << " of " << std::sqrt(square);
  }
}

TEST_P(NeuronGradients, AreFiniteDifferences) {
  const auto& s = GetParam();
  for (const double bin_width : {0.0, 0.07})
    for (const auto heads : {HeadKind::trunk, HeadKind::regions})
      for (const int rank : {0, 2}) {
        SCOPED_TRACE(std::string(to_string(heads)) + " rank " + std::to_string(rank) + " bins " +
                     std::to_string(bin_width));
        const auto data = testing::random_dataset({.seed = 70,
                                                   .sessions = 2,
                                                   .trials = 11,
                                                   .bin_width = bin_width,
                                                   .spikes_per_unit = 2});
        expect_differences_to_match({data,
                                     {.width = s.width,
                                      .nodes = s.nodes,
                                      .rank = rank,
                                      .heads = heads,
                                      .behaviour_width = 3,
                                      .shared_gain = s.shared_gain,
                                      .private_gain = s.private_gain,
                                      .drift = s.drift},
                                     {.behaviour_weight = 0.7, .shrinkage = 1}});
      }
}

INSTANTIATE_TEST_SUITE_P(
    Switches, NeuronGradients,
    ::testing::Values(Switches{7, 5, true, true, true}, Switches{1, 5, true, true, true},
                      Switches{7, 1, true, true, true}, Switches{7, 5, true, false, false},
                      Switches{1, 1, false, true, false}, Switches{7, 1, false, false, true},
                      Switches{1, 5, true, false, true}, Switches{7, 1, false, false, false}),
    [](const auto& which) {
      const auto& s = which.param;
      return "H" + std::to_string(s.width) + "_K" + std::to_string(s.nodes) +
             (s.shared_gain ? "_shared" : "") + (s.private_gain ? "_private" : "") +
             (s.drift ? "_drift" : "");
    });

}  // namespace
}  // namespace nnpoisson
