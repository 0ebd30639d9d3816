#include "nnpoisson/plan.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <map>

#include "nnpoisson/error.hpp"
#include "plan/partition.hpp"
#include "plan/points.hpp"

namespace nnpoisson {
namespace {

constexpr double authors_scale = 1.0 / 200;  // the published program's divisor of every loss

/// What the builder asks of a dataset again and again.
class Trials {
 public:
  Trials(const Dataset& data, const PlanOptions& options)
      : data_(data),
        scaled_(options.preset == Preset::authors || options.neural_time == NeuralTime::scaled),
        units_(units_by_session_and_region(data)),
        units_of_session_(data.session_names.size()),
        stimulus_(data.trials()) {
    for (std::size_t u = 0; u < data.units(); ++u)
      units_of_session_[static_cast<std::size_t>(data.unit.session[u])].push_back(
          static_cast<std::uint32_t>(u));
    std::map<std::vector<double>, std::uint32_t> numbers;
    const std::size_t f = data.features();
    for (std::size_t n = 0; n < data.trials(); ++n) {
      std::vector<double> s(data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n * f),
                            data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>((n + 1) * f));
      const auto [at, added] = numbers.try_emplace(s, static_cast<std::uint32_t>(numbers.size()));
      if (added) distinct_stimuli.insert(distinct_stimuli.end(), s.begin(), s.end());
      stimulus_[n] = at->second;
    }
  }
  [[nodiscard]] const Dataset& data() const { return data_; }
  [[nodiscard]] std::uint32_t stimulus(std::size_t n) const { return stimulus_[n]; }
  [[nodiscard]] double until(std::size_t n) const { return data_.trial.observed_until[n]; }
  /// kappa: what turns time since onset into the network's time.
  [[nodiscard]] double scale(std::size_t n) const {
    return scaled_ ? data_.time_limit / until(n) : 1;
  }
  /// The network's time of the end of trial n; exactly W where time is scaled, so that such points
  /// merge.
  [[nodiscard]] double end(std::size_t n) const { return scaled_ ? data_.time_limit : until(n); }
  [[nodiscard]] std::int32_t units(std::size_t n, std::size_t region) const {
    return units_[static_cast<std::size_t>(data_.trial.session[n]) * data_.regions() + region];
  }
  /// The units exposed in trial n.
  [[nodiscard]] const std::vector<std::uint32_t>& units(std::size_t n) const {
    return units_of_session_[static_cast<std::size_t>(data_.trial.session[n])];
  }
  [[nodiscard]] std::uint32_t action(std::size_t n) const {
    return data_.trial.choice[n] > 0 ? 0U : 1U;
  }

  std::vector<double> distinct_stimuli;  ///< [S x F]

 private:
  const Dataset& data_;
  bool scaled_;
  std::vector<std::int32_t> units_;
  std::vector<std::vector<std::uint32_t>> units_of_session_;
  std::vector<std::uint32_t> stimulus_;
};

/// Collects the entries of one batch.
class Collector {
 public:
  Collector(const Trials& trials, const PlanOptions& options, double eps, const PointMerger& merger)
      : trials_(trials), options_(options), eps_(eps), merger_(merger) {}

  /// Spikes or counts and exposure of one region in the given trials; region < 0: of all regions.
  void neural(std::span<const std::int32_t> trials, std::int32_t region) {
    const Dataset& data = trials_.data();
    const bool exact = options_.preset == Preset::exact;
    for (const auto number : trials) {
      const auto n = static_cast<std::size_t>(number);
      const double kappa = trials_.scale(n);
      const auto stimulus = trials_.stimulus(n);
      const auto wanted = [&](std::int32_t unit, std::uint32_t& column) {
        const auto in = data.unit.region[static_cast<std::size_t>(unit)];
        column = static_cast<std::uint32_t>(options_.by_unit ? unit : in);
        return region < 0 || in == region;
      };
      std::uint32_t column = 0;
      if (data.binned()) {
        for (auto i = static_cast<std::size_t>(data.count.offset[n]);
             i < static_cast<std::size_t>(data.count.offset[n + 1]); ++i) {
          if (!wanted(data.count.unit[i], column)) continue;
          const int y = data.count.value[i];
          events_.push_back(
              {kappa * data.bin_width * data.count.bin[i], double(y), kappa, stimulus, column});
          constant += std::lgamma(y + 1.0);  // log y!, so that the loss is that of the counts
          spikes += static_cast<std::uint64_t>(y);
        }
      } else {
        for (auto i = static_cast<std::size_t>(data.spike.offset[n]);
             i < static_cast<std::size_t>(data.spike.offset[n + 1]); ++i) {
          if (!wanted(data.spike.unit[i], column)) continue;
          events_.push_back({kappa * data.spike.time[i], 1, 1, stimulus, column});
          ++spikes;
        }
      }
      if (options_.by_unit) expose_units(n, region);
      for (std::size_t g = 0; g < data.regions(); ++g) {
        if (region >= 0 && g != static_cast<std::size_t>(region)) continue;
        const double exposed = trials_.units(n, g);
        if (exposed == 0) continue;
        if (!options_.by_unit) expose(n, exposed, static_cast<std::uint32_t>(g));
        if (exact) constant += eps_ * exposed * trials_.until(n);
      }
    }
  }

