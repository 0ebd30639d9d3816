#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/simulator_device.hpp"
#include "nnpoisson/wimmer.hpp"

namespace nnpoisson::kernels {

/// Simulates trials of the spiking network on a device, a trial a block. Spikes are those of the
/// host but where rounding decides: see docs/synthetic.md.
class WimmerTrials {
 public:
  /// Throws UsageError (conditions), ResourceError.
  WimmerTrials(std::unique_ptr<SimulatorDevice> device, const wimmer::Conditions& conditions);
  ~WimmerTrials();
  WimmerTrials(const WimmerTrials&) = delete;
  WimmerTrials& operator=(const WimmerTrials&) = delete;

  /// Trials that the device runs together.
  [[nodiscard]] std::size_t side_by_side() const;
  /// In the order given; no more than side_by_side().
  [[nodiscard]] std::vector<wimmer::TrialSpikes> operator()(std::span<const std::size_t> trials);

 private:
  class AnyPrecision;
  template <class T>
  class InPrecision;
  std::unique_ptr<SimulatorDevice> device_;
  std::unique_ptr<AnyPrecision> trials_;
};

}  // namespace nnpoisson::kernels
