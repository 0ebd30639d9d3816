#pragma once

#include <optional>

#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"
#include "evaluate/neurons/neuron_behaviour.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// The model's choices beside those of regressions fitted on `sets`, where there are any: into
/// `choice` and `choice_ridges` of the evaluation. `columns`: units of the model.
void evaluate_neuron_choices(const AnswerLikelihoods& answers, const BaselineTrials& own,
                             const std::optional<TrainingSets>& sets, std::size_t columns,
                             const EvaluationOptions& options, NeuronEvaluation& evaluation,
                             Workers& workers);

}  // namespace nnpoisson
