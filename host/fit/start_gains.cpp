#include "fit/start_gains.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "model/bind_neurons.hpp"
#include "model/gain_start.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

/// The sessions' trials from all batches, with drift.
std::vector<SessionCounts> session_counts(const NeuronProblem& problem, const NeuronPlan& plan,
                                          std::span<const double> parameters) {
  const NeuronLayout layout(problem.shape);
  const double* d = parameters.data() + layout[NeuronTensor::gain_d].offset;
  std::vector<SessionCounts> sessions(plan.session_first.size() - 1);
  for (const NeuronBatch& batch : plan.batches) {
    const Numbers totals = neuron_totals(problem, plan, batch, parameters);
    for (const auto& from : batch.sessions) {
      auto& to = sessions[from.session];
      to.units = from.units;
      for (std::size_t n = 0; n < from.trials; ++n) {
        const auto& trial = batch.trials[from.first_trial + n];
        to.choice.push_back(trial.choice);
        for (std::size_t u = 0; u < from.units; ++u) {
          const std::size_t cell = from.first_count + n * from.units + u;
          const std::size_t i = plan.unit[plan.session_first[from.session] + u];
          double drift = 0;
          for (std::size_t j = 0; problem.shape.drift && j < trial.drift.size(); ++j)
            drift += d[i * trial.drift.size() + j] * trial.drift[j];
          to.count.push_back(batch.counts[cell]);
          to.expected.push_back(totals[cell] * std::exp(drift));
        }
      }
    }
  }
  return sessions;
}

}  // namespace

void start_gains(const NeuronProblem& problem, const NeuronPlan& plan,
                 std::span<double> parameters) {
  const NeuronShape& shape = problem.shape;
  const NeuronLayout layout(shape);
  const auto sessions = session_counts(problem, plan, parameters);
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    const auto& session = sessions[s];
    if (session.units == 0) continue;
    const Numbers c = shape.shared_gain ? starting_loadings(session) : Numbers(session.units);
    const Numbers lnq = starting_log_shapes(session, c);
    for (std::size_t u = 0; u < session.units; ++u) {
      const std::size_t i = plan.unit[plan.session_first[s] + u];
      if (shape.shared_gain) parameters[layout[NeuronTensor::gain_c].offset + i] = c[u];
      if (shape.private_gain) parameters[layout[NeuronTensor::gain_lnq].offset + i] = lnq[u];
    }
  }
}

void start_heads(const NeuronShape& shape, std::span<double> parameters) {
  if (shape.heads != HeadKind::regions || !shape.shared_gain) return;
  const NeuronLayout layout(shape);
  const auto loading = mean_loadings<double>(shape, layout, parameters.data());
  const std::size_t G = loading.size(), J = static_cast<std::size_t>(shape.behaviour_width);
  for (const std::size_t action : {0U, 1U}) {
    const double sign = action == 0 ? 1 : -1;  // the latent goes with choices of left
    double sum = 0;
    for (const double c : loading) sum += std::max(sign * c, 0.0);
    if (!(sum > 0)) continue;
    double* F1 = parameters.data() + layout[NeuronTensor::head_F1].offset + action * J * G;
    for (std::size_t j = 0; j < J; ++j) {
      double total = 0;
      for (std::size_t g = 0; g < G; ++g) total += F1[j * G + g];
      for (std::size_t g = 0; g < G; ++g)
        F1[j * G + g] = total * std::max(sign * loading[g], 0.0) / sum;
    }
  }
}

}  // namespace nnpoisson
