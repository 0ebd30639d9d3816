#include "nnpoisson/sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "data/observed_time.hpp"
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

/// Units of one session, by their region in the dataset's order and the network's column they read.
using UnitsByColumn = std::map<std::pair<std::int32_t, std::size_t>, std::vector<std::int32_t>>;

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

  /// Adds the spikes of the units that share a column.
  void draw(std::size_t column, const std::vector<std::int32_t>& units, RandomStream& random,
            std::vector<Spike>& spikes) {
    const InverseCurve time_of([&](double t) { return curves_.column(column, t, scale_); }, until_,
                               std::move(table_[column]));
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
std::vector<UnitsByColumn> units_by_column(const Dataset& data, const MatchedTrials& matched) {
  std::vector<UnitsByColumn> units(data.sessions());
  for (std::size_t u = 0; u < data.units(); ++u)
    units[static_cast<std::size_t>(data.unit.session[u])][{data.unit.region[u], matched.column(u)}]
        .push_back(static_cast<std::int32_t>(u));
  return units;
}

/// One trial with the units of its session; `trial` and `repeat` name its random numbers.
Draw draw_trial(const Model& model, Curves curves, const UnitsByColumn& units, std::uint64_t seed,
                std::size_t trial, std::uint32_t repeat) {
  Draw draw{draw_response(curves, model.time_limit, {seed, Purpose::response, trial, repeat}), {}};
  const double until = observable(draw.response.time, model.time_limit);

  RandomStream random(seed, Purpose::spikes, trial, repeat);
  SpikeDrawer drawer(curves, static_cast<std::size_t>(model.shape.columns()),
                     time_scale(model, until), until);
  for (const auto& [place, sharing] : units)
    drawer.draw(place.second, sharing, random, draw.spikes);
  std::stable_sort(draw.spikes.begin(), draw.spikes.end(),
                   [](const Spike& a, const Spike& b) { return a.time < b.time; });
  return draw;
}

/// The places of the drawn trials. Repeats of a trial follow each other there, as if each trial of
/// the session had been repeated on the spot: so all keep its part of the way through the session.
void place_repeats(const Dataset& trials, std::int64_t repeats, Dataset& drawn) {
  const std::vector<std::int64_t> number = trial_numbers(trials);
  drawn.session_trials = session_trial_counts(trials);
  for (auto& count : drawn.session_trials) count *= repeats;
  for (std::int64_t repeat = 0; repeat < repeats; ++repeat)
    for (const auto place : number) drawn.trial.number.push_back(place * repeats + repeat);
}

/// A dataset with the sessions, units and stimuli of `trials` and what was drawn for them. Empties
/// `draws` as it goes: the spikes are the most of the memory.
Dataset dataset_of(const Dataset& trials, std::vector<Draw>& draws, int repeats,
                   double time_limit) {
  Dataset drawn;
  drawn.time_limit = time_limit;
  drawn.session_names = trials.session_names;
  drawn.region_names = trials.region_names;
  drawn.stimulus_names = trials.stimulus_names;
  drawn.unit = trials.unit;

  drawn.spike.offset.push_back(0);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    auto& [response, spikes] = draws[k];
    drawn.trial.session.push_back(trials.trial.session[k % trials.trials()]);
    drawn.trial.response_time.push_back(response.time);
    drawn.trial.choice.push_back(response.choice);
    drawn.trial.observed_until.push_back(observable(response.time, time_limit));
    for (const auto& [time, unit] : spikes) {
      drawn.spike.time.push_back(time);
      drawn.spike.unit.push_back(unit);
    }
    drawn.spike.offset.push_back(static_cast<std::int64_t>(drawn.spike.time.size()));
    std::vector<Spike>().swap(spikes);
  }

  place_repeats(trials, repeats, drawn);
  for (int repeat = 0; repeat < repeats; ++repeat)
    drawn.trial.stimulus.insert(drawn.trial.stimulus.end(), trials.trial.stimulus.begin(),
                                trials.trial.stimulus.end());
  return drawn;
}

}  // namespace

Dataset sample(const Model& model, const Dataset& trials, const SampleOptions& options,
               const Watch& watch) {
  if (options.repeats < 1) throw UsageError("repeats: at least 1 is needed");
  const MatchedTrials matched(model, trials);
  const auto units = units_by_column(trials, matched);

  std::vector<Draw> draws(static_cast<std::size_t>(options.repeats) * trials.trials());
  ProgressCounter progress(watch);
  progress.begin("sample: trials", draws.size());
  for_each_in_parallel(draws.size(), options.threads, [&](std::size_t k) {
    const std::size_t n = k % trials.trials();
    draws[k] = draw_trial(model, matched.curves(n),
                          units[static_cast<std::size_t>(trials.trial.session[n])], options.seed, n,
                          static_cast<std::uint32_t>(k / trials.trials()));
    progress.count();
  });
  return dataset_of(trials, draws, options.repeats, model.time_limit);
}

}  // namespace nnpoisson
