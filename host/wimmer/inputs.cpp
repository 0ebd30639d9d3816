#include "wimmer/inputs.hpp"

#include <algorithm>
#include <cmath>

#include "nnpoisson/random.hpp"
#include "wimmer/conditions.hpp"
#include "wimmer/noise_key.hpp"

namespace nnpoisson::wimmer {

Start start_of(const Conditions& conditions, std::uint64_t trial) {
  RandomStream random(conditions.seed, Purpose::wimmer_start, trial);
  Start start;
  for (auto& v : start.sensory_v) v = -52 + 2 * random.uniform();
  for (auto& g : start.sensory_ge) g = 0.05 * (1 + 0.2 * random.uniform());
  for (auto& v : start.integration_v)
    v = 2 * random.uniform();  // above threshold, as in the original
  return start;
}

ExternalThreshold external_threshold(const Conditions& conditions, int step) {
  // Rounded up in as many steps as its fraction asks for, so that the rate is exact.
  const double dither = std::fmod(0.6180339887498949 * step, 1.0);
  const auto threshold = [&](double rate) {
    return static_cast<std::int32_t>(std::floor(rate * (step_ms / 1000) * 65536 + dither));
  };
  return {threshold(std::max(0.0, conditions.external_rate - selective_rate_offset)),
          threshold(conditions.external_rate)};
}

Stimulus stimulus_of(const Conditions& conditions, double coherence) {
  const auto decay = static_cast<float>(std::exp(-1 / stimulus_correlation_ms));
  const auto mean = [&](double shift) {
    return static_cast<float>(stimulus_mv * (1 + coherence * shift));
  };
  return {{decay, std::sqrt(1 - decay * decay)},
          static_cast<float>(stimulus_mv * conditions.stimulus_sd),
          {mean(stimulus_selectivity), mean(-stimulus_selectivity)}};
}

double sensory_input_scale(const Conditions& conditions) {
  const double probability = conditions.sensory_rate * (step_ms / 1000);
  return probability > 0 ? 1 / std::log1p(-probability) : 0;
}

template <class T>
TrialInput<T>::TrialInput(const Conditions& conditions, double coherence, std::uint64_t trial,
                          const Kernels<T>& kernels)
    : conditions_(conditions),
      stimulus_(stimulus_of(conditions, coherence)),
      input_scale_(sensory_input_scale(conditions)),
      trial_(trial),
      kernels_(kernels),
      stimulus_first_(steps_in(conditions.stimulus_from)),
      stimulus_end_(steps_in(conditions.stimulus_until)),
      noise_(std::make_unique<Noise>()) {}

template <class T>
Input<T> TrialInput<T>::next(int step) {
  draw_external(step);
  draw_sensory_input(step);
  const bool on = step >= stimulus_first_ && step < stimulus_end_;
  if (on && (step - stimulus_first_) % steps_per_ms == 0)
    draw_stimulus((step - stimulus_first_) / steps_per_ms);
  return {on ? noise_->current.data() : nullptr, noise_->external.data(), sensory_input_};
}

template <class T>
void TrialInput<T>::draw_external(int step) {
  const auto [selected, others] = external_threshold(conditions_, step);
  auto& rows = noise_->threshold;
  std::fill_n(rows.begin(), 2 * selective / row, selected);
  std::fill(rows.begin() + 2 * selective / row, rows.begin() + neurons / row, others);
  kernels_.bernoulli({noise_key(conditions_.seed, Purpose::wimmer_external, trial_,
                                static_cast<std::uint32_t>(step)),
                      external_groups, rows.data(), noise_->external.data()});
}

template <class T>
void TrialInput<T>::draw_sensory_input(int step) {
  sensory_input_.clear();
  if (input_scale_ == 0) return;
  const NoiseKey from =
      noise_key(conditions_.seed, Purpose::wimmer_input, trial_, static_cast<std::uint32_t>(step));
  formulas::PhiloxStream random({{0, from.counter[0], from.counter[1], from.counter[2]}},
                                from.key[0], from.key[1]);
  sensory_input(random, input_scale_,
                [this](std::uint16_t neuron) { sensory_input_.push_back(neuron); });
}

template <class T>
void TrialInput<T>::draw_stimulus(int sample) {
  auto& [external, threshold, normal, path, current] = *noise_;
  if (sample == 0) {
    // Private paths are slices of one long path for each half: all but the first neuron's start
    // where a path has been for long.
    kernels_.normal({noise_key(conditions_.seed, Purpose::wimmer_stimulus, trial_, before_stimulus),
                     normal_groups, path.data()});
    path[0] = path[sensory_half] = 0;
    std::fill(path.begin() + excitatory, path.end(), 0.0F);
  }

  kernels_.normal({noise_key(conditions_.seed, Purpose::wimmer_stimulus, trial_,
                             static_cast<std::uint32_t>(sample)),
                   normal_groups, normal.data()});
  for (std::size_t i = 0; i < path.size(); ++i) path[i] = stimulus_.path_step(path[i], normal[i]);

  for (std::size_t half = 0; half < 2; ++half) {
    const float common = stimulus_.mean[half] + stimulus_.gain * path[excitatory + half];
    for (std::size_t i = half * sensory_half; i < (half + 1) * sensory_half; ++i)
      current[i] = static_cast<T>(common + stimulus_.gain * path[i]);
  }
}

template class TrialInput<float>;
template class TrialInput<double>;

}  // namespace nnpoisson::wimmer
