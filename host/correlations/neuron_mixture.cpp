#include "correlations/neuron_mixture.hpp"

#include <algorithm>
#include <cmath>

#include "curves/quadrature.hpp"

namespace nnpoisson {

NeuronRecording::NeuronRecording(const Model& m, const Dataset& data)
    : model(m), gains(m), unit(model_units(m, data)), place(session_places(data)) {}

std::vector<double> NeuronRecording::drift(const Session& session, std::size_t k) const {
  std::vector<double> factor;
  for (const auto u : session.units)
    factor.push_back(std::exp(gains.log_drift(unit[u], place[session.trials[k]])));
  return factor;
}

NeuronMixture::NeuronMixture(const NeuronRecording& recording, const Session& session,
                             const std::vector<double>& stimulus, Window window)
    : units(session.units.size()) {
  const NeuronCurves curves(recording.model, stimulus);
  const std::size_t K = recording.gains.nodes().size();
  std::vector<double> gain;  // [K x units]
  for (std::size_t k = 0; k < K; ++k)
    for (const auto u : session.units) gain.push_back(recording.gains.shared(recording.unit[u], k));

  const auto first = curves.rise(window.from);
  const auto add_nodes = [&](double until, double weight, bool answered) {
    const double end = std::min(window.until, until);
    const auto last = curves.rise(end);
    std::vector<double> expected(units, intensity_floor * (end - window.from));
    for (std::size_t u = 0; u < units; ++u) {
      const auto amplitude = curves.amplitudes(recording.unit[session.units[u]]);
      for (std::size_t k = 0; k < last.size(); ++k)
        expected[u] += amplitude[k] * (last[k] - first[k]);
    }

    const auto totals = curves.cumulative_hazards(until), hazards = curves.hazards(until);
    for (std::size_t k = 0; k < K; ++k) {
      const double p = weight * std::exp(curves.log_prior()[k] - totals[k] - totals[K + k]);
      left.push_back(answered ? p * hazards[k] : 0);
      right.push_back(answered ? p * hazards[K + k] : 0);
      none.push_back(answered ? 0 : p);
      for (std::size_t u = 0; u < units; ++u) mean.push_back(gain[k * units + u] * expected[u]);
    }
  };

  // Counts have a kink at the window's end: they no longer grow with later responses.
  const double W = recording.model.time_limit;
  std::vector<double> edges{window.from};
  for (const double edge : {window.until, W})
    if (edge > edges.back()) edges.push_back(edge);
  for (const auto& [time, weight] : quadrature(edges, 2 * W)) add_nodes(time, weight, true);
  add_nodes(W, 1, false);

  // Given that the trial does not end before the window.
  double total = 0;
  for (std::size_t q = 0; q < size(); ++q) total += any(q);
  for (auto* probabilities : {&left, &right, &none})
    for (double& p : *probabilities) p /= total;
}

}  // namespace nnpoisson