  /// Responses and survival of the given trials.
  void behaviour(std::span<const std::int32_t> trials) {
    const Dataset& data = trials_.data();
    for (const auto number : trials) {
      const auto n = static_cast<std::size_t>(number);
      const auto stimulus = trials_.stimulus(n);
      if (options_.preset == Preset::exact) {
        const double waited = data.waited(n);
        if (data.responded(n)) events_.push_back({waited, 1, 1, stimulus, trials_.action(n)});
        for (std::uint32_t a = 0; a < 2; ++a) {
          exposure_.push_back({waited, 1, 1, stimulus, a});
          exposure_.push_back({0, -1, 1, stimulus, a});
          action_constant[a] += eps_ * waited;
        }
      } else {
        const double kappa = trials_.scale(n);
        double response = kappa * data.trial.response_time[n];
        if (std::abs(response - data.time_limit) <= 1e-12 * data.time_limit)
          response = data.time_limit;  // r = T_n: let such points merge
        if (data.responded(n)) events_.push_back({response, 1, 1, stimulus, trials_.action(n)});
        for (std::uint32_t a = 0; a < 2; ++a)
          exposure_.push_back({kappa * data.time_limit, 1 / kappa, 1, stimulus, a});
      }
    }
  }

  [[nodiscard]] PlanPiece neural_piece() {
    return piece(Term::neural, trials_.data().binned() ? Reading::interval : Reading::rate);
  }
  [[nodiscard]] PlanPiece behaviour_piece() { return piece(Term::behaviour, Reading::rate); }

  std::uint64_t spikes = 0;
  double constant = 0;
  std::array<double, 2> action_constant{};

 private:
  /// The cumulative intensity of `units` units of a column over trial n.
  void expose(std::size_t n, double units, std::uint32_t column) {
    const double weight = units / trials_.scale(n);
    exposure_.push_back({trials_.end(n), weight, 1, trials_.stimulus(n), column});
    if (options_.preset == Preset::exact)
      exposure_.push_back({0, -weight, 1, trials_.stimulus(n), column});
  }
  void expose_units(std::size_t n, std::int32_t region) {
    for (const auto unit : trials_.units(n))
      if (region < 0 || trials_.data().unit.region[unit] == region) expose(n, 1, unit);
  }

  PlanPiece piece(Term term, Reading reading) {
    PlanPiece made;
    const double cell =
        reading == Reading::rate && term == Term::neural ? options_.time_resolution : 0;
    merger_.merge(made, {term, reading, cell, trials_.data().bin_width, eps_}, events_);
    merger_.merge(made, {term, Reading::value, 0, 0, eps_}, exposure_);
    events_.clear();
    exposure_.clear();
    return made;
  }

  const Trials& trials_;
  const PlanOptions& options_;
  double eps_;
  const PointMerger& merger_;
  std::vector<Entry> events_, exposure_;
};

/// A batch to be: which trials give its spikes, which its behaviour.
struct BatchRequest {
  std::vector<std::int32_t> neural, behaviour;
  std::int32_t region = -1;
  std::int32_t same_behaviour_as = -1;  ///< an earlier batch whose behaviour tiles are used again
};

std::vector<BatchRequest> batch_requests(const Dataset& data, const PlanOptions& options,
                                         std::span<const std::int32_t> trials) {
  std::vector<BatchRequest> requests;
  const auto order = alphabetical_regions(data);
  switch (options.grouping) {
    case Grouping::joint:
      for (auto& part : joint_partition(trials, options.parts, options.seed))
        requests.push_back({part, part, -1, -1});
      break;
    case Grouping::authors: {
      const auto partition =
          authors_partition(data, trials, options.parts, static_cast<std::uint32_t>(options.seed));
      for (std::size_t part = 0; part < static_cast<std::size_t>(options.parts); ++part)
        for (std::size_t k = 0; k < order.size(); ++k) {
          BatchRequest request{partition[k][part], {}, order[k], static_cast<std::int32_t>(k)};
          if (part == 0) {
            request.behaviour = trials_of_region(data, order[k], trials);
            request.same_behaviour_as = -1;
          }
          requests.push_back(std::move(request));
        }
      break;
    }
    case Grouping::by_region:
      for (const auto region : order)
        requests.push_back({trials_of_region(data, region, trials), {}, region, -1});
      requests.push_back({{}, {trials.begin(), trials.end()}, -1, -1});
      break;
  }
  return requests;
}

}  // namespace

