// One pass of the model by neuron over a dataset: seconds of its losses and gradients, for
// bench/compare-neurons, which sets them beside the peers' program.
//
// usage: nnpoisson_neuron_pass DATA.h5 [threads] [seconds] [precision] [instruction set] [batches]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/neuron_backend.hpp"

namespace {

using namespace nnpoisson;
using Clock = std::chrono::steady_clock;

/// Trains for some seconds; -1: diverged.
double median_pass(Backend& backend, std::size_t batches, const std::vector<double>& start,
                   double seconds) {
  // Programs of several passes, as a fit has them: loading and storing the state is no pass.
  constexpr std::uint32_t calls = 16;
  std::vector<std::uint32_t> passes;
  for (std::uint32_t k = 0; k < calls * batches; ++k)
    passes.push_back(k % static_cast<std::uint32_t>(batches));
  TrainingState state{1, 0, start, std::vector<double>(start.size()),
                      std::vector<double>(start.size())};
  const std::vector<double> rate{1e-3};
  const std::atomic<bool> never{false};
  std::vector<double> times;
  const auto begin = Clock::now();
  do {
    const auto one = Clock::now();
    const auto result = backend.train(state, {passes, rate}, never);
    if (!result.finite) return -1;
    times.push_back(std::chrono::duration<double>(Clock::now() - one).count() / calls);
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: nnpoisson_neuron_pass DATA.h5 [threads] [seconds] [float|double] "
                 "[instruction set] [batches] [time resolution]\n");
    return 2;
  }
  const auto argument = [&](int i, const char* otherwise) {
    return std::string(argc > i ? argv[i] : otherwise);
  };
  const Dataset data = read_dataset(argv[1]);
  const auto given = neuron_data(data, {});
  const NeuronLayout layout(given.shape);
  const auto start = neuron_start(given.shape, given.constants, 0);
  const auto problem = std::make_shared<const NeuronProblem>(
      NeuronProblem{given.shape, given.constants, penalty_centre(layout, start)});

  const auto planning = Clock::now();
  const auto plan = std::make_shared<const NeuronPlan>(
      make_neuron_plan(data, given.constants,
                       {.parts = std::stoi(argument(6, "1")),
                        .shrinkage = 1,
                        .time_resolution = std::stod(argument(7, "0")),
                        .threads = 2}));
  const double planned = std::chrono::duration<double>(Clock::now() - planning).count();

  BackendOptions options;
  options.threads = std::stoi(argument(2, "2"));
  options.precision =
      argument(4, "float") == "double" ? Precision::double_precision : Precision::single_precision;
  options.instruction_set = argument(5, "");
  const auto backend = make_neuron_cpu(options, problem, plan);

  const double median =
      median_pass(*backend, plan->batches.size(), start, std::stod(argument(3, "3")));
  if (median < 0) return 5;
  std::printf(
      "{\"backend\": \"%s\", \"spikes\": %llu, \"parameters\": %zu, \"planned_s\": %.3f, "
      "\"pass_s\": %.6f, \"spikes_per_s\": %.4g}\n",
      backend->description().c_str(), static_cast<unsigned long long>(plan->spikes), layout.size(),
      planned, median, static_cast<double>(plan->spikes) / median);
}
