#include "evaluate/predicted_responses.hpp"

#include <cmath>

namespace nnpoisson {
namespace {

ResponseTerms terms_of(const Dataset& data, std::size_t n, Curves curves) {
  ResponseTerms terms;
  const auto until = curves.actions(data.waited(n));

  // The authors' form runs in scaled time to the window's end, and counts what is there at onset.
  const double kappa =
      time_scale(NeuralTime::scaled, data.time_limit, data.trial.observed_until[n]);
  const double end = kappa * data.time_limit;
  const auto at_end = curves.actions(end);
  for (const std::size_t a : {0U, 1U}) {
    terms.exact[a] = -until[a].cumulative;
    terms.authors[a] =
        -(at_end[a].cumulative + curves.actions_at_onset()[a] - intensity_floor * end) / kappa;
  }

  if (data.responded(n)) {
    const std::size_t a = data.action(n);
    terms.exact[a] += std::log(until[a].intensity);
    terms.authors[a] += std::log(curves.actions(kappa * data.trial.response_time[n])[a].intensity);
  }
  return terms;
}

}  // namespace

PredictedResponses unpredicted(
    const std::map<std::vector<double>, std::vector<std::size_t>>& by_stimulus,
    std::size_t trials) {
  PredictedResponses predicted;
  predicted.of_trial.resize(trials);
  for (const auto& [stimulus, members] : by_stimulus) {
    for (const auto n : members) predicted.of_trial[n] = predicted.stimulus.size();
    predicted.stimulus.push_back(stimulus);
    predicted.trials.push_back(members);
  }
  predicted.response.resize(by_stimulus.size());
  predicted.distribution.resize(by_stimulus.size());
  return predicted;
}

PredictedResponses predict_responses(const Model& model, const Dataset& data,
                                     const MatchedTrials& trials, Workers& workers) {
  PredictedResponses predicted = unpredicted(trials.by_stimulus(), data.trials());
  workers.for_each("predicted responses: stimuli", predicted.stimulus.size(), [&](std::size_t k) {
    Curves curves(model, predicted.stimulus[k]);
    predicted.response[k] = predict_response(curves, model.time_limit);
    predicted.distribution[k] = response_distribution(curves, model.time_limit);
  });
  return predicted;
}

std::vector<ResponseTerms> response_terms(const Dataset& data, const MatchedTrials& trials,
                                          Workers& workers) {
  std::vector<ResponseTerms> terms(data.trials());
  workers.for_each("likelihood of responses: trials", data.trials(),
                   [&](std::size_t n) { terms[n] = terms_of(data, n, trials.curves(n)); });
  return terms;
}

}  // namespace nnpoisson
