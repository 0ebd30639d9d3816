#include "plan/trial_lookup.hpp"

#include <map>

namespace nnpoisson {

TrialLookup::TrialLookup(const Dataset& data, Preset preset, NeuralTime neural_time)
    : data_(data),
      neural_time_(network_time(preset, neural_time)),
      units_by_region_(units_by_session_and_region(data)),
      stimulus_(data.trials()) {
  number_stimuli();
}

void TrialLookup::number_stimuli() {
  std::map<std::vector<double>, std::uint32_t> numbers;
  const auto features = static_cast<std::ptrdiff_t>(data_.features());
  auto values = data_.trial.stimulus.begin();
  for (auto& number : stimulus_) {
    const std::vector<double> stimulus(values, values + features);
    values += features;

    const auto next = static_cast<std::uint32_t>(numbers.size());
    const auto [entry, is_new] = numbers.try_emplace(stimulus, next);
    if (is_new) distinct_stimuli_.insert(distinct_stimuli_.end(), stimulus.begin(), stimulus.end());
    number = entry->second;
  }
}

}  // namespace nnpoisson
