#include "nnpoisson/backend.hpp"

#include <algorithm>

#include "engine/bind.hpp"
#include "engine/cpu.hpp"
#include "engine/reference.hpp"
#include "kernels/backend.hpp"
#include "nnpoisson/error.hpp"
#include "plan/points.hpp"

namespace nnpoisson {

void require_fitting(const NetworkShape& shape, const Plan& plan) {
  if (shape.columns() != plan.columns && shape.regions == plan.regions)
    throw UsageError("network: reads out " + std::to_string(shape.columns()) + " intensities, but the plan has " +
                     std::to_string(plan.columns) + "; take one readout, by region or by unit, for both");
  if (shape.features != plan.features || shape.regions != plan.regions)
    throw UsageError("network: has " + std::to_string(shape.features) + " features and " + std::to_string(shape.regions) +
                     " regions, but the dataset has " + std::to_string(plan.features) + " and " + std::to_string(plan.regions) +
                     "; take a model of such data");
}

void require_fitting(const NetworkShape& shape, std::span<const double> parameters, const OutputPoints& points) {
  const auto features = static_cast<std::size_t>(shape.features);
  if (parameters.size() != ParameterLayout(shape).size()) throw UsageError("outputs: the parameters are not those of one network");
  if (points.stimuli.size() % features != 0 || points.stimulus.size() != points.time.size())
    throw UsageError("outputs: stimuli must be whole rows, and every point has a stimulus and a time");
  const auto stimuli = points.stimuli.size() / features;
  if (std::ranges::any_of(points.stimulus, [stimuli](std::uint32_t s) { return s >= stimuli; }))
    throw UsageError("outputs: a point's stimulus is not among the " + std::to_string(stimuli) + " given");
}

BackendKind chosen_kind(const BackendOptions& options) {
  if (options.kind != BackendKind::automatic) return options.kind;
  const auto devices = cuda_devices();
  const bool gpu = options.instruction_set.empty() && std::ranges::any_of(devices, [](const DeviceState& d) { return d.why_not.empty(); });
  return gpu ? BackendKind::cuda : BackendKind::cpu;
}

std::shared_ptr<const PointMaker> make_point_maker(const BackendOptions& options) {
  if (chosen_kind(options) == BackendKind::cuda) return kernels::make_cuda_points();
  return std::make_shared<HostPoints>();
}

std::unique_ptr<Backend> make_backend(const BackendOptions& options, const NetworkShape& shape, std::shared_ptr<const Plan> plan) {
  require_fitting(shape, *plan);
  const BackendKind kind = chosen_kind(options);
  if (kind == BackendKind::reference) return make_reference_backend(shape, std::move(plan));
  if (kind == BackendKind::cpu) return make_cpu_backend(options, shape, std::move(plan));
  return kernels::make_kernel_backend(kernels::make_cuda_device(), options.precision, shape, std::move(plan));
}

}  // namespace nnpoisson
