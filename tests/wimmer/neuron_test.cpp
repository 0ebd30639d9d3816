#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/simd/kernels.hpp"

/// The neuron kernels alone, against solutions in closed form: errors of first order in the step,
/// as Euler's method has.
namespace nnpoisson::wimmer {
namespace {

constexpr double end_ms = 20;

/// A row of sensory neurons.
template <class T>
struct Sensory {
  alignas(64) std::array<T, row> v{}, wait{}, ge{}, xe{}, gi{}, xi{}, to_xe{}, to_xi{}, current{};

  int step(const Kernels<T>& with, const Membrane& membrane, double ms) {
    std::array<std::uint16_t, row> spikes;
    return with.sensory({0, row, static_cast<T>(ms), static_cast<T>(ms / membrane.time_constant),
                         static_cast<T>(membrane.reset), static_cast<T>(membrane.refractory_steps),
                         v.data(), wait.data(), ge.data(), xe.data(), gi.data(), xi.data(),
                         to_xe.data(), to_xi.data(), current.data()},
                        spikes.data());
  }
};

/// A row of integration neurons that share nothing.
template <class T>
struct Integration {
  alignas(64) std::array<T, row> v{}, wait{}, ga{}, s{}, x{};
  alignas(64) std::array<float, row> external{};
  double gate_sum = 0;

