#include "nnpoisson/sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "data/observed_time.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"
#include "sample/draws.hpp"
#include "sample/neuron_sample.hpp"

namespace nnpoisson {
namespace {

/// Units of one session, by their region in the dataset's order.
using UnitsByRegion = std::map<std::size_t, std::vector<std::int32_t>>;

/// Spikes of a region's units are one Poisson process together: their number, then times and units,
/// each independent.
class SpikeDrawer {
 public:
  SpikeDrawer(Curves& curves, std::size_t regions, double scale, double until)
      : curves_(curves), scale_(scale), until_(until) {
    std::vector<Growth> now(regions);
    table_.assign(regions, std::vector<Growth>(cells + 1));
    for (std::size_t k = 0; k <= cells; ++k) {
      curves.columns(until * static_cast<double>(k) / cells, scale, now);
      for (std::size_t g = 0; g < regions; ++g) table_[g][k] = now[g];
    }
  }

  /// Adds the spikes of some units of the model's region `g`.
  void draw(std::size_t g, const std::vector<std::int32_t>& units, RandomStream& random,
            std::vector<DrawnSpike>& spikes) {
    const InverseCurve time_of([&](double t) { return curves_.column(g, t, scale_); }, until_,
                               std::move(table_[g]));
    const auto count = random.poisson(static_cast<double>(units.size()) * time_of.total());
    const double last = std::nextafter(until_, 0.0);  // a trial is observed in [0, until)
    for (std::uint64_t i = 0; i < count; ++i) {
      const double time = std::min(time_of(random.uniform() * time_of.total()), last);
      spikes.push_back({time, units[random.below(units.size())]});
    }
  }

 private:
  static constexpr std::size_t cells = 32;
  Curves& curves_;
  double scale_, until_;
  std::vector<std::vector<Growth>> table_;
};

/// Of each session.
std::vector<UnitsByRegion> units_by_region(const Dataset& data) {
  std::vector<UnitsByRegion> units(data.sessions());
  for (std::size_t u = 0; u < data.units(); ++u)
    units[static_cast<std::size_t>(data.unit.session[u])]
         [static_cast<std::size_t>(data.unit.region[u])]
             .push_back(static_cast<std::int32_t>(u));
  return units;
}

/// One trial with the units of its session; `trial` and `repeat` name its random numbers.
Draw draw_trial(const Model& model, const MatchedTrials& matched, const UnitsByRegion& units,
                std::uint64_t seed, std::size_t trial, std::uint32_t repeat) {
  Curves curves = matched.curves(trial);
  const InverseCurve time_of([&](double t) { return curves.response(t); }, model.time_limit);
  Draw draw;
  draw.response = draw_response(time_of,
                                [&](double time) {
                                  const auto [left, right] = curves.actions(time);
                                  return std::array{left.intensity, right.intensity};
                                },
                                {seed, Purpose::response, trial, repeat});
  draw.until = observable(draw.response.time, model.time_limit);

  RandomStream random(seed, Purpose::spikes, trial, repeat);
  SpikeDrawer drawer(curves, static_cast<std::size_t>(model.shape.regions),
                     time_scale(model, draw.until), draw.until);
  for (const auto& [g, of_region] : units)
    drawer.draw(matched.region(g), of_region, random, draw.spikes);
  order_by_time(draw.spikes);
  return draw;
}

}  // namespace

Dataset sample(const Model& model, const Dataset& trials, const SampleOptions& options,
               const Watch& watch) {
  if (options.repeats < 1) throw UsageError("repeats: at least 1 is needed");
  if (model.preset == Preset::neurons) return sample_by_neuron(model, trials, options, watch);
  const MatchedTrials matched(model, trials);
  const auto units = units_by_region(trials);

  std::vector<Draw> draws(static_cast<std::size_t>(options.repeats) * trials.trials());
  ProgressCounter progress(watch);
  progress.begin("sample: trials", draws.size());
  for_each_in_parallel(draws.size(), options.threads, [&](std::size_t k) {
    const std::size_t n = k % trials.trials();
    draws[k] = draw_trial(model, matched, units[static_cast<std::size_t>(trials.trial.session[n])],
                          options.seed, n, static_cast<std::uint32_t>(k / trials.trials()));
    progress.count();
  });
  return dataset_of(trials, draws, options.repeats, model.time_limit, 0);
}

}  // namespace nnpoisson
