#include "report/neurons/neuron_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "evaluate/behaviour.hpp"
#include "evaluate/neurons/neuron_responses.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t most_shown = 12;

std::vector<std::size_t> with_most_spikes(const NeuronEvaluation& evaluation) {
  std::vector<std::size_t> units;
  for (std::size_t u = 0; u < evaluation.units.size(); ++u)
    if (evaluation.units[u].score.spikes > 0) units.push_back(u);
  std::stable_sort(units.begin(), units.end(), [&](std::size_t a, std::size_t b) {
    return evaluation.units[a].score.spikes > evaluation.units[b].score.spikes;
  });
  units.resize(std::min(units.size(), most_shown));
  return units;
}

}  // namespace

NeuronPage::NeuronPage(const Model& model_shown, const Dataset& dataset,
                       const NeuronEvaluation& of_both, Workers& workers)
    : model(model_shown),
      data(dataset),
      evaluation(of_both),
      trials(model, data),
      gains(model),
      column(model_units(model, data)),
      place(session_places(data)),
      shown(with_most_spikes(evaluation)) {
  const PredictedResponses predicted = predict_neuron_responses(trials, data, workers);
  conditions = stimulus_conditions(data, predicted);
  compare_responses(behaviour, data, predicted, conditions);
}

std::string NeuronPage::unit_name(std::size_t unit) const {
  const auto region = static_cast<std::size_t>(data.unit.region[unit]);
  std::string name = fmt::format("unit {} {}", data.unit.id[unit], data.region_names[region]);
  if (data.sessions() > 1) name += fmt::format(" ({})", data.unit.session[unit] + 1);
  return name;
}

std::string NeuronPage::session_names(const std::vector<std::size_t>& units) const {
  if (data.sessions() < 2) return "";
  std::set<std::int32_t> sessions;
  for (const auto u : units) sessions.insert(data.unit.session[u]);
  std::string words;
  for (const auto s : sessions)
    words += fmt::format("{}({}) {}", words.empty() ? "Sessions: " : ", ", s + 1,
                         data.session_names[static_cast<std::size_t>(s)]);
  return words + ".";
}

double NeuronPage::expected_gain(std::size_t trial, std::size_t unit) const {
  const auto& log_prior = trials.curves(trial).log_prior();
  double sum = 0;
  for (std::size_t k = 0; k < log_prior.size(); ++k)
    sum += std::exp(log_prior[k]) * gains.shared(column[unit], k);
  return sum;
}

double NeuronPage::drift(std::size_t trial, std::size_t unit) const {
  return std::exp(gains.log_drift(column[unit], place[trial]));
}

std::vector<std::size_t> spread_out(const std::vector<std::size_t>& numbers, std::size_t most) {
  if (numbers.size() <= most) return numbers;
  std::vector<std::size_t> some;
  for (std::size_t k = 0; k < most; ++k) some.push_back(numbers[k * numbers.size() / most]);
  return some;
}

}  // namespace nnpoisson::report
