#include <algorithm>
#include <cmath>

#include "correlations/count_distribution.hpp"
#include "correlations/neuron_mixture.hpp"
#include "correlations/session_statistics.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

/// 1 / q of a session's units: the variance of their private gains.
Numbers dispersions(const NeuronRecording& recording, const Session& session) {
  Numbers dispersion;
  for (const auto u : session.units)
    dispersion.push_back(1 / recording.gains.shape(recording.unit[u]));
  return dispersion;
}

/// Of the nodes of a mixture, [units]: mean and mean square of what each unit is expected to count.
struct Moments {
  explicit Moments(const NeuronMixture& mixture) : mean(mixture.units), square(mixture.units) {
    for (std::size_t q = 0; q < mixture.size(); ++q)
      for (std::size_t u = 0; u < mixture.units; ++u) {
        const double m = mixture.row(q)[u];
        mean[u] += mixture.any(q) * m;
        square[u] += mixture.any(q) * m * m;
      }
  }
  Numbers mean, square;
};

/// Of a session's units: the variance of residuals that comes with what they share (response time,
/// latent, drift between trials), and the rest (Poisson, private gain).
struct Variances {
  Numbers shared, own;
};

Variances variances(const NeuronRecording& recording, const Session& session,
                    const std::vector<StimulusGroup>& groups, Window window) {
  const std::size_t U = session.units.size();
  const Numbers dispersion = dispersions(recording, session);
  Variances sum{Numbers(U), Numbers(U)};
  for (const auto& group : groups) {
    const Moments m(NeuronMixture(recording, session, group.stimulus, window));
    Numbers drift(U), square(U);
    for (const auto k : group.trials) {
      const Numbers d = recording.drift(session, k);
      for (std::size_t u = 0; u < U; ++u) {
        drift[u] += d[u];
        square[u] += d[u] * d[u];
      }
    }

    // Residuals are from the mean over the group's own trials.
    const auto trials = static_cast<double>(group.trials.size());
    const double kept = 1 - 1 / trials;
    for (std::size_t u = 0; u < U; ++u) {
      const double within = m.square[u] - m.mean[u] * m.mean[u];
      const double between = square[u] - drift[u] * drift[u] / trials;
      sum.shared[u] += kept * within * square[u] + m.mean[u] * m.mean[u] * between;
      sum.own[u] += kept * (m.mean[u] * drift[u] + m.square[u] * dispersion[u] * square[u]);
    }
  }
  return sum;
}

/// Sums over rows of products of regions' sums: of units in units of their deviation, and of units
/// as they are.
class RegionProducts {
 public:
  RegionProducts(const Session& session, Numbers scale)
      : regions_(session.regions.size()), scale_(std::move(scale)), region_(scale_.size()) {
    for (std::size_t g = 0; g < regions_; ++g)
      for (const auto u : session.regions[g]) region_[u] = g;
    scaled = plain = Numbers(regions_ * regions_);
    one_ = other_ = Numbers(regions_);
  }

  /// A row of deviations: factor_u (value_u - centre_u) for each unit u.
  void add(double weight, const Numbers& factor, const double* value, const Numbers& centre) {
    std::fill(one_.begin(), one_.end(), 0);
    std::fill(other_.begin(), other_.end(), 0);
    for (std::size_t u = 0; u < region_.size(); ++u) {
      const double x = factor[u] * (value[u] - centre[u]);
      one_[region_[u]] += scale_[u] * x;
      other_[region_[u]] += x;
    }
    for (std::size_t g = 0; g < regions_; ++g)
      for (std::size_t h = 0; h < regions_; ++h) {
        scaled[g * regions_ + h] += weight * one_[g] * one_[h];
        plain[g * regions_ + h] += weight * other_[g] * other_[h];
      }
  }

  Numbers scaled, plain;  ///< [G x G]

 private:
  std::size_t regions_;
  Numbers scale_, one_, other_;
  std::vector<std::size_t> region_;
};

void add_group(RegionProducts& products, const NeuronRecording& recording, const Session& session,
               const StimulusGroup& group, Window window) {
  const NeuronMixture mixture(recording, session, group.stimulus, window);
  const Moments m(mixture);
  std::vector<Numbers> drifts;
  Numbers mean(session.units.size());
  const auto trials = static_cast<double>(group.trials.size());
  for (const auto k : group.trials) {
    drifts.push_back(recording.drift(session, k));
    for (std::size_t u = 0; u < mean.size(); ++u) mean[u] += drifts.back()[u] / trials;
  }

  for (const Numbers& drift : drifts) {
    for (std::size_t q = 0; q < mixture.size(); ++q)
      products.add((1 - 1 / trials) * mixture.any(q), drift, mixture.row(q), m.mean);
    products.add(1, m.mean, drift.data(), mean);
  }
}

