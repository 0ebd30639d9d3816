#include <optional>

#include "baselines/piecewise.hpp"
#include "baselines/spike_baselines.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

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
  StimulusPsth(const ColumnTotals& totals, const BaselineTrials& evaluated, Workers& workers)
      : grid_(totals.grid()), set_(totals.sets().judged_by), rates_(totals.columns()) {
    const auto& known = totals.stimuli();
    constexpr std::size_t most_rates = std::size_t{1} << 29;  // 4 GiB
    if (totals.columns() * totals.sets().sets > most_rates / (known.size() * grid_.bins))
      throw ResourceError("the stimulus PSTH of " + std::to_string(totals.columns()) +
                          " columns and " + std::to_string(known.size()) +
                          " distinct stimuli does not fit into memory; leave the baselines out");

    for (const auto& stimulus : evaluated.stimulus) {
      const auto found = known.find(stimulus);
      stimulus_.push_back(found == known.end() ? std::optional<std::size_t>() : found->second);
    }

    const auto fit = [&](std::size_t column) {
      if (!totals.used(column)) return;
      for (const auto& table : totals.tables(column))
        rates_[column].push_back(shrunken_rates(table, grid_.bins));
    };
    workers.for_each("PSTH fit: columns", totals.columns(), fit, 1);
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
  std::vector<std::size_t> set_;                      // [T] that judges each trial
  std::vector<std::optional<std::size_t>> stimulus_;  // [T] its place; none: never seen in training
  std::vector<std::vector<Rates>> rates_;             // [columns][sets]
};

}  // namespace

std::unique_ptr<IntensityModel> psth_baseline(const ColumnTotals& totals,
                                              const BaselineTrials& evaluated, Workers& workers) {
  return std::make_unique<StimulusPsth>(totals, evaluated, workers);
}

}  // namespace nnpoisson
