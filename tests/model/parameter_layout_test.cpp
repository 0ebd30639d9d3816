#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "network_fixture.hpp"
#include "nnpoisson/network.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

class GoldenLayout : public testing::TestWithParam<const char*> {};
TEST_P(GoldenLayout, HasTheOrderAndShapesOfTheAuthorsWeights) {
  const Hdf5Reader golden(std::string(NNPOISSON_SHARED_DIR) + "/golden/" + GetParam() +
                          "/golden.h5");
  const auto names = golden.strings_attribute("/", "weight_names");
  const auto shape = [&](int number) {
    return golden.shape("float64/weights/step0/" + std::string(number < 10 ? "0" : "") +
                        std::to_string(number));
  };
  const NetworkShape network{.features = static_cast<int>(shape(0)[0]),
                             .regions = static_cast<int>(shape(12)[0])};
  const ParameterLayout layout(network);
  ASSERT_EQ(names.size(), layout.slots().size());
  std::size_t offset = 0;
  for (int i = 0; i < tensor_count; ++i) {
    const TensorSlot& slot = layout[static_cast<Tensor>(i)];
    EXPECT_EQ(slot.name(), names[static_cast<std::size_t>(i)]);
    const auto in = static_cast<std::size_t>(slot.in), out = static_cast<std::size_t>(slot.out);
    EXPECT_EQ(shape(i), slot.kind == TensorKind::bias ? std::vector{out} : (std::vector{in, out}))
        << slot.name();
    EXPECT_EQ(slot.offset, offset) << slot.name();
    offset += slot.size();
  }
  EXPECT_EQ(layout.size(), offset);
}
INSTANTIATE_TEST_SUITE_P(Cases, GoldenLayout, testing::Values("cori7", "rats5"));

TEST(ParameterLayout, PaperSize) {
  EXPECT_EQ(ParameterLayout({.features = 8, .regions = 42}).size(), 1794U);
}

TEST(ParameterLayout, TensorsAreNamedAfterTheirLayers) {
  const ParameterLayout layout(odd_shape());
  const auto is = [&](Tensor t, const char* name, int in, int out, bool non_negative) {
    EXPECT_EQ(layout[t].name(), name);
    EXPECT_EQ(layout[t].in, in) << name;
    EXPECT_EQ(layout[t].out, out) << name;
    EXPECT_EQ(layout[t].non_negative, non_negative) << name;
  };
  is(Tensor::A1, "neuro0/kernel:0", 3, 4, false);
  is(Tensor::b1, "neuro0/bias:0", 1, 4, false);
  is(Tensor::A2, "neuro1/kernel:0", 4, 5, false);
  is(Tensor::b2, "neuro1/bias:0", 1, 5, false);
  is(Tensor::A3, "neuro2/kernel:0", 5, 6, false);
  is(Tensor::b3, "neuro2/bias:0", 1, 6, false);
  is(Tensor::a, "neuro3/kernel:0", 1, 6, true);
  is(Tensor::C, "neuro4/kernel:0", 6, 7, true);
  is(Tensor::c, "neuro4/bias:0", 1, 7, false);
  is(Tensor::R, "neuro5/kernel:0", 1, 7, false);
  is(Tensor::d, "neuro5/bias:0", 1, 7, false);
  is(Tensor::E, "neuro6/kernel:0", 7, 9, true);
  is(Tensor::e, "neuro6/bias:0", 1, 9, false);
  is(Tensor::F1_left, "beh0/kernel:0", 9, 8, true);
  is(Tensor::f1_left, "beh0/bias:0", 1, 8, false);
  is(Tensor::F1_right, "beh2/kernel:0", 9, 8, true);
  is(Tensor::f1_right, "beh2/bias:0", 1, 8, false);
  is(Tensor::F2_left, "beh1/kernel:0", 8, 1, true);
  is(Tensor::f2_left, "beh1/bias:0", 1, 1, false);
  is(Tensor::F2_right, "beh3/kernel:0", 8, 1, true);
  is(Tensor::f2_right, "beh3/bias:0", 1, 1, false);
}

