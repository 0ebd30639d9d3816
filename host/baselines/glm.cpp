#include <algorithm>
#include <cmath>
#include <utility>

#include "baselines/newton.hpp"
#include "baselines/piecewise.hpp"
#include "baselines/spike_baselines.hpp"

namespace nnpoisson {
namespace {

/// v_j = w_j0 + sum_f w_jf s_f for each base j.
std::vector<double> weights_of(const std::vector<double>& w, const std::vector<double>& stimulus,
                               std::size_t bases) {
  std::vector<double> v(bases);
  for (std::size_t j = 0; j < bases; ++j) {
    const double* row = &w[j * (1 + stimulus.size())];
    v[j] = row[0];
    for (std::size_t f = 0; f < stimulus.size(); ++f) v[j] += row[1 + f] * stimulus[f];
  }
  return v;
}

/// log rate over the constant rate: the sum of one bin's bases, weighed.
double log_gain(const double* base, const std::vector<double>& v) {
  double sum = 0;
  for (std::size_t j = 0; j < v.size(); ++j) sum += base[j] * v[j];
  return sum;
}

/// The Poisson regression of one column on one training set. A design row is the product of the
/// bases in a bin and (1, stimulus), so sums over bins come first, one stimulus at a time; only
/// neighbouring bases overlap.
class Regression {
 public:
  Regression(const ColumnTotals::Table& table, const std::vector<std::vector<double>>& stimuli,
             const std::vector<double>& basis, std::size_t bases, double ridge,
             double constant_rate)
      : table_(table),
        stimuli_(stimuli),
        basis_(basis),
        bases_(bases),
        ridge_(ridge),
        log_rate_(std::log(constant_rate)) {}

  [[nodiscard]] Concave at(const std::vector<double>& w) const {
    Concave result(w.size());
    std::vector<double> row(1 + stimuli_.front().size(), 1);  // (1, stimulus)
    for (std::size_t s = 0; s < stimuli_.size(); ++s) {
      std::copy(stimuli_[s].begin(), stimuli_[s].end(), row.begin() + 1);
      add(result, row, over_bins(s, weights_of(w, stimuli_[s], bases_), result.value));
    }

    for (std::size_t i = 0; i < w.size(); ++i) {
      result.value -= ridge_ / 2 * w[i] * w[i];
      result.gradient[i] -= ridge_ * w[i];
      result.curvature[i * w.size() + i] += ridge_;
    }
    return result;
  }

 private:
  /// What one stimulus' bins say of its v, each [bases]: the gradient, and of minus the second
  /// derivatives the diagonal and what stands before it.
  struct BinSums {
    explicit BinSums(std::size_t bases) : gradient(bases), same(bases), previous(bases) {}
    std::vector<double> gradient, same, previous;
  };

  /// Also adds the stimulus' part of the log-likelihood to `value`.
  [[nodiscard]] BinSums over_bins(std::size_t s, const std::vector<double>& v,
                                  double& value) const {
    const std::size_t bins = basis_.size() / bases_;
    BinSums sums(bases_);
    for (std::size_t b = 0; b < bins; ++b) {
      const double exposure = table_.exposure[s * bins + b], events = table_.events[s * bins + b];
      if (!(exposure > 0)) continue;

      const double* base = &basis_[b * bases_];
      double eta = log_rate_;
      for (std::size_t j = 0; j < bases_; ++j) eta += base[j] * v[j];
      const double expected = exposure * std::exp(eta);
      value += events * eta - expected;

      for (std::size_t j = 0; j < bases_; ++j) {
        sums.gradient[j] += base[j] * (events - expected);
        sums.same[j] += base[j] * base[j] * expected;
        if (j > 0) sums.previous[j] += base[j] * base[j - 1] * expected;
      }
    }
    return sums;
  }

