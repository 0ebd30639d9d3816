#include "nnpoisson/sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

struct Response {
  std::int8_t choice = 0;
  double time = std::numeric_limits<double>::quiet_NaN();
};

struct Spike {
  double time;
  std::int32_t unit;
};

struct Draw {
  Response response;
  std::vector<Spike> spikes;  ///< ascending
};

/// Competing risks: the time from the hazard of any response, then the action by its share of the
/// hazard at that time.
Response draw_response(Curves& curves, double limit, RandomStream random) {
  const InverseCurve time_of([&](double t) { return curves.response(t); }, limit);
  const double threshold = random.exponential();
  if (!(threshold < time_of.total())) return {};
  const double time = time_of(threshold);
  const auto [left, right] = curves.actions(time);
  const bool is_left = random.uniform() * (left.intensity + right.intensity) < left.intensity;
  return {static_cast<std::int8_t>(is_left ? 1 : -1), time};
}

/// Spikes of the units that share a column are one Poisson process together: their number, then
/// times and units, each independent.
class SpikeDrawer {
 public:
  SpikeDrawer(Curves& curves, std::size_t columns, double scale, double until)
      : curves_(curves), scale_(scale), until_(until) {
    std::vector<Growth> now(columns);
    table_.assign(columns, std::vector<Growth>(cells + 1));
    for (std::size_t k = 0; k <= cells; ++k) {
      curves.columns(until * static_cast<double>(k) / cells, scale, now);
      for (std::size_t g = 0; g < columns; ++g) table_[g][k] = now[g];
    }
  }

  void column(std::size_t g, const std::vector<std::int32_t>& units, RandomStream& random,
              std::vector<Spike>& spikes) {
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

}  // namespace

Dataset sample(const Model& model, const Dataset& like, const SampleOptions& options) {
  if (options.repeats < 1) throw UsageError("repeats: at least 1 is needed");
  const MatchedTrials trials(model, like);
  // Units of each session by their column, in the dataset's order of regions.
  std::vector<std::map<std::pair<std::int32_t, std::size_t>, std::vector<std::int32_t>>> units(
      like.sessions());
  for (std::size_t u = 0; u < like.units(); ++u)
    units[static_cast<std::size_t>(like.unit.session[u])][{like.unit.region[u], trials.column(u)}]
        .push_back(static_cast<std::int32_t>(u));

  const auto repeats = static_cast<std::size_t>(options.repeats);
  std::vector<Draw> draws(repeats * like.trials());
  for_each_in_parallel(draws.size(), options.threads, [&](std::size_t k) {
    const std::size_t n = k % like.trials();
    const auto repeat = static_cast<std::uint32_t>(k / like.trials());
    Curves curves = trials.curves(n);
    auto& [response, spikes] = draws[k];
    response =
        draw_response(curves, model.time_limit, {options.seed, Purpose::response, n, repeat});
    const double until = response.choice != 0 ? response.time : model.time_limit;
    RandomStream random(options.seed, Purpose::spikes, n, repeat);
    SpikeDrawer drawer(curves, static_cast<std::size_t>(model.shape.columns()),
                       time_scale(model, until), until);
    for (const auto& [place, here] : units[static_cast<std::size_t>(like.trial.session[n])])
      drawer.column(place.second, here, random, spikes);
    std::stable_sort(spikes.begin(), spikes.end(),
                     [](const Spike& a, const Spike& b) { return a.time < b.time; });
  });

  Dataset drawn;
  drawn.time_limit = model.time_limit;
  drawn.session_names = like.session_names;
  drawn.region_names = like.region_names;
  drawn.stimulus_names = like.stimulus_names;
  drawn.unit = like.unit;
  drawn.spike.offset.push_back(0);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    auto& [response, spikes] = draws[k];
    drawn.trial.session.push_back(like.trial.session[k % like.trials()]);
    drawn.trial.response_time.push_back(response.time);
    drawn.trial.choice.push_back(response.choice);
    drawn.trial.observed_until.push_back(response.choice != 0 ? response.time : model.time_limit);
    for (const auto& [time, unit] : spikes) {
      drawn.spike.time.push_back(time);
      drawn.spike.unit.push_back(unit);
    }
    drawn.spike.offset.push_back(static_cast<std::int64_t>(drawn.spike.time.size()));
    std::vector<Spike>().swap(spikes);
  }
  for (std::size_t r = 0; r < repeats; ++r)
    drawn.trial.stimulus.insert(drawn.trial.stimulus.end(), like.trial.stimulus.begin(),
                                like.trial.stimulus.end());
  return drawn;
}

}  // namespace nnpoisson
