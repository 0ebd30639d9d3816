#include "data/stimulus_encoding.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/table.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// More distinct values than this are measurements, not conditions.
constexpr std::size_t most_columns = 1000;

void one_hot(Dataset& data) {
  const std::size_t features = data.features();
  std::vector<std::vector<double>> values(features);
  for (std::size_t i = 0; i < data.trial.stimulus.size(); ++i)
    values[i % features].push_back(data.trial.stimulus[i]);

  std::vector<std::size_t> first_column(features);
  std::vector<std::string> names;
  for (std::size_t f = 0; f < features; ++f) {
    first_column[f] = names.size();
    std::sort(values[f].begin(), values[f].end());
    values[f].erase(std::unique(values[f].begin(), values[f].end()), values[f].end());
    if (names.size() + values[f].size() > most_columns) {
      throw UsageError("one-hot encoding of \"" + data.stimulus_names[f] +
                       "\" needs a column for each of " + std::to_string(values[f].size()) +
                       " values; use raw or standardise");
    }
    for (const double value : values[f])
      names.push_back(data.stimulus_names[f] + "=" + shortest(value));
  }

  std::vector<double> encoded(data.trials() * names.size(), 0.0);
  for (std::size_t i = 0; i < data.trial.stimulus.size(); ++i) {
    const auto& of_feature = values[i % features];
    const auto level =
        std::lower_bound(of_feature.begin(), of_feature.end(), data.trial.stimulus[i]) -
        of_feature.begin();
    encoded[i / features * names.size() + first_column[i % features] +
            static_cast<std::size_t>(level)] = 1;
  }
  data.stimulus_names = std::move(names);
  data.trial.stimulus = std::move(encoded);
}

void standardise(Dataset& data) {
  const std::size_t features = data.features();
  const auto trials = static_cast<double>(data.trials());
  auto& stimulus = data.trial.stimulus;
  for (std::size_t f = 0; f < features; ++f) {
    double mean = 0, variance = 0;
    for (std::size_t i = f; i < stimulus.size(); i += features) mean += stimulus[i] / trials;
    for (std::size_t i = f; i < stimulus.size(); i += features)
      variance += (stimulus[i] - mean) * (stimulus[i] - mean) / trials;
    const double deviation = std::sqrt(variance);
    // The mean of equal numbers is off by rounding, so the deviation of a constant is not always 0.
    if (!(deviation > 1e-12 * std::abs(mean)) || deviation == 0) {
      throw UsageError("the stimulus feature \"" + data.stimulus_names[f] +
                       "\" is the same in all trials and cannot be standardised; use raw");
    }
    for (std::size_t i = f; i < stimulus.size(); i += features)
      stimulus[i] = (stimulus[i] - mean) / deviation;
  }
}

}  // namespace

void encode_stimuli(Dataset& data, StimulusEncoding encoding) {
  switch (encoding) {
    case StimulusEncoding::raw:
      break;
    case StimulusEncoding::one_hot:
      one_hot(data);
      break;
    case StimulusEncoding::standardise:
      standardise(data);
      break;
  }
}

}  // namespace nnpoisson
