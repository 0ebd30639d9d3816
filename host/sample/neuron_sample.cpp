#include "sample/neuron_sample.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "curves/matched_trials.hpp"
#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"
#include "data/observed_time.hpp"
#include "sample/draws.hpp"
#include "sample/neuron_times.hpp"

namespace nnpoisson {
namespace {

/// A unit of the dataset, and what the model knows of it.
struct SessionUnit {
  std::int32_t number;  // in the dataset
  std::size_t unit;     // in the model
  double loading, shape;
};

std::size_t draw_node(const std::vector<double>& log_prior, RandomStream& random) {
  double rest = random.uniform();
  for (std::size_t k = 0; k + 1 < log_prior.size(); ++k) {
    const double probability = std::exp(log_prior[k]);
    if (rest < probability) return k;
    rest -= probability;
  }
  return log_prior.size() - 1;
}

/// How long a drawn trial is observed, s: to its response or W. Counts need whole bins, and one at
/// least, though the response may come inside it.
double observed_time(double response_time, double bin_width, double time_limit) {
  const double until = observable(response_time, time_limit);
  if (bin_width == 0) return until;
  return end_of_bins(std::max(until, bin_width), bin_width, time_limit);
}

/// Draws trials of a dataset from a model by neuron, in the order of the likelihood: the latent,
/// the response and the private gains given the latent, the spikes given all of them.
class NeuronSampler {
 public:
  NeuronSampler(const Model& model, const Dataset& trials, std::uint64_t seed)
      : gains_(model),
        bin_width_(trials.bin_width),
        time_limit_(model.time_limit),
        seed_(seed),
        session_(trials.trial.session),
        place_(session_places(trials)),
        units_(trials.sessions()) {
    const auto unit = model_units(model, trials);
    for (std::size_t u = 0; u < trials.units(); ++u)
      units_[static_cast<std::size_t>(trials.unit.session[u])].push_back(
          {static_cast<std::int32_t>(u), unit[u], gains_.loading(unit[u]), gains_.shape(unit[u])});
  }

  [[nodiscard]] Draw draw(const NeuronTimes& times, std::size_t trial, std::uint32_t repeat) const {
    RandomStream gains(seed_, Purpose::gains, trial, repeat);
    const std::size_t node = draw_node(times.curves().log_prior(), gains);
    Draw draw;
    draw.response =
        draw_response(times.response_time(node),
                      [&](double time) {
                        const auto hazards = times.curves().hazards(time);
                        return std::array{hazards[node], hazards[hazards.size() / 2 + node]};
                      },
                      {seed_, Purpose::response, trial, repeat});
    draw.until = observed_time(draw.response.time, bin_width_, time_limit_);

    const double last = std::nextafter(draw.until, 0.0);  // a trial is observed in [0, until)
    const auto rise = times.curves().rise(draw.until);
    RandomStream random(seed_, Purpose::spikes, trial, repeat);
    for (const auto& [number, unit, loading, shape] :
         units_[static_cast<std::size_t>(session_[trial])]) {
      const double own = std::isfinite(shape) ? gains.gamma(shape) / shape : 1;
      const double log_gain =
          formulas::log_gain(loading, gains_.nodes()[node]) + gains_.log_drift(unit, place_[trial]);
      const double total = times.total(unit, draw.until, rise);
      const auto count = random.poisson(own * std::exp(log_gain) * total);
      for (std::uint64_t i = 0; i < count; ++i)
        draw.spikes.push_back(
            {std::min(times.time_of(unit, random.uniform() * total), last), number});
    }
    order_by_time(draw.spikes);
    return draw;
  }

 private:
  NeuronGains gains_;
  double bin_width_, time_limit_;
  std::uint64_t seed_;
  std::vector<std::int32_t> session_;
  std::vector<double> place_;
  std::vector<std::vector<SessionUnit>> units_;  // by session
};

/// Draws of one stimulus, which share its grid.
struct StimulusDraws {
  std::vector<double> stimulus;
  std::vector<std::size_t> draws;  // repeat * trials + trial
};

/// Not too many together, so that threads share them out; enough to be worth a grid.
std::vector<StimulusDraws> draws_by_stimulus(const MatchedTrials& matched, std::size_t trials,
                                             std::size_t repeats) {
  constexpr std::size_t most = 64;
  std::vector<StimulusDraws> groups;
  for (const auto& [stimulus, members] : matched.by_stimulus()) {
    std::size_t left = 0;
    for (std::size_t repeat = 0; repeat < repeats; ++repeat)
      for (const std::size_t n : members) {
        if (left == 0) {
          groups.push_back({stimulus, {}});
          left = most;
        }
        groups.back().draws.push_back(repeat * trials + n);
        --left;
      }
  }
  return groups;
}

}  // namespace

Dataset sample_by_neuron(const Model& model, const Dataset& trials, const SampleOptions& options,
                         const Watch& watch) {
  const NeuronSampler sampler(model, trials, options.seed);
  const MatchedTrials matched(model, trials);
  const auto groups =
      draws_by_stimulus(matched, trials.trials(), static_cast<std::size_t>(options.repeats));

  std::vector<Draw> draws(static_cast<std::size_t>(options.repeats) * trials.trials());
  ProgressCounter progress(watch);
  progress.begin("sample: trials", draws.size());
  const auto draw_group = [&](std::size_t g) {
    const NeuronTimes times(model, groups[g].stimulus);
    for (const std::size_t k : groups[g].draws) {
      draws[k] =
          sampler.draw(times, k % trials.trials(), static_cast<std::uint32_t>(k / trials.trials()));
      progress.count();
    }
  };
  for_each_in_parallel(groups.size(), options.threads, draw_group, 1);
  return dataset_of(trials, draws, options.repeats, model.time_limit, trials.bin_width);
}

}  // namespace nnpoisson