void implied_correlations(SessionStatistics& out, const NeuronRecording& recording,
                          const Session& session, const std::vector<StimulusGroup>& groups,
                          Window window, const std::vector<bool>& varies,
                          ProgressCounter& progress) {
  const auto [shared, own] = variances(recording, session, groups, window);
  Numbers scale;
  for (std::size_t u = 0; u < shared.size(); ++u)
    scale.push_back(varies[u] ? 1 / std::sqrt(shared[u] + own[u]) : 0);

  RegionProducts products(session, scale);
  double freedom = 0;
  for (const auto& group : groups) {
    add_group(products, recording, session, group, window);
    freedom += group.weight;
    progress.count();
  }

  const std::size_t G = session.regions.size();
  Numbers members(G), own_scaled(G), variance(G);
  for (std::size_t g = 0; g < G; ++g) {
    variance[g] = products.plain[g * G + g];
    for (const auto u : session.regions[g]) {
      variance[g] += own[u];
      members[g] += varies[u] ? 1 : 0;
      own_scaled[g] += shared[u] * scale[u] * scale[u];
    }
  }
  for (std::size_t g = 0; g < G; ++g)
    for (std::size_t h = g; h < G; ++h) {
      const bool same = g == h;
      const double pairs = members[g] * (same ? members[g] - 1 : members[h]);
      const double sum = products.scaled[g * G + h] - (same ? own_scaled[g] : 0);
      out.unit_pairs.push_back(pairs > 0 ? SessionEstimate{same ? pairs / 2 : pairs, sum / pairs, 0}
                                         : SessionEstimate{});
      const bool known = !same && pairs > 0;
      const double both = std::sqrt(variance[g] * variance[h]);
      out.population_pairs.push_back(
          known ? SessionEstimate{freedom, products.plain[g * G + h] / both, 0}
                : SessionEstimate{});
    }
}

/// The counts before either choice, from many means: those within a step of 2 % become one, of
/// their mean mean and dispersion.
class CountMixture {
 public:
  void add(double mean, double dispersion, double left, double right) {
    if (!(left + right > 0)) return;
    const double step = std::floor((std::log(mean) + 20) / 0.02);
    const auto i = static_cast<std::size_t>(std::clamp(step, 0.0, 2000.0));
    if (bins_.size() <= i) bins_.resize(i + 1);
    auto& [l, r, m, d] = bins_[i];
    l += left;
    r += right;
    m += (left + right) * mean;
    d += (left + right) * dispersion;
  }

  [[nodiscard]] double roc_area() const {
    double left = 0, right = 0;
    for (const auto& bin : bins_) {
      left += bin.left;
      right += bin.right;
    }
    Numbers before_left, before_right;
    for (const auto& [l, r, m, d] : bins_) {
      const double all = l + r;
      if (l > 0) add_count(before_left, m / all, d / all, l / left);
      if (r > 0) add_count(before_right, m / all, d / all, r / right);
    }
    return count_roc_area(before_left, before_right);
  }

 private:
  struct Bin {
    double left = 0, right = 0, mean = 0, dispersion = 0;
  };
  std::vector<Bin> bins_;
};

/// Drifts of at most 16 of a group's trials, evenly spread over the session.
std::vector<Numbers> spread_drifts(const NeuronRecording& recording, const Session& session,
                                   const ChoiceGroup& group) {
  auto trials = group.left;
  trials.insert(trials.end(), group.right.begin(), group.right.end());
  std::sort(trials.begin(), trials.end(), [&](std::size_t a, std::size_t b) {
    return recording.place[session.trials[a]] < recording.place[session.trials[b]];
  });

  const std::size_t taken = std::min<std::size_t>(trials.size(), 16);
  std::vector<Numbers> drifts;
  for (std::size_t i = 0; i < taken; ++i)
    drifts.push_back(recording.drift(session, trials[(2 * i + 1) * trials.size() / (2 * taken)]));
  return drifts;
}

void add_areas(SessionStatistics& out, const NeuronRecording& recording, const Session& session,
               const ChoiceGroup& group, Window window, double weight) {
  const NeuronMixture mixture(recording, session, group.stimulus, window);
  const auto drifts = spread_drifts(recording, session, group);
  const Numbers dispersion = dispersions(recording, session);

  const auto area = [&](const std::vector<std::size_t>& units) {
    CountMixture counts;
    for (const Numbers& drift : drifts)
      for (std::size_t q = 0; q < mixture.size(); ++q) {
        double mean = 0, extra = 0;  // a sum of counts has their means and variances
        for (const auto u : units) {
          const double m = drift[u] * mixture.row(q)[u];
          mean += m;
          extra += dispersion[u] * m * m;
        }
        counts.add(mean, extra / (mean * mean), mixture.left[q], mixture.right[q]);
      }
    return weight * counts.roc_area();
  };
  for (std::size_t g = 0; g < session.regions.size(); ++g) {
    if (session.regions[g].empty()) continue;
    out.population[g].value += area(session.regions[g]);
    for (const auto u : session.regions[g]) out.unit[u].value += area({u});
  }
}

}  // namespace

SessionStatistics implied_neuron_statistics(const NeuronRecording& recording,
                                            const Session& session, const TrialGroups& groups,
                                            Window window, const std::vector<bool>& varies,
                                            ProgressCounter& progress) {
  SessionStatistics out;
  implied_correlations(out, recording, session, groups.equal, window, varies, progress);

  out.mean_unit.resize(session.regions.size());
  out.population.resize(session.regions.size());
  out.unit.resize(session.units.size());
  if (groups.choices.empty()) return out;
  double total = 0;
  for (const auto& group : groups.choices) total += group.weight;
  for (std::size_t g = 0; g < session.regions.size(); ++g)
    if (!session.regions[g].empty()) out.population[g] = {total, 0, 0};
  for (auto& unit : out.unit) unit = {1, 0, 0};

  for (const auto& group : groups.choices) {
    add_areas(out, recording, session, group, window, group.weight / total);
    progress.count();
  }
  for (std::size_t g = 0; g < session.regions.size(); ++g) {
    const auto units = static_cast<double>(session.regions[g].size());
    if (units > 0) out.mean_unit[g] = {units, 0, 0};
    for (const auto u : session.regions[g]) out.mean_unit[g].value += out.unit[u].value / units;
  }
  return out;
}

}  // namespace nnpoisson
