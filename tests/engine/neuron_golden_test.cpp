#include "neuron_golden.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/neuron_rows.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

class GoldenNeurons : public ::testing::TestWithParam<std::string> {};

void expect_close(std::span<const double> found, std::span<const double> wanted, double tolerance,
                  const std::string& what) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    ASSERT_TRUE(std::abs(found[i] - wanted[i]) <= tolerance * std::max(1.0, std::abs(wanted[i])))
        << what << "[" << i << "]: " << found[i] << " against " << wanted[i];
}

TEST_P(GoldenNeurons, StartsWhereTheOracleStarts) {
  const golden::NeuronCase c(GetParam());
  const auto& fixed = c.problem->constants;
  const auto close = [&](std::span<const double> found, const std::string& name) {
    expect_close(found, c.numbers("fixed/" + name), 1e-10, name);
  };
  close(fixed.rate, "rate");
  close(fixed.hazard, "hazard");
  close(fixed.mean, "mean");
  close(fixed.scale, "scale");
  close(fixed.centre, "centre");
  close(fixed.spacing, "spacing");
  close(fixed.weight, "weight");
  close(latent_nodes(c.problem->shape.nodes), "node");

  const auto start = neuron_start(c.problem->shape, fixed, 0);
  for (const auto& slot : c.layout.slots()) {
    if (slot.size == 0 || slot.name == "A1" || slot.name == "A2" || slot.name == "signal_beta")
      continue;
    expect_close(std::span(start).subspan(slot.offset, slot.size),
                 c.numbers("start/" + std::string(slot.name)), 1e-10, std::string(slot.name));
  }
}

TEST_P(GoldenNeurons, LossesAndGradients) {
  const golden::NeuronCase c(GetParam());
  const auto parameters = c.tensors("parameter"), wanted = c.tensors("gradient");
  const auto plan = c.plan(1, c.beta, c.shrinkage);
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(c.problem, plan);
    const std::vector<std::uint32_t> batch{0};
    std::vector<BatchLoss> loss(1);
    std::vector<double> gradient(parameters.size());
    backend->evaluate(batch, 1, parameters, loss, gradient);

    const double tolerance = row.single() ? tolerance::float_loss : tolerance::golden_loss;
    const auto trials = static_cast<double>(c.train.trials());
    expect_close({{loss[0].total}}, c.numbers("loss"), tolerance, "loss");
    expect_close({{loss[0].right * trials}}, c.numbers("penalty"), tolerance, "penalty");
    for (const auto& slot : c.layout.slots()) {
      if (slot.size == 0) continue;
      const double error =
          tolerance::relative_to_largest(std::span(gradient).subspan(slot.offset, slot.size),
                                         std::span(wanted).subspan(slot.offset, slot.size));
      EXPECT_TRUE(error <= (row.single() ? 1e-4 : tolerance::golden_gradient))
          << slot.name << ": " << error;
    }
  }
}

TEST_P(GoldenNeurons, EachTrialsLikelihood) {
  const golden::NeuronCase c(GetParam());
  const auto parameters = c.tensors("parameter");
  const auto joint = c.numbers("trial/joint"), spikes = c.numbers("trial/spikes"),
             objective = c.numbers("trial/objective");
  for (const double beta : {1.0, c.beta}) {
    const auto plan = c.plan(static_cast<int>(c.train.trials()), beta, 0);
    std::vector<std::uint32_t> batches;
    for (std::uint32_t b = 0; b < plan->batches.size(); ++b) batches.push_back(b);
    for (const auto& row : testing::all_neuron_rows(2)) {
      SCOPED_TRACE(row.name);
      std::vector<BatchLoss> losses(batches.size());
      row.make(c.problem, plan)->evaluate(batches, 1, parameters, losses, {});
      const double tolerance = row.single() ? tolerance::float_loss : tolerance::golden_loss;
      for (std::size_t b = 0; b < batches.size(); ++b) {
        const std::size_t n = plan->batches[b].trials[0].number;
        expect_close({{-losses[b].neural}}, {{spikes[n]}}, tolerance, "spikes");
        expect_close({{-losses[b].total}}, {{(beta == 1 ? joint : objective)[n]}}, tolerance,
                     "joint");
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenNeurons, ::testing::ValuesIn(golden::neuron_cases()),
                         golden::case_name);

}  // namespace
}  // namespace nnpoisson
