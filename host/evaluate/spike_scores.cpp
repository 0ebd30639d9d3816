#include "evaluate/spike_scores.hpp"

#include "evaluate/bootstrap.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

/// How well a model fits some spikes.
struct Fit {
  double log_likelihood = 0, deviance = 0;
  void add(const Fit& other, double weight) {
    log_likelihood += weight * other.log_likelihood;
    deviance += weight * other.deviance;
  }
};

Fit fit_of(const SpikeSums& sums, double saturated) {
  return {sums.log_likelihood(), sums.deviance(saturated)};
}

/// The parts of each model's score, [models][score_parts]; `fits`: the network's first, the
/// constant rate's last.
void score(std::span<const Fit> fits, double spikes, std::span<double> out) {
  const Fit &network = fits.front(), &constant = fits.back();
  for (std::size_t m = 0; m < fits.size(); ++m) {
    const auto part = out.subspan(m * score_parts, score_parts);
    part[part_bits] = bits_per_event(fits[m].log_likelihood, constant.log_likelihood, spikes);
    part[part_r2] = pseudo_r2(fits[m].deviance, constant.deviance);
    part[part_network_bits] =
        bits_per_event(network.log_likelihood, fits[m].log_likelihood, spikes);
    part[part_network_r2] = pseudo_r2(network.deviance, fits[m].deviance);
  }
}

/// The regions' fits and spikes over trials that count so often.
class WeighedRegions {
 public:
  WeighedRegions(const Dataset& data, const ObservedSpikes& seen,
                 const std::vector<JudgedModel>& judged)
      : trials_(data.trials()), regions_(data.regions()), models_(judged.size()), seen_(seen) {
    for (std::size_t row = 0; row < trials_ * regions_; ++row)
      for (const auto& model : judged)
        of_trial_.push_back(fit_of(model.pass.by_region[row], seen.saturated[row]));
  }

  void score(std::span<const double> weight, std::span<double> out) const {
    std::vector<Fit> fits((regions_ + 1) * models_);
    std::vector<double> spikes(regions_ + 1);
    for (std::size_t n = 0; n < trials_; ++n) {
      if (weight[n] == 0) continue;
      for (std::size_t g = 0; g < regions_; ++g) {
        spikes[g] += weight[n] * seen_.spikes[n * regions_ + g];
        for (std::size_t m = 0; m < models_; ++m)
          fits[g * models_ + m].add(of_trial_[(n * regions_ + g) * models_ + m], weight[n]);
      }
    }

    for (std::size_t g = 0; g < regions_; ++g) {
      spikes[regions_] += spikes[g];
      for (std::size_t m = 0; m < models_; ++m)
        fits[regions_ * models_ + m].add(fits[g * models_ + m], 1);
    }

    const std::size_t parts = models_ * score_parts;
    for (std::size_t g = 0; g <= regions_; ++g)
      nnpoisson::score(std::span(fits).subspan(g * models_, models_), spikes[g],
                       out.subspan(g * parts, parts));
  }

 private:
  std::size_t trials_, regions_, models_;
  const ObservedSpikes& seen_;
  std::vector<Fit> of_trial_;  // [T x G x models]
};

}  // namespace

SpikeScore spike_score(SpikeModel model, const SpikeSums& sums, double saturated,
                       std::span<const Estimate> parts) {
  return {model,
          sums.log_likelihood(),
          sums.expected,
          sums.deviance(saturated),
          parts[part_bits],
          parts[part_r2],
          parts[part_network_bits],
          parts[part_network_r2]};
}

std::vector<Estimate> score_regions(const Dataset& data, const ObservedSpikes& seen,
                                    const std::vector<JudgedModel>& judged,
                                    const EvaluationOptions& options, Workers& workers) {
  const WeighedRegions regions(data, seen, judged);
  return bootstrap(
      "spikes", data, options, (data.regions() + 1) * judged.size() * score_parts,
      [&](std::span<const double> weight, std::span<double> out) { regions.score(weight, out); },
      workers);
}

SpikeScores score_unit(std::size_t unit, double spikes, const ObservedSpikes& seen,
                       const std::vector<JudgedModel>& judged) {
  const double saturated = seen.unit_saturated[unit];
  std::vector<Fit> fits;
  for (const auto& model : judged) fits.push_back(fit_of(model.pass.by_unit[unit], saturated));
  std::vector<double> values(judged.size() * score_parts);
  score(fits, spikes, values);

  SpikeScores scores;
  for (std::size_t m = 0; m < judged.size(); ++m) {
    std::array<Estimate, score_parts> parts;
    for (std::size_t k = 0; k < score_parts; ++k) parts[k].value = values[m * score_parts + k];
    scores.push_back(spike_score(judged[m].model, judged[m].pass.by_unit[unit], saturated, parts));
  }
  return scores;
}

}  // namespace nnpoisson
