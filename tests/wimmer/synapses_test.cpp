#include "wimmer/synapses.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace nnpoisson::wimmer {
namespace {

const SynapseLists& lists() {
  static const SynapseLists drawn = draw_synapses(1, 0, 3);
  return drawn;
}

/// Number of synapses between two ranges, against independent pairs: mean and variance of in- and
/// out-degrees too.
void expect_binomial(const std::vector<Synapse>& synapses, int first, int end, int from, int to,
                     double p) {
  std::map<int, int> out, in;
  std::size_t count = 0;
  for (const auto& s : synapses) {
    if (s.source < first || s.source >= end || s.target < from || s.target >= to) continue;
    ++count;
    ++out[s.source];
    ++in[s.target];
  }
  const double sources = end - first, targets = to - from, pairs = sources * targets;
  EXPECT_LE(std::abs(static_cast<double>(count) - pairs * p), 4 * std::sqrt(pairs * p * (1 - p)));
  const auto variance = [&](const std::map<int, int>& degree, double nodes, double others) {
    double sum = 0;
    for (const auto& [node, n] : degree) sum += (n - others * p) * (n - others * p);
    sum += (nodes - static_cast<double>(degree.size())) * others * p * others * p;
    EXPECT_NEAR(sum / nodes / (others * p * (1 - p)), 1, 4.5 * std::sqrt(2 / nodes));
  };
  variance(out, sources, targets);
  variance(in, targets, sources);
}

TEST(Synapses, CountsAreBinomial) {
  expect_binomial(lists().input, 0, sensory_inputs, 0, excitatory, input_probability);
  expect_binomial(lists().input, 0, sensory_inputs, excitatory, neurons, input_probability);
  expect_binomial(lists().excitation, 0, sensory_half, 0, sensory_half, connection_probability);
  expect_binomial(lists().excitation, 0, sensory_half, sensory_half, excitatory,
                  connection_probability);
  expect_binomial(lists().excitation, 0, excitatory, excitatory, neurons, connection_probability);
  expect_binomial(lists().inhibition, 0, neurons - excitatory, 0, neurons, connection_probability);
  expect_binomial(lists().up, 0, sensory_half, 0, selective, connection_probability);
  expect_binomial(lists().down, selective, 2 * selective, sensory_half, excitatory,
                  connection_probability);
}

TEST(Synapses, JoinTheRightHalvesOnceEach) {
  for (const auto& s : lists().up) EXPECT_EQ(s.source / sensory_half, s.target / selective);
  for (const auto& s : lists().down) EXPECT_EQ(s.source / selective, s.target / sensory_half);
  bool self = false;
  std::set<std::pair<int, int>> seen;
  for (const auto& s : lists().excitation) {
    EXPECT_TRUE(seen.insert({s.source, s.target}).second);
    self = self || s.source == s.target;
  }
  EXPECT_TRUE(self);
  EXPECT_TRUE(draw_synapses(1, 0, 0).down.empty());
}

TEST(Synapses, WeightsAndDelays) {
  const auto expect = [](const std::vector<Synapse>& synapses, auto&& among, double mean,
                         Delays delays) {
    double sum = 0, squares = 0, zero = 0, n = 0;
    std::vector<double> of_delay(static_cast<std::size_t>(delays.count), 0);
    for (const auto& s : synapses) {
      if (!among(s)) continue;
      ++n;
      sum += s.weight / mean;
      squares += s.weight / mean * s.weight / mean;
      zero += s.weight == 0 ? 1 : 0;
      ++of_delay.at(static_cast<std::size_t>(s.delay - delays.first));
    }
    // Of max(0, 1 + z / 2): mean 1.00424, deviation 0.4897, zero with probability 0.02275.
    EXPECT_NEAR(sum / n, 1.00424, 4 * 0.49 / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n - sum / n * sum / n), 0.4897, 4 * 0.4 / std::sqrt(n));
    EXPECT_NEAR(zero / n, 0.02275, 4 * 0.15 / std::sqrt(n));
    double chi = 0;
    for (const double count : of_delay)
      chi += (count - n / delays.count) * (count - n / delays.count) / (n / delays.count);
    EXPECT_LE(chi, 27.9);  // 99.9 % with 9 degrees of freedom
  };
  const auto all = [](const Synapse&) { return true; };
  const auto same = [](const Synapse& s) {
    return s.target < excitatory && s.source / sensory_half == s.target / sensory_half;
  };
  const auto other = [](const Synapse& s) {
    return s.target < excitatory && s.source / sensory_half != s.target / sensory_half;
  };
  const auto onto_si = [](const Synapse& s) { return s.target >= excitatory; };
  expect(lists().input, all, 1.7076 / 16.7, {5, 10});
  expect(lists().excitation, same, 0.059077, {5, 10});
  expect(lists().excitation, other, 0.031810, {5, 10});
  expect(lists().excitation, onto_si, 0.090892, {5, 10});
  expect(lists().inhibition, all, 0.757431, {1, 8});
  for (const auto& s : lists().up) ASSERT_EQ(std::tuple(s.delay, s.weight), std::tuple(10, 0.0036));
  for (const auto& s : lists().down)
    ASSERT_EQ(std::tuple(s.delay, s.weight), std::tuple(10, 3 * 0.004));
}

TEST(Synapses, ArriveWhenAndWhereTheyShould) {
  const std::vector<Synapse> synapses{
      {2, 7, 14, 0.5}, {0, 1999, 1, 0.25}, {2, 0, 5, 2}, {2, 8, 14, 1}};
  const SynapseTable<float> table(3, synapses);
  const auto arrivals = std::make_unique<Arrivals<float>>();
  table.deliver(2, 29, *arrivals);
  table.deliver(0, 30, *arrivals);
  table.deliver(1, 30, *arrivals);
  const auto at = [&](int step, int target) { return arrivals->slot(step)[target]; };
  EXPECT_EQ(at(43, 7), 0.5F);
  EXPECT_EQ(at(43, 8), 1.0F);
  EXPECT_EQ(at(34, 0), 2.0F);
  EXPECT_EQ(at(31, 1999), 0.25F);
  double sum = 0;
  for (int step = 30; step < 46; ++step)
    for (int target = 0; target < neurons; ++target) sum += static_cast<double>(at(step, target));
  EXPECT_EQ(sum, 3.75);
}

TEST(Synapses, AreOfTheirSeedAndNumber) {
  const auto again = draw_synapses(1, 0, 3), other = draw_synapses(1, 1, 3),
             seed = draw_synapses(2, 0, 3);
  const auto equal = [](const SynapseLists& a, const SynapseLists& b) {
    return a.input.size() == b.input.size() && a.input[5].weight == b.input[5].weight &&
           a.up.size() == b.up.size();
  };
  EXPECT_TRUE(equal(again, lists()));
  EXPECT_FALSE(equal(other, lists()));
  EXPECT_FALSE(equal(seed, lists()));
}

}  // namespace
}  // namespace nnpoisson::wimmer
