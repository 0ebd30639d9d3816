#include "fit/start_gains.hpp"

#include <gtest/gtest.h>

#include "neuron_golden.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

class GoldenStartGains : public ::testing::TestWithParam<std::string> {};

// In batches: the trials of a session come together again.
TEST_P(GoldenStartGains, AreTheOracles) {
  const golden::NeuronCase c(GetParam());
  for (const int parts : {1, 3}) {
    auto parameters = c.tensors("parameter");
    start_gains(*c.problem, *c.plan(parts, c.beta, c.shrinkage), parameters);
    for (const auto t : {NeuronTensor::gain_c, NeuronTensor::gain_lnq}) {
      const NeuronSlot& slot = c.layout[t];
      if (slot.size == 0) continue;
      const auto wanted = c.numbers("start_gains/" + std::string(slot.name));
      EXPECT_LE(tolerance::relative_to_largest(
                    std::span(parameters).subspan(slot.offset, slot.size), wanted),
                1e-8)
          << slot.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenStartGains, ::testing::ValuesIn(golden::neuron_cases()),
                         golden::case_name);

}  // namespace
}  // namespace nnpoisson
