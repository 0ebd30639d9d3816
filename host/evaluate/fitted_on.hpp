#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "baselines/training_sets.hpp"
#include "curves/matched_trials.hpp"
#include "nnpoisson/evaluate.hpp"

/// What the baselines beside a model are fitted on.
namespace nnpoisson {

[[nodiscard]] BaselineTrials baseline_trials(const Dataset& data, const MatchedTrials& matched);

/// The training set of the options as the model reads it; none: there is no such set. Throws
/// DataError where it does not fit the model or `data`.
[[nodiscard]] std::optional<BaselineTrials> training_trials(const Model& model, const Dataset& data,
                                                            const Dataset* training);

/// Throws DataError where one holds counts and the other spike times, or counts in other bins.
void require_same_kind_of_spikes(const Dataset& training, const Dataset& data);

struct FittedOn {
  std::optional<TrainingSets> sets;  ///< none: baselines are not wanted, or not possible
  std::string words;                 ///< as Evaluation::fitted_on
};
/// `own`: the trials evaluated; `columns`: how many the model has. Throws DataError where the
/// training set lacks what is evaluated.
[[nodiscard]] FittedOn fitted_on(const EvaluationOptions& options,
                                 const std::optional<BaselineTrials>& training,
                                 const BaselineTrials& own, std::size_t columns);

/// The null model: one rate for each column, Hz; NaN where nothing exposes it.
struct ConstantRates {
  std::vector<double> rate;  ///< [columns]
  std::string words;         ///< as Evaluation::null
};
[[nodiscard]] ConstantRates constant_rates(const Model& model,
                                           const std::optional<BaselineTrials>& training,
                                           const BaselineTrials& own);

}  // namespace nnpoisson
