#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "direct_likelihood.hpp"
#include "engine/rows.hpp"
#include "random_dataset.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

using testing::random_dataset;

const NetworkShape shape{.features = 3,
                         .stimulus_widths = {4, 3},
                         .time_width = 5,
                         .hidden_width = 3,
                         .behaviour_width = 2,
                         .regions = 4,
                         .stimulus_bypass = true};

Dataset recording(double bin_width) {
  return random_dataset(
      {.seed = 51, .regions = 4, .trials = 19, .features = 3, .bin_width = bin_width});
}

/// From the recording's trials to the loss: plan and network together against sums that share
/// nothing with them.
TEST(ReferenceLikelihood, IsTheSumOverTrialsUnitsAndSpikes) {
  struct Case {
    Preset preset;
    NeuralTime time;
    double bin_width;
  };
  for (const auto& [preset, time, bin_width] :
       {Case{Preset::exact, NeuralTime::scaled, 0}, Case{Preset::exact, NeuralTime::absolute, 0},
        Case{Preset::exact, NeuralTime::scaled, 0.03},
        Case{Preset::exact, NeuralTime::absolute, 0.03},
        Case{Preset::authors, NeuralTime::scaled, 0}}) {
    SCOPED_TRACE(std::string(to_string(preset)) + " " + to_string(time) +
                 (bin_width > 0 ? " counts" : ""));
    const auto data = recording(bin_width);
    const auto parameters = testing::random_parameters(shape, 52);
    const testing::NaiveNetwork network(shape, parameters);
    const testing::DirectLikelihood direct(data, network, preset, time);
    std::vector<std::int32_t> trials(data.trials());
    std::iota(trials.begin(), trials.end(), 0);
    const auto plan =
        std::make_shared<const Plan>(make_plan(data, {.preset = preset, .neural_time = time}));
    const auto value = testing::evaluate(*testing::reference_row.make(shape, plan),
                                         std::vector<std::uint32_t>{0}, 1, parameters);
    const bool exact = preset == Preset::exact;
    const double neural_divisor =
        exact ? static_cast<double>(data.trials()) : 200.0 * shape.regions;
    const double action_divisor = exact ? static_cast<double>(data.trials()) : 200.0;
    const auto actions = direct.actions(trials);
    const double expected[] = {direct.neural(trials) / neural_divisor, actions[0] / action_divisor,
                               actions[1] / action_divisor};
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_TRUE(std::abs(value.losses[i] - expected[i]) <=
                  tolerance::golden_loss * std::max(1.0, std::abs(expected[i])))
          << i << ": " << value.losses[i] << " against " << expected[i];
  }
}

struct Which {
  std::string name;
  PlanOptions options;
  double bin_width = 0;
  bool bypass = true;
};

void PrintTo(const Which& which, std::ostream* out) {
  *out << which.name;
}

class FiniteDifferences : public ::testing::TestWithParam<Which> {};

TEST_P(FiniteDifferences, AreTheGradient) {
  auto net = shape;
  net.stimulus_bypass = GetParam().bypass;
  const auto data = recording(GetParam().bin_width);
  const auto plan = std::make_shared<const Plan>(make_plan(data, GetParam().options));
  const auto backend = testing::reference_row.make(net, plan);
  const std::vector<std::uint32_t> batch{0};
  auto parameters = testing::random_parameters(net, 53);
  const auto gradient = testing::evaluate(*backend, batch, 1, parameters).gradients;
  const auto total = [&] {
    return testing::evaluate(*backend, batch, 1, parameters, false).losses[3];
  };
  double largest = 0;
  for (const double g : gradient) largest = std::max(largest, std::abs(g));
  ASSERT_GT(largest, 0);
  const ParameterLayout layout(net);
  for (const auto& slot : layout.slots()) {
    double error = 0, largest_here = 0;
    for (std::size_t i = slot.offset; slot.trained && i < slot.offset + slot.size(); ++i) {
      const double x = parameters[i], h = 2e-3;
      double slope = 0;
      for (const auto& [steps, factor] :
           {std::pair{1, 45.0}, std::pair{2, -9.0}, std::pair{3, 1.0}}) {
        parameters[i] = x + steps * h;
        const double up = total();
        parameters[i] = x - steps * h;
        slope += factor * (up - total()) / (60 * h);
      }
      parameters[i] = x;
      ASSERT_FALSE(std::isnan(gradient[i]) || std::isnan(slope)) << slot.name();
      error = std::max(error, std::abs(gradient[i] - slope));
      largest_here = std::max(largest_here, std::abs(gradient[i]));
    }
    // Differences of a loss of some ten are good to 1e-12 in all; below that a tensor's own scale
    // does not count.
    EXPECT_TRUE(error <= tolerance::finite_difference * std::max(largest_here, 1e-4 * largest))
        << slot.name() << ": " << error << " of " << largest_here << ", overall " << largest;
  }
}

std::vector<Which> differences() {
  const PlanOptions exact{.behaviour_weight = 0.7};
  auto absolute = exact, no_behaviour = exact, authors = exact;
  absolute.neural_time = NeuralTime::absolute;
  no_behaviour.behaviour_weight = 0;
  authors.preset = Preset::authors;
  auto authors_batch = authors;
  authors_batch.grouping = Grouping::authors;
  auto merged = exact;
  merged.time_resolution = 0.05;
  return {{"exact", exact},
          {"exact_without_bypass", exact, 0, false},
          {"absolute", absolute},
          {"merged", merged},
          {"without_behaviour", no_behaviour},
          {"counts", exact, 0.03},
          {"counts_absolute_without_bypass", absolute, 0.03, false},
          {"authors", authors},
          {"authors_batch", authors_batch}};
}

INSTANTIATE_TEST_SUITE_P(Likelihoods, FiniteDifferences, ::testing::ValuesIn(differences()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace nnpoisson