TEST(ParameterLayout, BypassDecidesWhetherRAndDAreTrained) {
  for (const bool bypass : {false, true}) {
    auto shape = odd_shape();
    shape.stimulus_bypass = bypass;
    const ParameterLayout layout(shape);
    for (const TensorSlot& slot : layout.slots())
      EXPECT_EQ(slot.trained, bypass || slot.layer != "neuro5") << slot.name();
  }
}

struct Range {
  double low, high, mean_square;
};
Range range(const std::vector<double>& parameters, const TensorSlot& slot) {
  Range r{parameters[slot.offset], parameters[slot.offset], 0};
  for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
    r.low = std::min(r.low, parameters[i]);
    r.high = std::max(r.high, parameters[i]);
    r.mean_square += parameters[i] * parameters[i] / static_cast<double>(slot.size());
  }
  return r;
}

TEST(InitialParameters, FollowGlorotRules) {
  const NetworkShape shape{.features = 100,
                           .stimulus_widths = {100, 120},
                           .time_width = 110,
                           .hidden_width = 90,
                           .behaviour_width = 80,
                           .regions = 130,
                           .stimulus_bypass = true};
  const ParameterLayout layout(shape);
  const auto parameters = initial_parameters(shape, 3);
  ASSERT_EQ(parameters.size(), layout.size());
  for (int t = 0; t < tensor_count; ++t) {
    const TensorSlot& slot = layout[static_cast<Tensor>(t)];
    const Range r = range(parameters, slot);
    const double glorot = 2.0 / (slot.in + slot.out);  // variance
    const double allowance =
        5 / std::sqrt(static_cast<double>(
                slot.size()));  // of a mean of squares, more than five deviations
    SCOPED_TRACE(slot.name());
    if (static_cast<Tensor>(t) == Tensor::d) {
      EXPECT_EQ(r.mean_square, 0);
    } else if (slot.kind == TensorKind::bias) {
      EXPECT_GE(r.low, -0.05);
      EXPECT_LE(r.high, 0.05);
      EXPECT_NEAR(r.mean_square / (0.05 * 0.05 / 3), 1, allowance);
      EXPECT_TRUE(slot.size() == 1 || (r.low < 0 && r.high > 0));
    } else if (slot.layer <= "neuro2" && slot.layer.starts_with("neuro")) {
      EXPECT_LE(std::max(-r.low, r.high), 2 * std::sqrt(glorot) / 0.879625);
      EXPECT_LT(r.low, -1.9 * std::sqrt(glorot));
      EXPECT_NEAR(r.mean_square / glorot, 1, allowance);
    } else {
      EXPECT_GE(r.low, 0);
      EXPECT_LE(r.high, std::sqrt(3 * glorot));
      EXPECT_GT(r.high, 0.9 * std::sqrt(3 * glorot));
      EXPECT_NEAR(r.mean_square / glorot, 1, allowance);
    }
  }
}

TEST(InitialParameters, WithoutBypassOnlyNeuro5IsZero) {
  auto shape = odd_shape();
  const auto with = initial_parameters(shape, 1);
  shape.stimulus_bypass = false;
  const auto without = initial_parameters(shape, 1);
  const ParameterLayout layout(shape);
  for (const TensorSlot& slot : layout.slots())
    for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i)
      ASSERT_EQ(without[i], slot.layer == "neuro5" ? 0 : with[i]) << slot.name();
}

TEST(InitialParameters, SeedDecides) {
  EXPECT_EQ(initial_parameters(odd_shape(), 5), initial_parameters(odd_shape(), 5));
  EXPECT_NE(initial_parameters(odd_shape(), 5), initial_parameters(odd_shape(), 6));
  // Tensors of one size do not share numbers: the two heads start apart.
  const ParameterLayout layout(odd_shape());
  const auto parameters = initial_parameters(odd_shape(), 5);
  EXPECT_NE(parameters[layout[Tensor::F1_left].offset],
            parameters[layout[Tensor::F1_right].offset]);
}

}  // namespace
}  // namespace nnpoisson
