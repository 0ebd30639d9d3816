#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "kernels/wimmer_trials.hpp"
#include "nnpoisson/backend.hpp"
#include "simt/emulated_device.hpp"
#include "wanted_rows.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/trial.hpp"

/// The kernel against the host: every spike of every trial. In the emulation, and on a GPU where
/// there is one.
namespace nnpoisson::wimmer {
namespace {

using DeviceMaker = std::function<std::unique_ptr<kernels::SimulatorDevice>()>;

constexpr std::size_t all = 4;

/// The first `emulated` of the emulated devices, which take blocks and threads in different orders
/// and have room for xe's ring in shared memory, or none; a GPU.
std::vector<std::pair<std::string, DeviceMaker>> devices(std::size_t emulated) {
  std::vector<std::pair<std::string, DeviceMaker>> made;
  for (const auto order : {simt::Order::ascending, simt::Order::shuffled})
    for (const std::size_t shared : {48 << 10, 320 << 10})
      made.emplace_back("emulated, " + std::to_string(shared) + " bytes shared", [=] {
        return simt::make_emulated_simulator_device(
            {.resident_blocks = 2, .shared_bytes = shared, .order = order});
      });
  made.resize(emulated);
  if (!testing::rows_wanted("emulated")) made.clear();
  if (testing::gpu_required() || std::ranges::any_of(cuda_devices(), &DeviceState::usable))
    made.emplace_back("cuda", [] { return kernels::make_cuda_simulator_device(-1); });
  return made;
}

/// Returns the number of spikes of the first trial's busier circuit.
std::size_t expect_the_hosts_spikes(const Conditions& conditions, std::size_t first,
                                    std::size_t count, std::size_t emulated) {
  const TrialSimulator host(conditions, "");
  std::vector<TrialSpikes> expected;
  for (std::size_t n = first; n < first + count; ++n) expected.push_back(host(n).value());
  EXPECT_GE(expected.front().integration.size(), static_cast<std::size_t>(neurons))
      << "all fire in the first step";
  for (const auto& [name, make] : devices(emulated)) {
    kernels::WimmerTrials trials(make(), conditions);
    std::vector<TrialSpikes> found;
    for (std::size_t n = first; n < first + count;) {
      std::vector<std::size_t> now(std::min(trials.side_by_side(), first + count - n));
      std::iota(now.begin(), now.end(), n);
      for (auto& spikes : trials(now)) found.push_back(std::move(spikes));
      n += now.size();
    }
    for (std::size_t k = 0; k < count; ++k) {
      EXPECT_EQ(found[k].sensory, expected[k].sensory) << name << ", trial " << first + k;
      EXPECT_EQ(found[k].integration, expected[k].integration) << name << ", trial " << first + k;
    }
  }
  return std::max(expected.front().sensory.size(), expected.front().integration.size());
}

Conditions brief() {
  Conditions conditions;
  conditions.duration = 0.03;
  conditions.stimulus_from = 0.01;
  conditions.stimulus_until = 0.025;
  return conditions;
}

TEST(Device, HasTheHostsSpikes) {
  expect_the_hosts_spikes(brief(), 4, 3, all);
}

TEST(Device, HasThemInDouble) {
  Conditions conditions = brief();
  conditions.precision = Precision::double_precision;
  expect_the_hosts_spikes(conditions, 0, 1, 2);
}

TEST(Device, HasThemWithNetworksOfTheirOwn) {
  Conditions conditions = brief();
  conditions.network_per_trial = true;
  conditions.feedback = 0;
  expect_the_hosts_spikes(conditions, 1, 2, 1);
}

TEST(Device, HasThemWhereTheyAreMoreThanUsual) {
  Conditions conditions = brief();
  conditions.duration = 0.007;
  conditions.stimulus_from = 0.002;
  conditions.stimulus_until = 0.006;
  conditions.sensory_rate = 5000;
  conditions.external_rate = 10000;
  const auto usual = static_cast<std::size_t>(40 * 0.007 * neurons) + neurons;
  EXPECT_GT(expect_the_hosts_spikes(conditions, 0, 1, 1), usual);
}

TEST(Device, HasThemWithoutInputs) {
  Conditions conditions = brief();
  conditions.sensory_rate = conditions.external_rate = conditions.stimulus_sd = 0;
  expect_the_hosts_spikes(conditions, 0, 1, 2);
}

}  // namespace
}  // namespace nnpoisson::wimmer