  int step(const Kernels<T>& with, const Membrane& membrane, double ms) {
    std::array<std::uint16_t, row> spikes;
    return with.integration({0,
                             row,
                             static_cast<T>(ms),
                             static_cast<T>(ms / membrane.time_constant),
                             static_cast<T>(membrane.refractory_steps),
                             T(0),
                             {},
                             v.data(),
                             wait.data(),
                             ga.data(),
                             nullptr,
                             external.data(),
                             s.data(),
                             x.data(),
                             &gate_sum},
                            spikes.data());
  }
};

/// Integral of f over [0, end], Simpson's rule.
template <class F>
double integral(const F& f, double end) {
  constexpr int cells = 4000;
  double sum = f(0.0) + f(end);
  for (int k = 1; k < cells; ++k) sum += (k % 2 == 1 ? 4 : 2) * f(end * k / cells);
  return sum * end / cells / 3;
}

/// Potential above leak after end_ms under the conductance g with integral G, by variation of
/// constants: tau u' = -(1 + g) u + g (reversal - leak).
template <class G, class Integrated>
double potential(const G& g, const Integrated& integrated, double time_constant, double reversal) {
  return integral(
             [&](double t) {
               const double passed =
                   (end_ms - t + integrated(end_ms) - integrated(t)) / time_constant;
               return g(t) * std::exp(-passed);
             },
             end_ms) *
         (reversal - leak_potential) / time_constant;
}

/// Errors at steps of 0.1, 0.05 and 0.025 ms.
void expect_first_order(const std::vector<double>& errors, double largest) {
  EXPECT_LE(errors[0], largest);
  for (std::size_t k = 1; k < errors.size(); ++k) EXPECT_NEAR(errors[k - 1] / errors[k], 2, 0.1);
}

class NeuronKernels : public ::testing::TestWithParam<std::string> {};

TEST_P(NeuronKernels, SensorySynapseAndPotential) {
  const auto& with = kernels<double>(GetParam());
  constexpr double w = 0.5, ratio = sensory_rise / (sensory_decay - sensory_rise);
  const auto g = [](double t) {
    return w * ratio * (std::exp(-t / sensory_decay) - std::exp(-t / sensory_rise));
  };
  const auto integrated = [](double t) {
    return w * ratio *
           (sensory_decay * -std::expm1(-t / sensory_decay) +
            sensory_rise * std::expm1(-t / sensory_rise));
  };
  EXPECT_NEAR(g(2.012), 0.1337 * w, 1e-4 * w);
  for (const bool excitatory_one : {true, false}) {
    std::vector<double> conductance, voltage;
    for (const double ms : {0.1, 0.05, 0.025}) {
      Sensory<double> cell;
      cell.v.fill(leak_potential);
      (excitatory_one ? cell.xe : cell.xi).fill(w);
      for (int n = 0; n < std::lround(end_ms / ms); ++n)
        EXPECT_EQ(cell.step(with, sensory_e, ms), 0);
      const double reversal = excitatory_one ? 0 : sensory_e.inhibitory_reversal;
      conductance.push_back(std::abs((excitatory_one ? cell.ge : cell.gi)[3] / g(end_ms) - 1));
      const double expected = potential(g, integrated, sensory_e.time_constant, reversal);
      voltage.push_back(std::abs((cell.v[3] - leak_potential) / expected - 1));
    }
    expect_first_order(conductance, 0.05);
    expect_first_order(voltage, 0.02);
  }
}

TEST_P(NeuronKernels, AmpaAndPotential) {
  const auto& with = kernels<double>(GetParam());
  constexpr double w = 0.3;
  const auto g = [](double t) { return w * std::exp(-t / ampa_decay); };
  const auto integrated = [](double t) { return w * ampa_decay * -std::expm1(-t / ampa_decay); };
  std::vector<double> voltage;
  for (const double ms : {0.1, 0.05, 0.025}) {
    Integration<double> cell;
    cell.v.fill(leak_potential);
    cell.ga.fill(w);
    for (int n = 0; n < std::lround(end_ms / ms); ++n)
      EXPECT_EQ(cell.step(with, integration_e, ms), 0);
    voltage.push_back(std::abs((cell.v[5] - leak_potential) /
                                   potential(g, integrated, integration_e.time_constant, 0) -
                               1));
  }
  expect_first_order(voltage, 0.02);
}

TEST_P(NeuronKernels, NmdaGate) {
  const auto& with = kernels<double>(GetParam());
  // s' = -s / 100 + x (1 - s) / 2, x = exp(-t / 2): by variation of constants.
  const auto passed = [](double t) {
    return t / nmda_decay + nmda_gain * nmda_rise * -std::expm1(-t / nmda_rise);
  };
  const double expected = integral(
      [&](double t) {
        return nmda_gain * std::exp(-t / nmda_rise) * std::exp(passed(t) - passed(end_ms));
      },
      end_ms);
  std::vector<double> gate;
  for (const double ms : {0.1, 0.05, 0.025}) {
    Integration<double> cell;
    cell.v.fill(leak_potential);
    cell.x.fill(1);
    for (int n = 0; n < std::lround(end_ms / ms); ++n) cell.step(with, integration_e, ms);
    gate.push_back(std::abs(cell.s[7] / expected - 1));
    EXPECT_NEAR(cell.gate_sum, row * cell.s[7], 1e-12);
  }
  expect_first_order(gate, 0.02);
}

TEST_P(NeuronKernels, RefractoryPeriod) {
  for (const auto& membrane : {sensory_e, sensory_i}) {
    Sensory<float> cell;
    cell.v.fill(static_cast<float>(membrane.reset));
    cell.current.fill(10000);  // over threshold in one step
    std::vector<int> fired;
    for (int n = 0; n < 100; ++n)
      if (const int count = cell.step(kernels<float>(GetParam()), membrane, step_ms); count > 0) {
        EXPECT_EQ(count, row);
        fired.push_back(n);
      }
    EXPECT_EQ(fired.front(), 0);
    for (std::size_t k = 1; k < fired.size(); ++k)
      EXPECT_EQ(fired[k] - fired[k - 1], membrane.refractory_steps + 1);
  }
}

TEST_P(NeuronKernels, ThresholdIsStrict) {
  // Without input and at leak 0 the potential stays; here the current holds it at -50 exactly.
  Sensory<double> cell;
  cell.v.fill(firing_threshold);
  cell.current.fill(firing_threshold - leak_potential);
  EXPECT_EQ(cell.step(kernels<double>(GetParam()), sensory_e, step_ms), 0);
  cell.v.fill(std::nextafter(firing_threshold, 0.0));
  EXPECT_EQ(cell.step(kernels<double>(GetParam()), sensory_e, step_ms), row);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, NeuronKernels, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace nnpoisson::wimmer
