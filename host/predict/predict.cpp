#include "nnpoisson/predict.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

void settle(PredictOptions& options, const Model& model) {
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
  if (options.units && model.shape.unit_region.empty())
    throw UsageError(
        "units: this model has readout by region, whose units share their region's intensity; ask "
        "for regions alone");
}

/// Where a column of the network goes: its region, and its part in that region's mean.
struct Place {
  std::size_t region;
  double part;
};

std::vector<Place> places(const NetworkShape& shape) {
  const ParameterLayout layout(shape);
  std::vector<Place> list;
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.columns()); ++c) {
    if (shape.unit_region.empty()) {
      list.push_back({c, 1});
      continue;
    }
    const auto g = static_cast<std::size_t>(shape.unit_region[c]);
    list.push_back({g, 1.0 / layout.region_columns()[g]});
  }
  return list;
}

/// The curves of stimulus `s` at time `k`, into every array of `out`.
void fill(Prediction& out, const std::vector<Place>& places, double scale, Curves& curves,
          std::size_t s, std::size_t k) {
  const std::size_t K = out.times.size(), G = out.region_names.size(), U = out.unit.id.size();
  const double time = out.times[k];
  const auto at = [&](std::size_t rows, std::size_t row) { return (s * rows + row) * K + k; };
  if (time <= out.observed_until) {
    std::vector<Growth> columns(places.size());
    curves.columns(time, scale, columns);
    const auto add = [](double& value, double more) {
      value = (std::isnan(value) ? 0 : value) + more;
    };
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto [g, part] = places[c];
      add(out.region_cumulative[at(G, g)], part * columns[c].cumulative);
      add(out.region_intensity[at(G, g)], part * columns[c].intensity);
      if (U == 0) continue;
      out.unit_cumulative[at(U, c)] = columns[c].cumulative;
      out.unit_intensity[at(U, c)] = columns[c].intensity;
    }
  }
  const auto actions = curves.actions(time);
  const double survival = std::exp(-(actions[0].cumulative + actions[1].cumulative));
  out.survival[at(1, 0)] = survival;
  for (const std::size_t a : {0U, 1U}) {
    out.action_cumulative[at(2, a)] = actions[a].cumulative;
    out.action_intensity[at(2, a)] = actions[a].intensity;
    out.density[at(2, a)] = actions[a].intensity * survival;
  }
}

}  // namespace

Prediction predict(const Model& model, const std::vector<std::vector<double>>& stimuli,
                   const PredictOptions& given) {
  PredictOptions options = given;
  settle(options, model);
  Prediction out;
  out.stimulus_names = model.stimulus_names;
  out.region_names = model.region_names;
  if (options.units) out.unit = model.units;
  out.observed_until = options.observed_until;
  out.times = options.times;
  const std::size_t S = stimuli.size(), K = out.times.size();
  for (const auto& stimulus : stimuli)
    out.stimuli.insert(out.stimuli.end(), stimulus.begin(), stimulus.end());
  for (auto* regions : {&out.region_intensity, &out.region_cumulative})
    regions->assign(S * out.region_names.size() * K, none);
  for (auto* units : {&out.unit_intensity, &out.unit_cumulative})
    units->assign(S * out.unit.id.size() * K, none);
  for (auto* actions : {&out.action_intensity, &out.action_cumulative, &out.density})
    actions->assign(S * 2 * K, none);
  out.survival.assign(S * K, none);
  out.probability.assign(S * 2, none);
  out.median_time.assign(S, none);
  const auto columns = places(model.shape);
  const double scale = time_scale(model, out.observed_until);
  for_each_in_parallel(S, options.threads, [&](std::size_t s) {
    Curves curves(model, stimuli[s]);
    for (std::size_t k = 0; k < K; ++k) fill(out, columns, scale, curves, s, k);
    const ResponsePrediction response = predict_response(curves, model.time_limit);
    out.probability[2 * s] = response.left;
    out.probability[2 * s + 1] = response.right;
    out.median_time[s] = response.median_time;
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