  /// Adds the sums, each times the stimulus' row or the square of it.
  void add(Concave& result, const std::vector<double>& row, const BinSums& sums) const {
    const std::size_t terms = row.size(), size = result.gradient.size();
    for (std::size_t j = 0; j < bases_; ++j)
      for (std::size_t f = 0; f < terms; ++f) {
        const std::size_t at = j * terms + f;
        double* curvature = &result.curvature[at * size + j * terms];
        result.gradient[at] += sums.gradient[j] * row[f];
        for (std::size_t h = 0; h <= f; ++h) curvature[h] += sums.same[j] * row[f] * row[h];
        if (j == 0) continue;
        double* before = curvature - terms;
        for (std::size_t h = 0; h < terms; ++h) before[h] += sums.previous[j] * row[f] * row[h];
      }
  }

  const ColumnTotals::Table& table_;
  const std::vector<std::vector<double>>& stimuli_;
  const std::vector<double>& basis_;
  std::size_t bases_;
  double ridge_, log_rate_;
};

class Glm final : public IntensityModel {
 public:
  Glm(GlmFit fit, const TrainingSets& sets, const BaselineTrials& evaluated, const TimeGrid& grid)
      : fit_(std::move(fit)),
        set_(sets.judged_by),
        stimulus_(evaluated.stimulus),
        grid_(grid),
        basis_(raised_cosines(grid, evaluated.data->time_limit, fit_.bases)) {}

  [[nodiscard]] std::unique_ptr<TrialIntensity> trial(std::size_t n) const override {
    return piecewise_trial(grid_, [this, n](std::size_t column) {
      const auto v = weights_of(fit_.coefficients[set_[n]][column], stimulus_[n], fit_.bases);
      std::vector<double> rate(grid_.bins);
      for (std::size_t b = 0; b < grid_.bins; ++b)
        rate[b] =
            fit_.constant_rate[set_[n]][column] * std::exp(log_gain(&basis_[b * fit_.bases], v));
      return rate;
    });
  }

 private:
  GlmFit fit_;
  std::vector<std::size_t> set_;               // [T] that judges each trial
  std::vector<std::vector<double>> stimulus_;  // [T][F]
  TimeGrid grid_;
  std::vector<double> basis_;  // [bins x bases]
};

}  // namespace

GlmFit fit_glm(const ColumnTotals& totals, std::size_t bases, double ridge, Workers& workers,
               double more) {
  const TrainingSets& sets = totals.sets();
  const std::size_t columns = totals.columns();
  std::vector<std::vector<double>> stimuli;
  for (const auto& [stimulus, place] : totals.stimuli()) stimuli.push_back(stimulus);
  const auto basis = raised_cosines(totals.grid(), sets.trials.data->time_limit, bases);

  GlmFit fit{bases, stimuli.front().size(), ridge, {}, {}, {}};
  const std::vector<double> zero(bases * (1 + fit.features));
  fit.coefficients.assign(sets.sets, std::vector<std::vector<double>>(columns, zero));
  fit.constant_rate.assign(sets.sets, std::vector<double>(columns, intensity_floor));
  fit.log_likelihood.assign(sets.sets, std::vector<double>(columns));

  const auto fit_column = [&](std::size_t k) {
    const auto tables = totals.used(k) ? totals.tables(k) : std::vector<ColumnTotals::Table>();
    for (std::size_t set = 0; set < tables.size(); ++set) {
      const double rate = tables[set].constant_rate(more);
      const Regression regression(tables[set], stimuli, basis, bases, ridge, rate);
      auto& w = fit.coefficients[set][k];
      w = maximise(
          zero, [&](const std::vector<double>& at) { return regression.at(at); },
          "Poisson GLM of column " + std::to_string(k), workers);
      fit.constant_rate[set][k] = rate;
      fit.log_likelihood[set][k] =
          Regression(tables[set], stimuli, basis, bases, 0, rate).at(w).value;
      workers.count();
    }
    for (std::size_t set = tables.size(); set < sets.sets; ++set) workers.count();
  };
  workers.begin("GLM: fits of a column", columns * sets.sets);
  workers.share(columns, fit_column, 1);
  return fit;
}

std::unique_ptr<IntensityModel> glm_baseline(GlmFit fit, const TrainingSets& sets,
                                             const BaselineTrials& evaluated,
                                             const TimeGrid& grid) {
  return std::make_unique<Glm>(std::move(fit), sets, evaluated, grid);
}

}  // namespace nnpoisson
