#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/wimmer_trials.hpp"
#include "nnpoisson/backend.hpp"
#include "wimmer/inputs.hpp"
#include "wimmer/trial.hpp"

/// A step of 0.1 ms of the simulated network, without feedback at coherence 0.5 during the
/// stimulus: the whole, and its parts alone. What is missing from their sum is events, the spikes
/// sent along synapses.
namespace nnpoisson::wimmer {
namespace {

constexpr int onset = 5000, last = 25000;  // steps

enum class Part { whole, noise, neurons };

template <class T>
void step(benchmark::State& state, const std::string& set, Part part) {
  const Conditions conditions{.feedback = 0, .coherences = {0.5}};
  const auto& with = kernels<T>(set);
  const auto network = draw_network<T>(1, 0, 0);
  const auto silent = tables<T>({});
  TrialInput<T> input(conditions, 0.5, 0, with);
  Circuits<T> circuits(part == Part::neurons ? silent : network, with, start_of(conditions, 0));
  int n = 0;
  if (part == Part::whole)
    for (; n < onset; ++n) circuits.step(input.next(n));
  n = onset;
  const auto drawn = input.next(n);
  for (auto _ : state) {
    if (part == Part::neurons)
      circuits.step({nullptr, drawn.external, {}});
    else if (part == Part::noise)
      benchmark::DoNotOptimize(input.next(n).external);
    else
      circuits.step(input.next(n));
    if (++n == last) n = onset;  // the same stimulus again
  }
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void network(benchmark::State& state) {
  std::uint64_t number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(draw_network<float>(1, ++number, 3));
}

/// Whole trials of the default length, as many as the device runs together.
void on_device(benchmark::State& state) {
  kernels::WimmerTrials simulate_trials(kernels::make_cuda_simulator_device(-1), {});
  std::vector<std::size_t> trials(simulate_trials.side_by_side());
  std::iota(trials.begin(), trials.end(), std::size_t{0});
  for (auto _ : state) benchmark::DoNotOptimize(simulate_trials(trials));
  state.counters["trials/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(trials.size()),
      benchmark::Counter::kIsRate);
}

const bool registered = [] {
  const auto devices = cuda_devices();
  if (std::ranges::any_of(devices, [](const DeviceState& d) { return d.why_not.empty(); }))
    benchmark::RegisterBenchmark("cuda/wimmer", on_device)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  for (const auto& set : instruction_sets()) {
    benchmark::RegisterBenchmark(("wimmer/step/float/" + set).c_str(), step<float>, set,
                                 Part::whole);
    benchmark::RegisterBenchmark(("wimmer/noise/float/" + set).c_str(), step<float>, set,
                                 Part::noise);
    benchmark::RegisterBenchmark(("wimmer/neurons/float/" + set).c_str(), step<float>, set,
                                 Part::neurons);
    benchmark::RegisterBenchmark(("wimmer/step/double/" + set).c_str(), step<double>, set,
                                 Part::whole);
  }
  benchmark::RegisterBenchmark("wimmer/network", network)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace nnpoisson::wimmer
