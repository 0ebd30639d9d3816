#include "nnpoisson/evaluate.hpp"

#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {

Evaluation evaluate(const Model& model, const Dataset& data, const std::string& file, int threads) {
  const MatchedTrials trials(model, data, file);
  Evaluation evaluation;
  evaluation.null = !model.shape.unit_region.empty() ? "each unit's constant rate on the training set"
                    : model.constant_rate.empty()    ? "constant rate fitted on this dataset"
                                                     : "constant rate fitted on the training set";
  evaluation.regions = evaluate_regions(model, data, trials, threads);
  for (const auto& region : evaluation.regions) {
    evaluation.spikes += region.spikes;
    evaluation.log_likelihood += region.log_likelihood;
    // A region that no trial exposes adds nothing, and has no rate of its own.
    if (region.exposure > 0) evaluation.null_log_likelihood += region.null_log_likelihood;
  }
  evaluation.bits_per_spike =
      bits_per_event(evaluation.log_likelihood, evaluation.null_log_likelihood, static_cast<double>(evaluation.spikes));
  evaluate_behaviour(evaluation, model, data, trials, threads);
  return evaluation;
}

}  // namespace nnpoisson
