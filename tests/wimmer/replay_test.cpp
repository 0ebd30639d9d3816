#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "data/npz_file.hpp"
#include "nnpoisson/backend.hpp"
#include "wimmer/circuits.hpp"

/// One second of an independent implementation, its inputs replayed in double: every spike, in its
/// step.
namespace nnpoisson::wimmer {
namespace {

using Train = std::vector<std::vector<std::uint16_t>>;  // [steps] neurons that fire

class Replay {
 public:
  Replay()
      : file_(std::filesystem::path(NNPOISSON_SHARED_DIR) / "wimmer/replay_1s.npz"),
        steps(static_cast<std::size_t>(file_.array("n_steps").integer(0))) {}

  void synapses(std::vector<Synapse>& into, const std::string& name, int offset) const {
    const auto pre = file_.array("syn_" + name + "_pre"),
               post = file_.array("syn_" + name + "_post");
    const auto weight = file_.array("syn_" + name + "_w"),
               delay = file_.array("syn_" + name + "_delay_steps");
    for (std::size_t k = 0; k < pre.size(); ++k)
      into.push_back({pre.small_integer(k), post.small_integer(k) + offset, delay.small_integer(k),
                      weight.real(k)});
  }
  void constant(std::vector<Synapse>& into, const std::string& name, double weight) const {
    const auto pre = file_.array("syn_" + name + "_pre"),
               post = file_.array("syn_" + name + "_post");
    for (std::size_t k = 0; k < pre.size(); ++k)
      into.push_back({pre.small_integer(k), post.small_integer(k), 10, weight});
  }
  void train(Train& into, const std::string& group, int offset) const {
    const auto neuron = file_.array("spk_" + group + "_i"),
               step = file_.array("spk_" + group + "_step");
    into.resize(steps);
    for (std::size_t k = 0; k < neuron.size(); ++k)
      into[static_cast<std::size_t>(step.integer(k))].push_back(
          static_cast<std::uint16_t>(neuron.integer(k) + offset));
  }
  template <class Into>
  void values(Into into, const std::string& name, double scale) const {
    const auto array = file_.array(name);
    for (std::size_t k = 0; k < array.size(); ++k) *into++ = scale * array.real(k);
  }
  [[nodiscard]] std::vector<double> current() const {
    std::vector<double> amperes(500 * excitatory);
    values(amperes.begin(), "stim_amp_rows_500_999ms",
           1e12 / sensory_leak_nS);  // over the leak, in mV
    return amperes;
  }

 private:
  NpzFile file_;

 public:
  std::size_t steps;
};

TEST(GoldenReplay, EverySpikeInDouble) {
  const Replay replay;
  SynapseLists lists;
  replay.synapses(lists.input, "sxe", 0);
  replay.synapses(lists.input, "sxi", excitatory);
  replay.synapses(lists.excitation, "see", 0);
  replay.synapses(lists.excitation, "sei", excitatory);
  replay.synapses(lists.inhibition, "sie", 0);
  replay.synapses(lists.inhibition, "sii", excitatory);
  replay.constant(lists.up, "ff", weight_up);
  replay.constant(lists.down, "fb", 3 * weight_down);
  Start start;
  replay.values(start.sensory_v.begin(), "init_SE_V", 1000);
  replay.values(start.sensory_v.begin() + excitatory, "init_SI_V", 1000);
  replay.values(start.sensory_ge.begin(), "init_SE_ge", 1);
  replay.values(start.sensory_ge.begin() + excitatory, "init_SI_ge", 1);
  replay.values(start.integration_v.begin(), "init_DE_V", 1000);
  replay.values(start.integration_v.begin() + excitatory, "init_DI_V", 1000);
  Train sensory, integration, input, external;
  replay.train(sensory, "SE", 0);
  replay.train(sensory, "SI", excitatory);
  replay.train(integration, "DE", 0);
  replay.train(integration, "DI", excitatory);
  replay.train(input, "SX", 0);
  replay.train(external, "DXE", 0);
  replay.train(external, "DXI", excitatory);
  const auto current = replay.current();

  for (const auto& set : instruction_sets()) {
    const auto network = tables<double>(lists);
    Circuits<double> circuits(network, kernels<double>(set), start);
    alignas(64) std::array<double, excitatory> now{};
    std::size_t right = 0, all = 0;
    for (std::size_t n = 0; n < replay.steps; ++n) {
      std::vector<float> drawn(padded_neurons, 0);
      for (const auto i : external[n]) drawn[i] = 1;
      if (n >= 5000)
        std::copy_n(current.begin() + static_cast<std::ptrdiff_t>((n - 5000) / 10 * excitatory),
                    excitatory, now.begin());
      circuits.step({n < 5000 ? nullptr : now.data(), drawn.data(), input[n]});
      const auto compare = [&](std::span<const std::uint16_t> spikes,
                               std::vector<std::uint16_t> expected) {
        std::sort(expected.begin(), expected.end());
        all += expected.size();
        if (std::equal(spikes.begin(), spikes.end(), expected.begin(), expected.end()))
          right += expected.size();
      };
      compare(circuits.sensory_spikes(static_cast<int>(n)), sensory[n]);
      compare(circuits.integration_spikes(static_cast<int>(n)), integration[n]);
    }
    EXPECT_EQ(all, 23970U);
    EXPECT_EQ(right, all) << set;
  }
}

}  // namespace
}  // namespace nnpoisson::wimmer
