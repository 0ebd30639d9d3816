#include <cmath>

#include "baselines/column_totals.hpp"
#include "baselines/newton.hpp"
#include "baselines/piecewise.hpp"
#include "curves/parallel.hpp"

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

/// The Poisson regression of one column on one training set. A design row is the product of the
/// bases in a bin and (1, stimulus), so sums over bins come first, one stimulus at a time; only
/// neighbouring bases overlap.
class Regression {
 public:
  Regression(const ColumnTotals::Table& table, const std::vector<std::vector<double>>& stimuli,
             const std::vector<double>& basis, std::size_t bases, double ridge)
      : table_(table),
        stimuli_(stimuli),
        basis_(basis),
        bases_(bases),
        ridge_(ridge),
        log_rate_(std::log(table.constant_rate())) {}

  [[nodiscard]] Concave at(const std::vector<double>& w) const {
    const std::size_t terms = 1 + stimuli_.front().size(), size = w.size(),
                      bins = basis_.size() / bases_;
    Concave result{0, std::vector<double>(size), std::vector<double>(size * size)};
    std::vector<double> x(terms, 1), score(bases_), same(bases_), next(bases_);
    for (std::size_t s = 0; s < stimuli_.size(); ++s) {
      std::copy(stimuli_[s].begin(), stimuli_[s].end(), x.begin() + 1);
      const auto v = weights_of(w, stimuli_[s], bases_);
      score.assign(bases_, 0), same.assign(bases_, 0), next.assign(bases_, 0);
      for (std::size_t b = 0; b < bins; ++b) {
        const double exposure = table_.exposure[s * bins + b], events = table_.events[s * bins + b];
        if (!(exposure > 0)) continue;
        const double* base = &basis_[b * bases_];
        double eta = log_rate_;
        for (std::size_t j = 0; j < bases_; ++j) eta += base[j] * v[j];
        const double expected = exposure * std::exp(eta);
        result.value += events * eta - expected;
        for (std::size_t j = 0; j < bases_; ++j) {
          score[j] += base[j] * (events - expected);
          same[j] += base[j] * base[j] * expected;
          if (j > 0) next[j] += base[j] * base[j - 1] * expected;
        }
      }
      for (std::size_t j = 0; j < bases_; ++j)
        for (std::size_t f = 0; f < terms; ++f) {
          const std::size_t row = j * terms + f;
          result.gradient[row] += score[j] * x[f];
          for (std::size_t h = 0; h <= f; ++h)
            result.curvature[row * size + j * terms + h] += same[j] * x[f] * x[h];
          for (std::size_t h = 0; j > 0 && h < terms; ++h)
            result.curvature[row * size + (j - 1) * terms + h] += next[j] * x[f] * x[h];
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
      result.value -= ridge_ / 2 * w[i] * w[i];
      result.gradient[i] -= ridge_ * w[i];
      result.curvature[i * size + i] += ridge_;
    }
    return result;
  }

 private:
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
      for (std::size_t b = 0; b < grid_.bins; ++b) {
        double eta = 0;
        for (std::size_t j = 0; j < fit_.bases; ++j) eta += basis_[b * fit_.bases + j] * v[j];
        rate[b] = fit_.constant_rate[set_[n]][column] * std::exp(eta);
      }
      return rate;
    });
  }

 private:
  GlmFit fit_;
  std::vector<std::size_t> set_;
  std::vector<std::vector<double>> stimulus_;
  TimeGrid grid_;
  std::vector<double> basis_;
};

}  // namespace

GlmFit fit_glm(const TrainingSets& sets, std::size_t columns, const TimeGrid& grid,
               std::size_t bases, double ridge, int threads) {
  const ColumnTotals totals(sets, columns, grid);
  std::vector<std::vector<double>> stimuli;
  for (const auto& [stimulus, id] : totals.ids()) stimuli.push_back(stimulus);
  const auto basis = raised_cosines(grid, sets.trials.data->time_limit, bases);
  GlmFit fit{bases, stimuli.front().size(), ridge, {}, {}, {}};
  const std::vector<double> zero(bases * (1 + fit.features));
  fit.coefficients.assign(sets.sets, std::vector<std::vector<double>>(columns, zero));
  fit.constant_rate.assign(sets.sets, std::vector<double>(columns, intensity_floor));
  fit.log_likelihood.assign(sets.sets, std::vector<double>(columns));
  for_each_in_parallel(
      columns, threads,
      [&](std::size_t k) {
        if (!totals.used(k)) return;
        const auto tables = totals.tables(k);
        for (std::size_t set = 0; set < sets.sets; ++set) {
          const Regression regression(tables[set], stimuli, basis, bases, ridge);
          auto& w = fit.coefficients[set][k];
          w = maximise(
              zero, [&](const std::vector<double>& at) { return regression.at(at); },
              "Poisson GLM of column " + std::to_string(k));
          fit.constant_rate[set][k] = tables[set].constant_rate();
          fit.log_likelihood[set][k] =
              Regression(tables[set], stimuli, basis, bases, 0).at(w).value;
        }
      },
      1);
  return fit;
}

std::unique_ptr<IntensityModel> glm_baseline(GlmFit fit, const TrainingSets& sets,
                                             const BaselineTrials& evaluated,
                                             const TimeGrid& grid) {
  return std::make_unique<Glm>(std::move(fit), sets, evaluated, grid);
}

}  // namespace nnpoisson
