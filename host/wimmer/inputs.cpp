#include "wimmer/inputs.hpp"

#include <algorithm>
#include <cmath>

#include "nnpoisson/random.hpp"
#include "wimmer/noise_key.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {

template <class T>
TrialInput<T>::TrialInput(const Conditions& conditions, double coherence, std::uint64_t trial, const Kernels<T>& kernels)
    : conditions_(conditions),
      coherence_(coherence),
      trial_(trial),
      kernels_(kernels),
      stimulus_first_(steps_in(conditions.stimulus_from)),
      stimulus_end_(steps_in(conditions.stimulus_until)),
      noise_(std::make_unique<Noise>()) {}

template <class T>
Start TrialInput<T>::start() const {
  RandomStream random(conditions_.seed, Purpose::wimmer_start, trial_);
  Start start;
  for (auto& v : start.sensory_v) v = -52 + 2 * random.uniform();
  for (auto& g : start.sensory_ge) g = 0.05 * (1 + 0.2 * random.uniform());
  for (auto& v : start.integration_v) v = 2 * random.uniform();  // above threshold, as in the original
  return start;
}

template <class T>
Input<T> TrialInput<T>::next(int step) {
  draw_external(step);
  draw_sensory_input(step);
  const bool on = step >= stimulus_first_ && step < stimulus_end_;
  if (on && (step - stimulus_first_) % steps_per_ms == 0) draw_stimulus((step - stimulus_first_) / steps_per_ms);
  return {on ? noise_->current.data() : nullptr, noise_->external.data(), sensory_input_};
}

template <class T>
void TrialInput<T>::draw_external(int step) {
  // Sixteen bits decide. The threshold is rounded up in as many steps as its fraction asks for, so that the rate is exact.
  const double dither = std::fmod(0.6180339887498949 * step, 1.0);
  const auto threshold = [&](double rate) { return static_cast<std::int32_t>(std::floor(rate * (step_ms / 1000) * 65536 + dither)); };
  const auto others = threshold(conditions_.external_rate);
  const auto selected = threshold(std::max(0.0, conditions_.external_rate - selective_rate_offset));
  auto& rows = noise_->threshold;
  std::fill_n(rows.begin(), 2 * selective / row, selected);
  std::fill(rows.begin() + 2 * selective / row, rows.begin() + neurons / row, others);
  kernels_.bernoulli({noise_key(conditions_.seed, Purpose::wimmer_external, trial_, static_cast<std::uint32_t>(step)), external_groups,
                      rows.data(), noise_->external.data()});
}

template <class T>
void TrialInput<T>::draw_sensory_input(int step) {
  sensory_input_.clear();
  const double probability = conditions_.sensory_rate * (step_ms / 1000);
  if (probability <= 0) return;
  // The gaps between neurons that fire are geometric.
  RandomStream random(conditions_.seed, Purpose::wimmer_input, trial_, static_cast<std::uint32_t>(step));
  const double scale = 1 / std::log1p(-probability);
  double neuron = -1;
  while ((neuron += 1 + std::floor(std::log(random.uniform()) * scale)) < sensory_inputs)
    sensory_input_.push_back(static_cast<std::uint16_t>(neuron));
}

template <class T>
void TrialInput<T>::draw_stimulus(int sample) {
  auto& [external, threshold, normal, path, current] = *noise_;
  const auto decay = static_cast<float>(std::exp(-1 / stimulus_correlation_ms)), fresh = std::sqrt(1 - decay * decay);
  if (sample == 0) {
    constexpr std::uint32_t before = 0xFFFFFFFF;
    // Private paths are slices of one long path for each half: all but the first neuron's start where a path has been for long.
    kernels_.normal({noise_key(conditions_.seed, Purpose::wimmer_stimulus, trial_, before), normal_groups, path.data()});
    path[0] = path[sensory_half] = 0;
    std::fill(path.begin() + excitatory, path.end(), 0.0F);
  }
  kernels_.normal(
      {noise_key(conditions_.seed, Purpose::wimmer_stimulus, trial_, static_cast<std::uint32_t>(sample)), normal_groups, normal.data()});
  for (std::size_t i = 0; i < path.size(); ++i) path[i] = decay * path[i] + fresh * normal[i];
  const auto gain = static_cast<float>(stimulus_mv * conditions_.stimulus_sd);
  for (std::size_t half = 0; half < 2; ++half) {
    const double mean = 1 + coherence_ * (half == 0 ? stimulus_selectivity : -stimulus_selectivity);
    const float common = static_cast<float>(stimulus_mv * mean) + gain * path[excitatory + half];
    for (std::size_t i = half * sensory_half; i < (half + 1) * sensory_half; ++i) current[i] = static_cast<T>(common + gain * path[i]);
  }
}

template class TrialInput<float>;
template class TrialInput<double>;

}  // namespace nnpoisson::wimmer
