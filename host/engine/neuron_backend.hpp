#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/neuron_plan.hpp"

namespace nnpoisson {

/// What is fitted by neuron: sizes, what the training trials fix, the penalty's centre.
struct NeuronProblem {
  NeuronShape shape;
  NeuronConstants constants;
  std::vector<double> centre;  ///< penalty_centre(); empty where the plan has no penalty
  NeuronShrinkage shrinkage{};
};

/// Whether a program leaves a tensor as it is, given TrainingProgram::held.
[[nodiscard]] inline bool is_held(std::uint32_t held, NeuronTensor t) {
  if (t == NeuronTensor::unit_B) t = NeuronTensor::unit_alpha;  // a unit's are one block of rows
  return (held >> static_cast<unsigned>(t) & 1U) != 0;
}

/// The model by neuron behind the one seam. BatchLoss: neural is -log p(spikes), left that of the
/// behaviour given the spikes (weighted by beta), right the penalty, all for each trial of the
/// batch; total is their sum.
[[nodiscard]] std::unique_ptr<Backend> make_neuron_reference(
    std::shared_ptr<const NeuronProblem> problem, std::shared_ptr<const NeuronPlan> plan);

/// The cumulative intensities of a batch's units at their trials' ends, without gains and drift,
/// in the order of NeuronBatch::counts.
[[nodiscard]] std::vector<double> neuron_totals(const NeuronProblem& problem,
                                                const NeuronPlan& plan, const NeuronBatch& batch,
                                                std::span<const double> parameters);

/// Throws ResourceError for an instruction set that this machine or build lacks.
[[nodiscard]] std::unique_ptr<Backend> make_neuron_cpu(const BackendOptions& options,
                                                       std::shared_ptr<const NeuronProblem> problem,
                                                       std::shared_ptr<const NeuronPlan> plan);

}  // namespace nnpoisson
