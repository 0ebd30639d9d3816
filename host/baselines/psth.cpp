#include <optional>

#include "baselines/column_totals.hpp"
#include "baselines/piecewise.hpp"
#include "curves/parallel.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

class Constant final : public IntensityModel {
 public:
  explicit Constant(std::vector<double> rate) : rate_(std::move(rate)) {}
  [[nodiscard]] std::unique_ptr<TrialIntensity> trial(std::size_t) const override {
    return std::make_unique<Trial>(rate_);
  }

 private:
  struct Trial final : TrialIntensity {
    explicit Trial(const std::vector<double>& rates) : rate(rates) {}
    Growth at(std::size_t column, double time) override {
      return {rate[column] * time, rate[column]};
    }
    const std::vector<double>& rate;
  };
  std::vector<double> rate_;
};

/// The rates of one column after one training set.
struct Rates {
  std::vector<double> by_time;      // [bins]
  std::vector<double> by_stimulus;  // [stimuli x bins]
};

Rates shrunken_rates(const ColumnTotals::Table& table, std::size_t bins) {
  const auto shrunken = [](double events, double exposure, double towards) {
    return (events + 1) / (exposure + 1 / towards);
  };
  const double constant = table.constant_rate();
  Rates rates{std::vector<double>(bins), std::vector<double>(table.events.size())};
  for (std::size_t b = 0; b < bins; ++b) {
    double events = 0, exposure = 0;
    for (std::size_t i = b; i < table.events.size(); i += bins) {
      events += table.events[i];
      exposure += table.exposure[i];
    }
    rates.by_time[b] = shrunken(events, exposure, constant);
    for (std::size_t i = b; i < table.events.size(); i += bins)
      rates.by_stimulus[i] = shrunken(table.events[i], table.exposure[i], rates.by_time[b]);
  }
  return rates;
}

class StimulusPsth final : public IntensityModel {
 public:
  StimulusPsth(const TrainingSets& sets, const BaselineTrials& evaluated, std::size_t columns,
               const TimeGrid& grid, int threads)
      : grid_(grid), set_(sets.judged_by), rates_(columns) {
    const ColumnTotals totals(sets, columns, grid);
    constexpr std::size_t most_rates = std::size_t{1} << 29;  // 4 GiB
    if (columns * sets.sets > most_rates / (totals.stimuli() * grid.bins))
      throw ResourceError("the stimulus PSTH of " + std::to_string(columns) + " columns and " +
                          std::to_string(totals.stimuli()) +
                          " distinct stimuli does not fit into memory; leave the baselines out");
    for (const auto& stimulus : evaluated.stimulus) {
      const auto found = totals.ids().find(stimulus);
      stimulus_.push_back(found == totals.ids().end() ? std::optional<std::size_t>()
                                                      : found->second);
    }
    for_each_in_parallel(
        columns, threads,
        [&](std::size_t k) {
          if (!totals.used(k)) return;
          for (const auto& table : totals.tables(k))
            rates_[k].push_back(shrunken_rates(table, grid.bins));
        },
        1);
  }

  [[nodiscard]] std::unique_ptr<TrialIntensity> trial(std::size_t n) const override {
    return piecewise_trial(grid_, [this, n](std::size_t column) {
      const Rates& rates = rates_[column][set_[n]];
      if (!stimulus_[n]) return rates.by_time;
      const auto first =
          rates.by_stimulus.begin() + static_cast<std::ptrdiff_t>(*stimulus_[n] * grid_.bins);
      return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(grid_.bins));
    });
  }

 private:
  TimeGrid grid_;
  std::vector<std::size_t> set_;
  std::vector<std::optional<std::size_t>> stimulus_;
  std::vector<std::vector<Rates>> rates_;  // [columns][sets]
};

}  // namespace

std::unique_ptr<IntensityModel> constant_baseline(std::vector<double> rate) {
  return std::make_unique<Constant>(std::move(rate));
}

std::unique_ptr<IntensityModel> psth_baseline(const TrainingSets& sets,
                                              const BaselineTrials& evaluated, std::size_t columns,
                                              const TimeGrid& grid, int threads) {
  return std::make_unique<StimulusPsth>(sets, evaluated, columns, grid, threads);
}

}  // namespace nnpoisson
