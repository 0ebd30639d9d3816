#include "nnpoisson/predict.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "curves/require_network.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// The options with their defaults filled in.
PredictOptions checked(PredictOptions options, const Model& model) {
  const double W = model.time_limit;
  if (options.times.empty())
    for (int k = 0; k <= 100; ++k) options.times.push_back(W * k / 100);
  if (options.observed_until == 0) options.observed_until = W;

  const auto& times = options.times;
  const bool inside =
      std::all_of(times.begin(), times.end(), [&](double t) { return t >= 0 && t <= W; });
  if (!inside || !std::is_sorted(times.begin(), times.end()))
    throw UsageError("times: must ascend from 0 or later to the model's time limit of " +
                     shortest(W) + " s at most");
  if (!(options.observed_until > 0 && options.observed_until <= W))
    throw UsageError("observed until: must be above 0 and at most the model's time limit of " +
                     shortest(W) + " s");
  if (options.units)
    throw UsageError(
        "units: in a model by region the units of a region share its intensity; ask for regions "
        "alone, or fit preset neurons");
  return options;
}

void require_features(const std::vector<std::vector<double>>& stimuli, const Model& model) {
  const std::size_t features = model.stimulus_names.size();
  for (std::size_t s = 0; s < stimuli.size(); ++s)
    if (stimuli[s].size() != features)
      throw UsageError("stimulus " + std::to_string(s) + ": has " +
                       std::to_string(stimuli[s].size()) + " features, the model has " +
                       std::to_string(features));
}

/// Everything a prediction is of, with its curves still missing.
Prediction empty_prediction(const Model& model, const std::vector<std::vector<double>>& stimuli,
                            const PredictOptions& options) {
  Prediction out;
  out.stimulus_names = model.stimulus_names;
  out.region_names = model.region_names;
  out.observed_until = options.observed_until;
  out.times = options.times;
  for (const auto& stimulus : stimuli)
    out.stimuli.insert(out.stimuli.end(), stimulus.begin(), stimulus.end());

  const std::size_t S = stimuli.size(), K = out.times.size();
  for (auto* regions : {&out.region_intensity, &out.region_cumulative})
    regions->assign(S * out.region_names.size() * K, none);
  for (auto* actions : {&out.action_intensity, &out.action_cumulative, &out.density})
    actions->assign(S * 2 * K, none);
  out.survival.assign(S * K, none);
  out.probability.assign(S * 2, none);
  out.median_time.assign(S, none);
  return out;
}

/// Fills the curves of one stimulus.
class StimulusCurves {
 public:
  StimulusCurves(Prediction& out, std::size_t stimulus)
      : out_(out), stimulus_(stimulus), G_(out.region_names.size()) {}

  void fill_neural(Curves& curves, double scale, std::size_t k) {
    std::vector<Growth> regions(G_);
    curves.columns(out_.times[k], scale, regions);
    for (std::size_t g = 0; g < G_; ++g) {
      out_.region_cumulative[at(G_, g, k)] = regions[g].cumulative;
      out_.region_intensity[at(G_, g, k)] = regions[g].intensity;
    }
  }

  void fill_actions(Curves& curves, std::size_t k) {
    const auto actions = curves.actions(out_.times[k]);
    const double survival = std::exp(-(actions[0].cumulative + actions[1].cumulative));
    out_.survival[at(1, 0, k)] = survival;
    for (const std::size_t a : {0U, 1U}) {
      out_.action_cumulative[at(2, a, k)] = actions[a].cumulative;
      out_.action_intensity[at(2, a, k)] = actions[a].intensity;
      out_.density[at(2, a, k)] = actions[a].intensity * survival;
    }
  }

 private:
  /// Place in an array [S x rows x K].
  [[nodiscard]] std::size_t at(std::size_t rows, std::size_t row, std::size_t k) const {
    return (stimulus_ * rows + row) * out_.times.size() + k;
  }

  Prediction& out_;
  std::size_t stimulus_, G_;
};

}  // namespace

Prediction predict(const Model& model, const std::vector<std::vector<double>>& stimuli,
                   const PredictOptions& options, const Watch& watch) {
  require_network(model, "predict");
  require_features(stimuli, model);
  Prediction out = empty_prediction(model, stimuli, checked(options, model));
  const double scale = time_scale(model, out.observed_until);

  ProgressCounter progress(watch);
  progress.begin("predict: stimuli", stimuli.size());
  for_each_in_parallel(stimuli.size(), options.threads, [&](std::size_t s) {
    Curves curves(model, stimuli[s]);
    StimulusCurves filled(out, s);
    for (std::size_t k = 0; k < out.times.size(); ++k) {
      if (out.times[k] <= out.observed_until) filled.fill_neural(curves, scale, k);
      filled.fill_actions(curves, k);
    }

    const ResponsePrediction response = predict_response(curves, model.time_limit);
    out.probability[2 * s] = response.left;
    out.probability[2 * s + 1] = response.right;
    out.median_time[s] = response.median_time;
    progress.count();
  });
  return out;
}

std::vector<std::vector<double>> distinct_stimuli(const Model& model, const Dataset& data) {
  std::vector<std::vector<double>> stimuli;
  for (const auto& [stimulus, trials] : MatchedTrials(model, data).by_stimulus())
    stimuli.push_back(stimulus);
  return stimuli;
}

std::vector<std::vector<double>> read_stimuli(const Model& model,
                                              const std::filesystem::path& file) {
  const Table table = read_text_table(file, ',');
  std::vector<std::vector<double>> stimuli(table.rows);
  for (const auto& name : model.stimulus_names) {
    const Column& column = table.need(name);
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (column.is_text() || !std::isfinite(column.numbers[row]))
        throw DataError(table.where + ": " + name + "[" + std::to_string(row) +
                        "]: must be a number");
      stimuli[row].push_back(column.numbers[row]);
    }
  }
  return stimuli;
}

}  // namespace nnpoisson
