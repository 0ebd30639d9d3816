#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "nnpoisson/wimmer.hpp"
#include "wimmer/circuits.hpp"

namespace nnpoisson::wimmer {

/// Where trial `trial` starts.
[[nodiscard]] Start start_of(const Conditions& conditions, std::uint64_t trial);

/// Of 16 random bits in a step: a private train has a spike where they are below.
struct ExternalThreshold {
  std::int32_t selected, others;  ///< into DE1 and DE2; into DN and DI
};
[[nodiscard]] ExternalThreshold external_threshold(const Conditions& conditions, int step);

/// The current into the neurons of SE: its mean, and `gain` mV for each standard deviation of the
/// common and of the private path.
struct Stimulus {
  PathStep path_step;
  float gain;
  float mean[2];  ///< mV, into SE1 and SE2
};
[[nodiscard]] Stimulus stimulus_of(const Conditions& conditions, double coherence);

/// What sensory_input takes for its scale; 0 where no neuron of SX ever fires.
[[nodiscard]] double sensory_input_scale(const Conditions& conditions);

/// Everything random about one trial but the network, drawn from (seed, purpose, trial, step) in
/// steps of any order of trials. Noise is float whatever T, so that a run in double sees the same.
template <class T>
class TrialInput {
 public:
  TrialInput(const Conditions& conditions, double coherence, std::uint64_t trial,
             const Kernels<T>& kernels);

  /// What comes in step `step`; to be called for 0, 1, 2, ... in turn. Valid until the next call.
  [[nodiscard]] Input<T> next(int step);

 private:
  void draw_external(int step);
  void draw_sensory_input(int step);
  void draw_stimulus(int sample);

  const Conditions conditions_;
  const Stimulus stimulus_;
  const double input_scale_;
  const std::uint64_t trial_;
  const Kernels<T>& kernels_;
  int stimulus_first_, stimulus_end_;  ///< steps

  static constexpr int external_groups = padded_neurons / 64;
  /// The private parts of a half's paths need whole groups of draws; one more draw group holds the
  /// two common parts.
  static constexpr int normal_groups = excitatory / 32 + 1;
  struct alignas(64) Noise {
    std::array<float, padded_neurons> external;
    std::array<std::int32_t, 4 * external_groups> threshold;
    std::array<float, 32 * normal_groups> normal,
        path;  ///< path: Ornstein-Uhlenbeck of unit variance; common ones after the private
    std::array<T, excitatory> current;
  };
  std::unique_ptr<Noise> noise_;
  std::vector<std::uint16_t> sensory_input_;
};

}  // namespace nnpoisson::wimmer
