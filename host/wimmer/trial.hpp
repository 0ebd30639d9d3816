#pragma once

#include <atomic>
#include <optional>

#include "nnpoisson/wimmer.hpp"
#include "wimmer/simd/kernels.hpp"
#include "wimmer/synapses.hpp"

namespace nnpoisson::wimmer {

[[nodiscard]] inline int step_of(std::uint32_t spike) {
  return static_cast<int>(spike >> neuron_bits);
}
[[nodiscard]] inline int neuron_of(std::uint32_t spike) {
  return static_cast<int>(spike & ((1U << neuron_bits) - 1));
}

/// Steps in so many seconds, which are whole ms.
[[nodiscard]] int steps_in(double seconds);
[[nodiscard]] double coherence_of(const Conditions& conditions, std::size_t trial);

/// Simulates trials of the same conditions, also from several threads at once.
class TrialSimulator {
 public:
  TrialSimulator(const Conditions& conditions, const std::string& instruction_set);
  ~TrialSimulator();
  TrialSimulator(const TrialSimulator&) = delete;
  TrialSimulator& operator=(const TrialSimulator&) = delete;

  /// Nothing if `stop` is set before the trial is over.
  [[nodiscard]] std::optional<TrialSpikes> operator()(std::size_t trial,
                                                      const std::atomic<bool>& stop) const;

 private:
  struct Networks;
  Conditions conditions_;
  std::string instruction_set_;
  std::unique_ptr<const Networks> networks_;
};

}  // namespace nnpoisson::wimmer
