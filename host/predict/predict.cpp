#include "nnpoisson/predict.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"
#include "predict/expected_neurons.hpp"
#include "predict/time_grid.hpp"

namespace nnpoisson {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// The options with their defaults filled in.
PredictOptions checked(PredictOptions options, const Model& model) {
  const double W = model.time_limit;
  options.times = time_grid(std::move(options.times), W, 100);
  if (options.observed_until == 0) options.observed_until = W;
  if (!(options.observed_until > 0 && options.observed_until <= W))
    throw UsageError("observed until: must be above 0 and at most the model's time limit of " +
                     shortest(W) + " s");
  if (options.units && model.neuron_shape.unit_region.empty())
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

/// Where a column of the model goes: its region, and its part in that region's mean.
struct Place {
  std::size_t region;
  double part;
};

std::vector<Place> places(const Model& model) {
  std::vector<Place> list;
  const auto& regions = model.neuron_shape.unit_region;
  if (regions.empty())
    for (std::size_t g = 0; g < model.region_names.size(); ++g) list.push_back({g, 1});
  for (const auto g : regions)
    list.push_back({static_cast<std::size_t>(g),
                    1.0 / static_cast<double>(std::count(regions.begin(), regions.end(), g))});
  return list;
}

/// Everything a prediction is of, with its curves still missing.
Prediction empty_prediction(const Model& model, const std::vector<std::vector<double>>& stimuli,
                            const PredictOptions& options) {
  Prediction out;
  out.stimulus_names = model.stimulus_names;
  out.region_names = model.region_names;
  if (options.units) out.unit = model.units;
  out.observed_until = options.observed_until;
  out.times = options.times;
  for (const auto& stimulus : stimuli)
    out.stimuli.insert(out.stimuli.end(), stimulus.begin(), stimulus.end());

  const std::size_t S = stimuli.size(), K = out.times.size();
  for (auto* regions : {&out.region_intensity, &out.region_cumulative})
    regions->assign(S * out.region_names.size() * K, none);
  for (auto* units : {&out.unit_intensity, &out.unit_cumulative})
    units->assign(S * out.unit.id.size() * K, none);
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
      : out_(out), stimulus_(stimulus), G_(out.region_names.size()), U_(out.unit.id.size()) {}

  void fill_neural(const std::vector<Growth>& columns, const std::vector<Place>& places,
                   std::size_t k) {
    const auto add = [](double& value, double more) {
      value = (std::isnan(value) ? 0 : value) + more;
    };
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto [g, part] = places[c];
      add(out_.region_cumulative[at(G_, g, k)], part * columns[c].cumulative);
      add(out_.region_intensity[at(G_, g, k)], part * columns[c].intensity);
      if (U_ == 0) continue;
      out_.unit_cumulative[at(U_, c, k)] = columns[c].cumulative;
      out_.unit_intensity[at(U_, c, k)] = columns[c].intensity;
    }
  }

  void fill_actions(const std::array<Growth, 2>& actions, std::size_t k) {
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
  std::size_t stimulus_, G_, U_;
};

/// The network by region as ExpectedNeurons is the model by neuron.
class NetworkOfStimulus {
 public:
  NetworkOfStimulus(const Model& model, std::span<const double> stimulus, double observed_until)
      : model_(model), curves_(model, stimulus), scale_(time_scale(model, observed_until)) {}
  std::vector<Growth> columns(double time) {
    std::vector<Growth> all(model_.region_names.size());
    curves_.columns(time, scale_, all);
    return all;
  }
  std::array<Growth, 2> actions(double time) { return curves_.actions(time); }
  ResponsePrediction response() { return predict_response(curves_, model_.time_limit); }

 private:
  const Model& model_;
  Curves curves_;
  double scale_;
};

template <class Source>
void fill(Prediction& out, std::size_t s, const std::vector<Place>& places, Source source) {
  StimulusCurves filled(out, s);
  for (std::size_t k = 0; k < out.times.size(); ++k) {
    const double time = out.times[k];
    if (time <= out.observed_until) filled.fill_neural(source.columns(time), places, k);
    filled.fill_actions(source.actions(time), k);
  }
  const ResponsePrediction response = source.response();
  out.probability[2 * s] = response.left;
  out.probability[2 * s + 1] = response.right;
  out.median_time[s] = response.median_time;
}

}  // namespace

Prediction predict(const Model& model, const std::vector<std::vector<double>>& stimuli,
                   const PredictOptions& options, const Watch& watch) {
  require_features(stimuli, model);
  Prediction out = empty_prediction(model, stimuli, checked(options, model));
  const auto columns = places(model);

  ProgressCounter progress(watch);
  progress.begin("predict: stimuli", stimuli.size());
  for_each_in_parallel(stimuli.size(), options.threads, [&](std::size_t s) {
    if (model.preset == Preset::neurons)
      fill(out, s, columns, ExpectedNeurons(model, stimuli[s]));
    else
      fill(out, s, columns, NetworkOfStimulus(model, stimuli[s], out.observed_until));
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