Plan make_plan(const Dataset& data, const PlanOptions& options,
               std::span<const std::int32_t> trials) {
  return make_plan(data, options, trials, HostPointMerger{});
}

Plan make_plan(const Dataset& data, const PlanOptions& options,
               std::span<const std::int32_t> chosen, const PointMerger& merger) {
  const bool authors = options.preset == Preset::authors;
  if (authors && data.binned())
    throw UsageError(
        "preset authors: the dataset holds counts in bins, and that likelihood needs spike times; "
        "use preset exact");
  const auto everything = chosen.empty() ? all_trials(data) : std::vector<std::int32_t>{};
  const std::span<const std::int32_t> trials =
      chosen.empty() ? std::span<const std::int32_t>(everything) : chosen;
  if (authors && options.by_unit)
    throw UsageError(
        "preset authors: units of a region share one intensity there; use preset exact");
  if (trials.empty()) throw DataError("dataset: no trial to plan for");
  if (options.parts < 1) throw UsageError("train.batches: at least 1 batch is needed");

  Trials lookup(data, options);
  Plan plan;
  plan.features = static_cast<int>(data.features());
  plan.regions = static_cast<int>(data.regions());
  plan.columns = static_cast<int>(options.by_unit ? data.units() : data.regions());
  plan.time_limit = data.time_limit;
  const auto requests = batch_requests(data, options, trials);

  // Batches are made a few at a time, one a thread, and appended in order: the plan does not depend
  // on the number of threads.
  struct Made {
    PlanPiece neural, behaviour;
    Batch batch;
    std::uint64_t spikes = 0;
  };
  const auto width = static_cast<std::size_t>(std::max(1, options.threads));
  std::vector<Made> made(width);
  for (std::size_t first = 0; first < requests.size(); first += width) {
    const std::size_t count = std::min(width, requests.size() - first);
    const auto make = [&](std::size_t k) {
      const BatchRequest& request = requests[first + k];
      Collector collect(lookup, options, plan.eps, merger);
      made[k] = {};
      collect.neural(request.neural, request.region);
      made[k].neural = collect.neural_piece();
      collect.behaviour(request.behaviour);
      made[k].behaviour = collect.behaviour_piece();
      made[k].spikes = collect.spikes;
      Batch& batch = made[k].batch;
      batch.neural_constant = collect.constant;
      batch.action_constant = collect.action_constant;
      batch.region = request.region;
      batch.action_weight = options.behaviour_weight;
      const std::size_t counted =
          options.grouping == Grouping::by_region ? trials.size() : request.neural.size();
      const double for_each_trial = 1 / static_cast<double>(std::max<std::size_t>(1, counted));
      batch.neural_scale = authors ? authors_scale / plan.regions : for_each_trial;
      batch.action_scale = authors ? authors_scale : for_each_trial;
    };
    std::vector<std::future<void>> workers;
    for (std::size_t k = 1; k < count; ++k)
      workers.push_back(std::async(std::launch::async, make, k));
    make(0);
    for (auto& w : workers) w.get();
    for (std::size_t k = 0; k < count; ++k) {
      Batch& batch = made[k].batch;
      batch.tiles[0] = append(plan, std::move(made[k].neural));
      if (const auto shared = requests[first + k].same_behaviour_as; shared >= 0) {
        const Batch& earlier = plan.batches[static_cast<std::size_t>(shared)];
        batch.tiles[1] = earlier.tiles[1];
        batch.action_constant = earlier.action_constant;
      } else {
        batch.tiles[1] = append(plan, std::move(made[k].behaviour));
      }
      plan.spikes += made[k].spikes;
      plan.batches.push_back(batch);
    }
  }
  plan.stimuli = std::move(lookup.distinct_stimuli);
  plan.mean_square_spread /= static_cast<double>(std::max<std::uint64_t>(1, plan.spikes));
  return plan;
}

}  // namespace nnpoisson
