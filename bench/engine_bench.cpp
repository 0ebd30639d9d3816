#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "devices/point_merger.hpp"
#include "kernels/device_backend.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/plan.hpp"
#include "paper_dataset.hpp"
#include "peak.hpp"

/// Spikes/s of the engine: the fused point by instruction set and precision, whole passes by
/// threads, spikes and resolution, planning, and, where there is a GPU, large batches, small steps
/// and many models on it.
namespace nnpoisson {
namespace {

/// Multiplications and additions of one spike's forward pass, derivative and adjoint in one region
/// at widths 10, an exponential or division counted as one: what the machine would have to do at
/// least.
constexpr double flops_of_a_spike = 2400;

const Dataset& data_of(std::size_t trials) {
  static std::map<std::size_t, Dataset> made;
  const auto [at, added] = made.try_emplace(trials);
  if (added) at->second = paper_dataset(trials);
  return at->second;
}

NetworkShape shape_of(const Plan& plan) {
  NetworkShape shape;
  shape.features = plan.features;
  shape.regions = plan.regions;
  shape.stimulus_bypass = true;
  return shape;
}

/// Adam steps over all batches of a plan, again and again; `turns` of them in one program, for
/// `models` side by side.
void passes_on(Backend& backend, const NetworkShape& shape, benchmark::State& state,
               const std::shared_ptr<const Plan>& plan, int turns, int models) {
  TrainingState training;
  training.models = models;
  for (int m = 0; m < models; ++m) {
    const auto initial = initial_parameters(shape, static_cast<std::uint64_t>(m));
    training.parameters.insert(training.parameters.end(), initial.begin(), initial.end());
  }
  training.first_moment.assign(training.parameters.size(), 0.0);
  training.second_moment = training.first_moment;
  std::vector<std::uint32_t> order;
  for (int t = 0; t < turns; ++t)
    for (std::uint32_t b = 0; b < plan->batches.size(); ++b) order.push_back(b);
  const std::vector<double> rate(static_cast<std::size_t>(models), 1e-4);
  const std::atomic<bool> stop{false};
  for (auto _ : state)
    if (!backend.train(training, {order, rate}, stop).finite)
      return state.SkipWithError("the loss is not finite");
  const auto iterations = static_cast<double>(state.iterations());
  const auto spikes = static_cast<double>(plan->spikes) * turns * models * iterations;
  state.counters["spikes/s"] = benchmark::Counter(spikes, benchmark::Counter::kIsRate);
  state.counters["time/step"] =
      benchmark::Counter(static_cast<double>(order.size()) * iterations,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["points"] = static_cast<double>(plan->time.size());
  state.SetLabel(backend.description());
}

void passes(benchmark::State& state, std::shared_ptr<const Plan> plan,
            const BackendOptions& options, int turns = 1, int models = 1) {
  const NetworkShape shape = shape_of(*plan);
  passes_on(*make_backend(options, shape, plan), shape, state, plan, turns, models);
}

/// Made once for all that measure it: benchmarks are called again and again.
std::shared_ptr<const Plan> plan_of(std::size_t trials, Preset preset, double resolution,
                                    int parts = 10) {
  static std::map<std::tuple<std::size_t, Preset, double, int>, std::shared_ptr<const Plan>> made;
  auto& plan = made[{trials, preset, resolution, parts}];
  if (!plan)
    plan = std::make_shared<const Plan>(make_plan(
        data_of(trials),
        {.preset = preset,
         .grouping = preset == Preset::authors ? Grouping::authors : Grouping::joint,
         .parts = parts,
         .behaviour_weight = 0.01,
         .time_resolution = resolution,
         .threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))}));
  return plan;
}

/// The fused point alone: neural batches of single regions, large enough that nothing else shows;
/// one thread.
void fused_point(benchmark::State& state, const std::string& set, Precision precision) {
  const auto plan = std::make_shared<const Plan>(
      make_plan(data_of(30), {.preset = Preset::authors, .grouping = Grouping::by_region}));
  auto alone = std::make_shared<Plan>(*plan);
  alone->batches.pop_back();  // the behaviour
  passes(state, alone,
         {.kind = BackendKind::cpu, .precision = precision, .threads = 1, .instruction_set = set});
  state.counters["FLOP/s"] =
      benchmark::Counter(static_cast<double>(plan->spikes) *
                             static_cast<double>(state.iterations()) * flops_of_a_spike,
                         benchmark::Counter::kIsRate);
}

void threads(benchmark::State& state, Preset preset, double resolution) {
  passes(state, plan_of(60, preset, resolution),
         {.kind = BackendKind::cpu, .threads = static_cast<int>(state.range(0))});
}

void spikes(benchmark::State& state) {
  passes(state, plan_of(static_cast<std::size_t>(state.range(0)), Preset::authors, 0),
         {.kind = BackendKind::cpu, .threads = 1});
}

void planning(benchmark::State& state, BackendKind kind) {
  const Dataset& data = data_of(60);
  const auto merger = make_point_merger({.kind = kind});
  for (auto _ : state)
    benchmark::DoNotOptimize(
        make_plan(data,
                  {.preset = Preset::exact,
                   .parts = 10,
                   .time_resolution = static_cast<double>(state.range(0)) / 1000,
                   .threads = 2},
                  {}, *merger));
  state.counters["spikes/s"] = benchmark::Counter(
      static_cast<double>(data.spike.time.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

/// One batch of all spikes, every one at its own time.
void cuda_large_batch(benchmark::State& state, Precision precision) {
  const auto plan = plan_of(static_cast<std::size_t>(state.range(0)), Preset::exact, 0, 1);
  passes(state, plan, {.kind = BackendKind::cuda, .precision = precision});
  state.counters["FLOP/s"] =
      benchmark::Counter(static_cast<double>(plan->spikes) *
                             static_cast<double>(state.iterations()) * flops_of_a_spike,
                         benchmark::Counter::kIsRate);
}

/// Where a step's time goes: each phase launched alone and timed by the device, us a step. One by
/// one they take longer than together.
void cuda_phases(benchmark::State& state, Preset preset, double resolution, int parts) {
  const auto plan = plan_of(60, preset, resolution, parts);
  const NetworkShape shape = shape_of(*plan);
  kernels::PhaseTimes times;
  const auto backend =
      kernels::make_device_backend(kernels::make_cuda_training_device(-1),
                                   Precision::single_precision, shape, plan, {.times = &times});
  passes_on(*backend, shape, state, plan, 1, 1);
  const char* names[kernels::phases] = {"stimuli_us", "slabs_us", "back_us", "update_us"};
  for (int k = 0; k < kernels::phases; ++k)
    state.counters[names[k]] = 1e6 * times.seconds[k] / static_cast<double>(times.steps);
}

/// The published schedule: small steps, twenty passes in one program.
void cuda_authors(benchmark::State& state) {
  passes(state, plan_of(60, Preset::authors, 0.001), {.kind = BackendKind::cuda}, 20,
         static_cast<int>(state.range(0)));
}

bool has_gpu() {
  return std::ranges::any_of(cuda_devices(), &DeviceState::usable);
}

/// What the processor can do at most: independent fused multiply-adds in registers.
void peak(benchmark::State& state, const PeakLoop& loop) {
  double sum = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum += loop.run(1000000));
  state.counters["FLOP/s"] =
      benchmark::Counter(loop.flops_of_a_turn * 1e6 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void register_planning(const char* name, BackendKind kind) {
  benchmark::RegisterBenchmark(name, planning, kind)
      ->Arg(0)
      ->Arg(1)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

void register_cpu() {
  using benchmark::RegisterBenchmark;
  for (const auto& loop : peak_loops())
    RegisterBenchmark(("peak/" + std::string(loop.name)).c_str(),
                      [loop](benchmark::State& s) { peak(s, loop); });
  for (const auto& set : instruction_sets())
    for (const auto precision : {Precision::single_precision, Precision::double_precision})
      RegisterBenchmark(
          ("fused_point/" + set + (precision == Precision::single_precision ? "/float" : "/double"))
              .c_str(),
          [set, precision](benchmark::State& s) { fused_point(s, set, precision); })
          ->Unit(benchmark::kMillisecond);
  for (const auto preset : {Preset::authors, Preset::exact})
    for (const double resolution : {0.0, 0.001})
      RegisterBenchmark(
          (std::string("threads/") + to_string(preset) + (resolution > 0 ? "/1ms" : "/exact_times"))
              .c_str(),
          [preset, resolution](benchmark::State& s) { threads(s, preset, resolution); })
          ->Arg(1)
          ->Arg(2)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
  RegisterBenchmark("spikes/trials_of_session", spikes)
      ->Arg(4)
      ->Arg(15)
      ->Arg(60)
      ->Unit(benchmark::kMillisecond);
  register_planning("planning/resolution_ms", BackendKind::cpu);
}

void register_cuda() {
  using benchmark::RegisterBenchmark;
  for (const auto precision : {Precision::single_precision, Precision::double_precision})
    RegisterBenchmark(
        (std::string("cuda/large_batch/") +
         (precision == Precision::single_precision ? "float" : "double") + "/trials_of_session")
            .c_str(),
        [precision](benchmark::State& s) { cuda_large_batch(s, precision); })
        ->Arg(60)
        ->Arg(240)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  const auto phases_of = [](const char* name, Preset preset, double resolution, int parts) {
    RegisterBenchmark(name, [=](benchmark::State& s) {
      cuda_phases(s, preset, resolution, parts);
    })->Unit(benchmark::kMillisecond);
  };
  phases_of("cuda/phases/authors/1ms", Preset::authors, 0.001, 10);
  phases_of("cuda/phases/exact/1ms", Preset::exact, 0.001, 10);
  phases_of("cuda/phases/exact/large_batch", Preset::exact, 0, 1);
  register_planning("cuda/planning/resolution_ms", BackendKind::cuda);
  RegisterBenchmark("cuda/authors/1ms/models", cuda_authors)
      ->Arg(1)
      ->Arg(64)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace
}  // namespace nnpoisson

int main(int argc, char** argv) {
  nnpoisson::register_cpu();
  if (nnpoisson::has_gpu()) nnpoisson::register_cuda();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
