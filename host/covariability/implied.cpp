#include <algorithm>
#include <cmath>
#include <map>

#include "covariability/correlation.hpp"
#include "curves/quadrature.hpp"

namespace nnpoisson {
namespace {

/// Response times of one stimulus that end a trial inside or after the window, no response
/// included, and what the units' counts are then.
struct Mixture {
  std::vector<double> left, right, none;  ///< [nodes] probabilities, in sum 1 together
  std::vector<double> mean;               ///< [nodes x columns] expected spikes of one unit
  [[nodiscard]] std::size_t size() const { return left.size(); }
  [[nodiscard]] double any(std::size_t q) const { return left[q] + right[q] + none[q]; }
};

Mixture mixture_of(const Model& model, const std::vector<double>& stimulus, Window window,
                   const std::vector<std::size_t>& columns) {
  Curves curves(model, stimulus);
  const double W = model.time_limit;
  std::vector<double> edges{window.from};
  for (const double edge : {window.until, W})
    if (edge > edges.back()) edges.push_back(edge);

  Mixture mix;
  std::vector<Growth> first(columns.size()), last(columns.size());
  const auto add = [&](double until, double left, double right, double none) {
    mix.left.push_back(left);
    mix.right.push_back(right);
    mix.none.push_back(none);
    const double scale = time_scale(model, until);
    curves.columns(window.from, scale, columns, first);
    curves.columns(std::min(window.until, until), scale, columns, last);
    for (std::size_t c = 0; c < columns.size(); ++c)
      mix.mean.push_back(last[c].cumulative - first[c].cumulative);
  };
  for (const auto& [time, weight] : quadrature(edges, W)) {
    const auto [left, right] = curves.actions(time);
    const double survival = weight * std::exp(-(left.cumulative + right.cumulative));
    add(time, survival * left.intensity, survival * right.intensity, 0);
  }
  add(W, 0, 0, std::exp(-curves.response(W).cumulative));
  double total = 0;
  for (std::size_t q = 0; q < mix.size(); ++q) total += mix.any(q);
  for (auto* part : {&mix.left, &mix.right, &mix.none})
    for (double& p : *part) p /= total;
  return mix;
}

/// Adds `weight` times the probabilities of a Poisson count of this mean; what is below 1e-18 is
/// left out.
void add_poisson(std::vector<double>& probability, double mean, double weight) {
  const auto middle = static_cast<std::size_t>(mean);
  const auto count = static_cast<double>(middle);
  const double peak = std::exp(count * std::log(mean) - mean - std::lgamma(count + 1));
  const auto add = [&](std::size_t n, double p) {
    if (probability.size() <= n) probability.resize(n + 1);
    probability[n] += weight * p;
  };
  double p = peak;
  for (std::size_t n = middle; p > 1e-18; p *= mean / static_cast<double>(++n)) add(n, p);
  p = peak;
  for (std::size_t n = middle; n > 0;) {
    p *= static_cast<double>(n--) / mean;
    if (!(p > 1e-18)) break;
    add(n, p);
  }
}

/// P(left count > right count) + P(equal) / 2 for Poisson counts of these means [nodes].
double roc_area(const Mixture& mix, const std::vector<double>& mean) {
  std::vector<double> left, right;
  double all_left = 0, all_right = 0;
  for (std::size_t q = 0; q < mix.size(); ++q) {
    all_left += mix.left[q];
    all_right += mix.right[q];
  }
  for (std::size_t q = 0; q < mix.size(); ++q) {
    if (mix.left[q] > 0) add_poisson(left, mean[q], mix.left[q] / all_left);
    if (mix.right[q] > 0) add_poisson(right, mean[q], mix.right[q] / all_right);
  }
  double area = 0, below = 0;
  for (std::size_t n = 0; n < left.size(); ++n) {
    const double here = n < right.size() ? right[n] : 0;
    area += left[n] * (below + here / 2);
    below += here;
  }
  return area;
}

}  // namespace

SessionStatistics implied(const Model& model, const MatchedTrials& trials, const Session& session,
                          const Groups& groups, Window window, const std::vector<bool>& varies) {
  const std::size_t U = session.units.size(), G = session.regions.size();
  // Units that share a column of the network share its numbers.
  std::map<std::size_t, std::size_t> places;
  for (const auto u : session.units) places.emplace(trials.column(u), places.size());
  std::vector<std::size_t> columns(places.size()), column(U);
  for (const auto& [of_network, place] : places) columns[place] = of_network;
  for (std::size_t u = 0; u < U; ++u) column[u] = places.at(trials.column(session.units[u]));
  const std::size_t C = columns.size();

  SessionStatistics out;
  Deviations deviations{U, {}, {}, std::vector<double>(U)};
  double freedom = 0;
  for (const auto& group : groups.equal) {
    const Mixture mix = mixture_of(model, group.stimulus, window, columns);
    std::vector<double> mean(C);
    for (std::size_t q = 0; q < mix.size(); ++q)
      for (std::size_t c = 0; c < C; ++c) mean[c] += mix.any(q) * mix.mean[q * C + c];
    for (std::size_t q = 0; q < mix.size(); ++q) {
      deviations.weight.push_back(group.weight * mix.any(q));
      for (std::size_t u = 0; u < U; ++u)
        deviations.value.push_back(mix.mean[q * C + column[u]] - mean[column[u]]);
    }
    for (std::size_t u = 0; u < U; ++u) deviations.own[u] += group.weight * mean[column[u]];
    freedom += group.weight;
  }
  auto unit_groups = session.regions;
  std::vector<std::vector<std::size_t>> one(G);
  for (std::size_t g = 0; g < G; ++g) {
    std::erase_if(unit_groups[g], [&](std::size_t u) { return !varies[u]; });
    if (!unit_groups[g].empty()) one[g] = {g};
  }
  out.unit_pairs = mean_correlations(deviations, unit_groups, 1);
  out.population_pairs = mean_correlations(sums(deviations, session.regions), one, 1);
  for (auto& part : out.population_pairs) part.weight *= freedom;

  out.mean_unit.assign(G, no_part());
  out.population = out.mean_unit;
  out.unit.assign(U, no_part());
  if (groups.choices.empty()) return out;
  double total = 0;
  for (const auto& group : groups.choices) total += group.weight;
  std::vector<double> area(C);
  for (std::size_t g = 0; g < G; ++g)
    if (const auto N = static_cast<double>(session.regions[g].size()); N > 0) {
      out.mean_unit[g] = {N, 0, 0};
      out.population[g] = {total, 0, 0};
    }
  for (const auto& group : groups.choices) {
    const Mixture mix = mixture_of(model, group.stimulus, window, columns);
    std::vector<double> mean(mix.size());
    for (std::size_t c = 0; c < C; ++c) {
      for (std::size_t q = 0; q < mix.size(); ++q) mean[q] = mix.mean[q * C + c];
      area[c] += group.weight / total * roc_area(mix, mean);
    }
    for (std::size_t g = 0; g < G; ++g) {
      if (session.regions[g].empty()) continue;
      std::fill(mean.begin(), mean.end(), 0);
      for (const auto u : session.regions[g])
        for (std::size_t q = 0; q < mix.size(); ++q) mean[q] += mix.mean[q * C + column[u]];
      out.population[g].value += group.weight / total * roc_area(mix, mean);
    }
  }
  for (std::size_t g = 0; g < G; ++g)
    for (const auto u : session.regions[g]) {
      out.unit[u] = {1, area[column[u]], 0};
      out.mean_unit[g].value += area[column[u]] / out.mean_unit[g].weight;
    }
  return out;
}

}  // namespace nnpoisson
