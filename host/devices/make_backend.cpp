#include <algorithm>

#include "devices/point_merger.hpp"
#include "engine/batch_terms.hpp"
#include "engine/cpu.hpp"
#include "engine/reference.hpp"
#include "kernels/device_backend.hpp"
#include "kernels/point_merger.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

BackendKind chosen_kind(const BackendOptions& options) {
  if (options.kind != BackendKind::automatic) return options.kind;
  if (options.device >= 0) return BackendKind::cuda;
  const bool gpu =
      options.instruction_set.empty() && std::ranges::any_of(cuda_devices(), &DeviceState::usable);
  return gpu ? BackendKind::cuda : BackendKind::cpu;
}

std::vector<int> device_numbers(const std::string& text, const std::string& option) {
  const auto devices = cuda_devices();
  std::vector<int> numbers;
  if (text == "all") {
    for (const DeviceState& device : devices)
      if (device.usable()) numbers.push_back(device.number);
    if (numbers.empty())
      throw ResourceError(option + " all: " + devices.front().name + ": " +
                          devices.front().why_not);
    return numbers;
  }

  for (std::size_t from = 0, end = 0; end != std::string::npos; from = end + 1) {
    end = text.find(',', from);
    const std::string word = text.substr(from, end - from);
    if (word.empty() || word.size() > 4 ||
        word.find_first_not_of("0123456789") != std::string::npos)
      throw UsageError(
          option +
          ": must be all, or numbers as in 0,1 that nnpoisson info --devices lists, not \"" + text +
          "\"");
    const int number = std::stoi(word);
    if (std::ranges::find(numbers, number) != numbers.end())
      throw UsageError(option + ": " + word + " is given twice");
    const auto found = std::ranges::find(devices, number, &DeviceState::number);
    if (found == devices.end())
      throw ResourceError(option + ": there is no device " + word +
                          "; nnpoisson info --devices lists what there is");
    if (!found->usable()) throw ResourceError(option + ": " + found->name + ": " + found->why_not);
    numbers.push_back(number);
  }
  return numbers;
}

std::shared_ptr<const PointMerger> make_point_merger(const BackendOptions& options) {
  if (chosen_kind(options) == BackendKind::cuda)
    return kernels::make_cuda_point_merger(options.device);
  return std::make_shared<HostPointMerger>();
}

std::unique_ptr<Backend> make_backend(const BackendOptions& options, const NetworkShape& shape,
                                      std::shared_ptr<const Plan> plan) {
  require_fitting(shape, *plan);
  const BackendKind kind = chosen_kind(options);
  if (kind == BackendKind::reference) return make_reference_backend(shape, std::move(plan));
  if (kind == BackendKind::cpu) return make_cpu_backend(options, shape, std::move(plan));
  return kernels::make_device_backend(kernels::make_cuda_training_device(options.device),
                                      options.precision, shape, std::move(plan));
}

}  // namespace nnpoisson
