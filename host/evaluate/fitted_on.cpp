#include "evaluate/fitted_on.hpp"

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// Whether a session has trials in a set, [sessions][sets]; in_set(trial, set).
template <class InSet>
std::vector<std::vector<bool>> sessions_in_sets(const Dataset& data, std::size_t sets,
                                                const InSet& in_set) {
  std::vector<std::vector<bool>> has(data.sessions(), std::vector<bool>(sets));
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (std::size_t set = 0; set < sets; ++set)
      if (in_set(n, set)) has[static_cast<std::size_t>(data.trial.session[n])][set] = true;
  return has;
}

/// The first unit of the dataset whose column has no trials to be fitted on in a set that judges
/// one of its own.
std::optional<std::size_t> unit_without_training(const TrainingSets& sets,
                                                 const BaselineTrials& evaluated,
                                                 std::size_t columns) {
  const Dataset &training = *sets.trials.data, &data = *evaluated.data;
  const auto fitted = sessions_in_sets(
      training, sets.sets, [&](std::size_t n, std::size_t set) { return sets.holds(set, n); });
  const auto judged = sessions_in_sets(
      data, sets.sets, [&](std::size_t n, std::size_t set) { return sets.judged_by[n] == set; });

  std::vector<std::vector<bool>> has(columns, std::vector<bool>(sets.sets));
  for (std::size_t u = 0; u < training.units(); ++u)
    for (std::size_t set = 0; set < sets.sets; ++set)
      if (fitted[static_cast<std::size_t>(training.unit.session[u])][set])
        has[sets.trials.column[u]][set] = true;

  for (std::size_t u = 0; u < data.units(); ++u)
    for (std::size_t set = 0; set < sets.sets; ++set)
      if (judged[static_cast<std::size_t>(data.unit.session[u])][set] &&
          !has[evaluated.column[u]][set])
        return u;
  return {};
}

/// The rate of each column on some trials; NaN where none expose it.
std::vector<double> own_rates(const BaselineTrials& trials, std::size_t columns) {
  const UnitTotals totals = unit_totals(*trials.data);
  std::vector<double> events(columns), exposure(columns);
  for (std::size_t u = 0; u < trials.data->units(); ++u) {
    events[trials.column[u]] += totals.events[u];
    exposure[trials.column[u]] += totals.exposure[u];
  }
  for (std::size_t k = 0; k < columns; ++k) events[k] /= exposure[k];
  return events;
}

}  // namespace

BaselineTrials baseline_trials(const Dataset& data, const MatchedTrials& matched) {
  BaselineTrials trials{&data, {}, {}};
  for (std::size_t u = 0; u < data.units(); ++u) trials.column.push_back(matched.column(u));
  for (std::size_t n = 0; n < data.trials(); ++n) trials.stimulus.push_back(matched.stimulus(n));
  return trials;
}

void require_same_kind_of_spikes(const Dataset& training, const Dataset& data) {
  if (training.bin_width != data.bin_width)
    throw DataError(training.source + ": attribute bin_width: differs from that of " + data.source +
                    "; both must hold the same kind of spikes");
}

std::optional<BaselineTrials> training_trials(const Model& model, const Dataset& data,
                                              const Dataset* training) {
  if (training == nullptr) return {};
  const MatchedTrials matched(model, *training);
  require_same_kind_of_spikes(*training, data);
  return baseline_trials(*training, matched);
}

FittedOn fitted_on(const EvaluationOptions& options, const std::optional<BaselineTrials>& training,
                   const BaselineTrials& own, std::size_t columns) {
  if (!options.baselines) return {};

  if (training) {
    auto sets = fit_elsewhere(*training, own);
    const std::string& source = training->data->source;
    if (const auto unit = unit_without_training(sets, own, columns)) {
      const auto region = static_cast<std::size_t>(own.data->unit.region[*unit]);
      throw DataError(source + ": has no trial with units of region \"" +
                      own.data->region_names[region] +
                      "\" that are evaluated; baselines cannot be fitted on it");
    }
    return {std::move(sets), source};
  }

  const std::string folds = std::to_string(options.folds);
  if (own.data->trials() >= options.folds) {
    auto sets = cross_validate(own, options.folds, options.seed);
    if (!unit_without_training(sets, own, columns))
      return {std::move(sets), folds + "-fold cross-validation over this dataset"};
  }
  return {{}, "nothing: too few trials for " + folds + " folds of every session"};
}

ConstantRates constant_rates(const Model& model, const std::optional<BaselineTrials>& training,
                             const BaselineTrials& own) {
  const char* of_training = "constant rate fitted on the training set";
  if (!model.constant_rate.empty()) return {model.constant_rate, of_training};
  const auto columns = model.region_names.size();
  if (training) return {own_rates(*training, columns), of_training};
  return {own_rates(own, columns), "constant rate fitted on this dataset"};
}

}  // namespace nnpoisson
