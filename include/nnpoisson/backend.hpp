#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/formulas/batch_loss.hpp"
#include "nnpoisson/network.hpp"
#include "nnpoisson/plan.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson {

enum class BackendKind { automatic, reference, cpu, cuda };

struct BackendOptions {
  BackendKind kind = BackendKind::automatic;
  Precision precision = Precision::single_precision;
  int threads = 0;  ///< 0: one for each processor
  /// cpu only: one of instruction_sets(); "": the best of the machine.
  std::string instruction_set{};
  /// cuda only: a number of cuda_devices(); -1: the first that can be used.
  int device = -1;
};

/// M models of one shape side by side, with Adam's moments: all that training changes.
struct TrainingState {
  int models = 1;
  std::uint64_t step = 0;             ///< Adam steps taken
  std::vector<double> parameters;     ///< [M x n]; values of the backend's precision
  std::vector<double> first_moment;   ///< [M x n]
  std::vector<double> second_moment;  ///< [M x n]
};

/// A training program: Adam steps over batches in the order given, in one call, so that a GPU need
/// not return to the host.
struct TrainingProgram {
  std::span<const std::uint32_t> batches;  ///< numbers of the plan's batches
  std::span<const double> learning_rate;   ///< [M]
  /// Preset neurons: bit t is set where NeuronTensor t stays as it is. unit_B goes with unit_alpha.
  std::uint32_t held = 0;
};

/// What a program leaves: sums over its steps.
struct ProgramResult {
  std::vector<BatchLoss> sums;  ///< [M]
  std::uint64_t steps = 0;      ///< taken; fewer than asked for if `stop` was set, and `state` is
                                ///< as handed in
  /// False: the step after `steps` had a loss or gradient that is not finite; `state` likewise.
  bool finite = true;
  /// That step's loss, of the first model concerned; all finite if it was the gradient.
  BatchLoss failed;
};

/// The one seam between the engine and what computes it. A backend is given its plan once.
class Backend {
 public:
  virtual ~Backend() = default;
  /// For the log: name, instruction set or device, precision, threads.
  [[nodiscard]] virtual std::string description() const = 0;
  /// Losses of the listed batches [batches x M], and where `gradients` is not empty [batches x M x
  /// n] those of each total.
  virtual void evaluate(std::span<const std::uint32_t> batches, int models,
                        std::span<const double> parameters, std::span<BatchLoss> losses,
                        std::span<double> gradients) = 0;
  /// Runs the program on `state`. `stop` is looked at between steps.
  virtual ProgramResult train(TrainingState& state, const TrainingProgram& program,
                              const std::atomic<bool>& stop) = 0;
};

/// What `automatic` takes: CUDA where a device is asked for, or one can be used and no instruction
/// set is asked for; else the CPU. Other kinds stay.
[[nodiscard]] BackendKind chosen_kind(const BackendOptions& options);

/// `automatic` as chosen_kind says; description() tells which. Throws ResourceError if the backend
/// asked for is not there, never takes another one silently; UsageError if shape and plan differ in
/// features or regions.
[[nodiscard]] std::unique_ptr<Backend> make_backend(const BackendOptions& options,
                                                    const NetworkShape& shape,
                                                    std::shared_ptr<const Plan> plan);

/// A device that a backend may run on.
struct DeviceState {
  std::string name;
  std::string why_not;  ///< why this build cannot use it; empty: it can, unless another process has
                        ///< it to itself
  int number = -1;      ///< as CUDA counts those that are visible, from 0; -1: none
  std::string architecture{};  ///< "sm_90"
  std::size_t memory = 0;      ///< bytes
  int multiprocessors = 0;
  int clock = 0, memory_clock = 0;  ///< MHz, at most
  [[nodiscard]] bool usable() const { return why_not.empty(); }
};
/// The GPUs that CUDA shows, or one entry that says why there are none. Takes nothing of their
/// memory.
[[nodiscard]] std::vector<DeviceState> cuda_devices();
/// Numbers of devices from "all", those of cuda_devices() that can be used, or a list as "0,2".
/// Throws UsageError, naming `option`, where the text is neither; ResourceError where one is not
/// there or cannot be used.
[[nodiscard]] std::vector<int> device_numbers(const std::string& text, const std::string& option);

/// Instruction sets that this build has and this machine runs, best first.
[[nodiscard]] std::vector<std::string> instruction_sets();

}  // namespace nnpoisson
