#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "curves/log_sum.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "curves/quadrature.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/predict.hpp"
#include "predict/time_grid.hpp"

namespace nnpoisson {
namespace {

/// The response to one stimulus at each node of the latent, K times and N nodes.
struct NodeResponses {
  std::vector<double> log_survival;  // [K x N]
  std::vector<double> later;  // [K x 2 x N] probability of that response between the time and W
};

NodeResponses node_responses(const NeuronCurves& curves, const std::vector<double>& times,
                             double limit) {
  const std::size_t K = times.size(), N = curves.log_prior().size();
  NodeResponses of{std::vector<double>(K * N), std::vector<double>(K * 2 * N)};
  std::vector<double> sum(2 * N);
  double from = limit;
  for (std::size_t k = K; k-- > 0; from = times[k]) {
    for (const auto& [time, weight] : quadrature({times[k], from}, limit)) {
      const auto at = curves.actions(time);
      for (std::size_t i = 0; i < 2 * N; ++i)
        sum[i] +=
            weight * at[i].intensity * std::exp(-(at[i % N].cumulative + at[N + i % N].cumulative));
    }
    std::ranges::copy(sum, of.later.begin() + static_cast<std::ptrdiff_t>(k * 2 * N));
    const auto at = curves.actions(times[k]);
    for (std::size_t i = 0; i < N; ++i)
      of.log_survival[k * N + i] = -(at[i].cumulative + at[N + i].cumulative);
  }
  return of;
}

/// Mean and standard deviation of the latent, whose nodes have these probabilities.
struct Moments {
  double mean = 0, deviation = 0;
};
Moments moments(const std::vector<double>& nodes, const std::vector<double>& probability) {
  Moments of;
  for (std::size_t k = 0; k < nodes.size(); ++k) of.mean += probability[k] * nodes[k];
  double squares = 0;
  for (std::size_t k = 0; k < nodes.size(); ++k)
    squares += probability[k] * (nodes[k] - of.mean) * (nodes[k] - of.mean);
  of.deviation = std::sqrt(squares);
  return of;
}

std::vector<double> probabilities(std::vector<double> logs) {
  const double all = log_of_sum(logs);
  for (double& v : logs) v = std::exp(v - all);
  return logs;
}

/// Fills trials one by one; several threads may.
class TrialFiller {
 public:
  TrialFiller(const Model& model, const Dataset& data, const NeuronTrials& trials,
              TrialPrediction& out)
      : data_(data), trials_(trials), nodes_(latent_nodes(model.neuron_shape.nodes)), out_(out) {}

  void fill(std::size_t n, const NodeResponses& responses) {
    for (std::size_t k = 0; k < out_.times.size() && goes_on(n, out_.times[k]); ++k)
      fill_at(n, k, responses);

    constexpr double always = std::numeric_limits<double>::infinity();
    std::vector<double> seen = of_spikes_before(n, always);
    const Moments of_spikes = moments(nodes_, probabilities(seen));
    const auto behaviour = trials_.behaviour_terms(n, always);
    for (std::size_t i = 0; i < nodes_.size(); ++i) seen[i] += behaviour[i];
    const Moments of_all = moments(nodes_, probabilities(seen));
    out_.latent_of_spikes[n] = of_spikes.mean;
    out_.latent_of_spikes_deviation[n] = of_spikes.deviation;
    out_.latent_of_all[n] = of_all.mean;
    out_.latent_of_all_deviation[n] = of_all.deviation;
  }

 private:
  [[nodiscard]] bool goes_on(std::size_t n, double time) const {
    return time <= data_.trial.observed_until[n] &&
           !(data_.responded(n) && time >= data_.trial.response_time[n]);
  }

  /// log p(node, spikes before `until`) but for what no node enters.
  [[nodiscard]] std::vector<double> of_spikes_before(std::size_t n, double until) const {
    std::vector<double> logs = trials_.curves(n).log_prior();
    const auto terms = trials_.gain_terms(n, until);
    for (std::size_t i = 0; i < terms.size(); ++i) logs[i % logs.size()] += terms[i];
    return logs;
  }

  void fill_at(std::size_t n, std::size_t k, const NodeResponses& responses) {
    const std::size_t N = nodes_.size();
    const auto of_spikes = of_spikes_before(n, out_.times[k]);
    std::vector<double> waiting = of_spikes;
    for (std::size_t i = 0; i < N; ++i) waiting[i] += responses.log_survival[k * N + i];
    const Moments latent = moments(nodes_, probabilities(waiting));
    const std::size_t cell = n * out_.times.size() + k;
    out_.latent[cell] = latent.mean;
    out_.latent_deviation[cell] = latent.deviation;

    const auto weight = probabilities(of_spikes);
    double left = 0, right = 0;
    for (std::size_t i = 0; i < N; ++i) {
      left += weight[i] * responses.later[2 * k * N + i];
      right += weight[i] * responses.later[(2 * k + 1) * N + i];
    }
    out_.left[cell] = left / (left + right);
  }

  const Dataset& data_;
  const NeuronTrials& trials_;
  std::vector<double> nodes_;
  TrialPrediction& out_;
};

/// All of it but what the model says.
TrialPrediction trials_to_predict(const Dataset& data, std::vector<double> times) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  TrialPrediction out;
  out.times = std::move(times);
  const std::size_t T = data.trials();
  for (auto* values : {&out.latent, &out.latent_deviation, &out.left})
    values->assign(T * out.times.size(), unknown);
  for (auto* values : {&out.latent_of_spikes, &out.latent_of_spikes_deviation, &out.latent_of_all,
                       &out.latent_of_all_deviation})
    values->assign(T, unknown);
  for (const auto session : data.trial.session)
    out.session.push_back(data.session_names[static_cast<std::size_t>(session)]);
  out.number = trial_numbers(data);
  out.choice.assign(data.trial.choice.begin(), data.trial.choice.end());
  out.response_time = data.trial.response_time;
  return out;
}

}  // namespace

TrialPrediction predict_trials(const Model& model, const Dataset& data,
                               const TrialPredictOptions& options, const Watch& watch) {
  if (model.preset != Preset::neurons)
    throw UsageError(model.source + ": is of preset " + to_string(model.preset) +
                     "; only models by neuron (preset neurons) say something of single trials");
  const NeuronTrials trials(model, data);
  TrialPrediction out = trials_to_predict(data, time_grid(options.times, model.time_limit, 20));

  // Trials of one stimulus share its curves.
  std::map<const NeuronCurves*, std::size_t> place;
  std::vector<const NeuronCurves*> stimuli;
  for (std::size_t n = 0; n < data.trials(); ++n)
    if (place.emplace(&trials.curves(n), stimuli.size()).second)
      stimuli.push_back(&trials.curves(n));

  ProgressCounter progress(watch);
  progress.begin("predict: stimuli", stimuli.size());
  std::vector<NodeResponses> responses(stimuli.size());
  for_each_in_parallel(stimuli.size(), options.threads, [&](std::size_t s) {
    responses[s] = node_responses(*stimuli[s], out.times, model.time_limit);
    progress.count();
  });

  progress.begin("predict: trials", data.trials());
  TrialFiller filler(model, data, trials, out);
  for_each_in_parallel(data.trials(), options.threads, [&](std::size_t n) {
    filler.fill(n, responses[place.at(&trials.curves(n))]);
    progress.count();
  });
  return out;
}

}  // namespace nnpoisson
