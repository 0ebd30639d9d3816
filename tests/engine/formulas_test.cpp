#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "nnpoisson/formulas/likelihood.hpp"
#include "nnpoisson/formulas/network.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson::formulas {
namespace {

double six_point(const std::function<double(double)>& f, double x) {
  const double h = 1e-3;
  return (45 * (f(x + h) - f(x - h)) - 9 * (f(x + 2 * h) - f(x - 2 * h)) + f(x + 3 * h) -
          f(x - 3 * h)) /
         (60 * h);
}

void expect_slope(double adjoint, double difference, const char* what) {
  EXPECT_TRUE(std::abs(adjoint - difference) <= 1e-9 * std::max(1.0, std::abs(difference)))
      << what << ": " << adjoint << " " << difference;
}

TEST(Terms, AdjointsAreTheirDerivatives) {
  const double weight = 3.5, eps = 1e-2, inverse_scale = 0.6, floor = 1e-3;
  for (const double v : {-6.0, -1.0, 0.0, 0.7, 5.0, 30.0})
    for (const double dv : {0.05, 1.0, 20.0}) {
      SCOPED_TRACE(std::to_string(v) + " " + std::to_string(dv));
      const auto rate = rate_term(v, dv, weight, eps);
      EXPECT_NEAR(rate.loss, -weight * std::log(dv / (1 + std::exp(-v)) + eps),
                  1e-12 * (1 + std::abs(rate.loss)));
      expect_slope(rate.gv,
                   six_point([&](double x) { return rate_term(x, dv, weight, eps).loss; }, v),
                   "rate, v");
      expect_slope(rate.gdv,
                   six_point([&](double x) { return rate_term(v, x, weight, eps).loss; }, dv),
                   "rate, dv");

      const auto value = value_term(v, weight);
      EXPECT_NEAR(value.loss, weight * std::log1p(std::exp(v)), 1e-12 * (1 + value.loss));
      expect_slope(value.gv, six_point([&](double x) { return value_term(x, weight).loss; }, v),
                   "value");

      const double end = v + dv;
      const auto interval = interval_term(v, end, weight, inverse_scale, floor);
      const double expected =
          (std::log1p(std::exp(end)) - std::log1p(std::exp(v))) * inverse_scale + floor;
      EXPECT_NEAR(interval.loss, -weight * std::log(expected),
                  1e-10 * (1 + std::abs(interval.loss)));
      expect_slope(
          interval.gv_start,
          six_point(
              [&](double x) { return interval_term(x, end, weight, inverse_scale, floor).loss; },
              v),
          "interval, start");
      expect_slope(
          interval.gv_end,
          six_point(
              [&](double x) { return interval_term(v, x, weight, inverse_scale, floor).loss; },
              end),
          "interval, end");
    }
}

TEST(Terms, WeightZeroGivesZero) {
  const auto rate = rate_term(-40.0, 0.0, 0.0, 1e-5);
  EXPECT_EQ(rate.loss, 0);
  EXPECT_EQ(rate.gv, 0);
  EXPECT_EQ(rate.gdv, 0);
}

TEST(Activations, TanhKeepsItsSlopeWhereItIsSaturated) {
  for (const double x : {-30.0, -5.0, 0.0, 0.7, 12.0, 40.0}) {
    const auto y = tanh_with_slope(x);
    const double cosh = std::cosh(x);
    EXPECT_NEAR(y.value, std::tanh(x), 1e-15);
    EXPECT_NEAR(y.slope * cosh * cosh, 1, 1e-13) << x;
  }
}

/// L = p y + q dy, so that p and q are the adjoints of value and rate.
TEST(Activations, AdjointsAreTheDerivativesOfValueAndRate) {
  const double p = 0.8, q = -1.3;
  for (const double x : {-3.0, -0.4, 0.0, 1.1, 4.0})
    for (const double dx : {0.0, 0.3, 2.0}) {
      const auto tanh_loss = [&](double at, double rate) {
        const auto y = tanh_with_slope(at);
        return p * y.value + q * y.slope * rate;
      };
      const double y = std::tanh(x), y_slope = 1 - y * y;
      double gy = p, gdy = q;
      tanh_adjoint<true>(y, y_slope, dx, gy, gdy);
      expect_slope(gy, six_point([&](double at) { return tanh_loss(at, dx); }, x), "tanh, x");
      expect_slope(gdy, six_point([&](double rate) { return tanh_loss(x, rate); }, dx), "tanh, dx");
      double alone = p, none = 0;
      tanh_adjoint<false>(y, y_slope, dx, alone, none);
      EXPECT_DOUBLE_EQ(alone, p * y_slope);

      const auto softplus_loss = [&](double at, double rate) {
        double z = 0, dz = 0, slope = 0;
        softplus_forward<true>(1, Column<double>{&at, 1}, Column<double>{&rate, 1},
                               Column<double>{&z, 1}, Column<double>{&dz, 1},
                               Column<double>{&slope, 1});
        return p * z + q * dz;
      };
      double gz = p, gdz = q, rate = dx, slope = 1 / (1 + std::exp(-x));
      softplus_adjoint<true>(1, Column<double>{&rate, 1}, Column<double>{&slope, 1},
                             Column<double>{&gz, 1}, Column<double>{&gdz, 1});
      expect_slope(gz, six_point([&](double at) { return softplus_loss(at, dx); }, x),
                   "softplus, x");
      expect_slope(gdz, six_point([&](double at) { return softplus_loss(x, at); }, dx),
                   "softplus, dx");
    }
}

/// A matrix of random numbers with room around its columns, which must stay as it is.
struct Rows {
  Rows(int rows, int points, RandomStream& random)
      : stride(points + 3), values(static_cast<std::size_t>((rows + 1) * stride), outside) {
    for (int i = 0; i < rows; ++i)
      for (int p = 0; p < points; ++p) at(i, p) = random.normal();
  }
  double& at(int i, int p) { return values[static_cast<std::size_t>(i * stride + p)]; }
  Column<double> column(int p) { return {&at(0, p), stride}; }
  [[nodiscard]] std::size_t untouched() const {
    return static_cast<std::size_t>(std::count(values.begin(), values.end(), outside));
  }
  static constexpr double outside = -77;
  int stride;
  std::vector<double> values;
};

/// Blocks of five, two and one: every remainder of both extents.
TEST(Dense, ForwardAndAdjointsAreTheSumsTheyStandFor) {
  RandomStream random(3, Purpose::spikes);
  for (int in = 1; in <= 13; ++in)
    for (int out = 1; out <= 13; ++out) {
      SCOPED_TRACE(std::to_string(in) + " to " + std::to_string(out));
      const int points = 3;
      std::vector<double> kernel(static_cast<std::size_t>(in * out)),
          bias(static_cast<std::size_t>(out));
      for (auto* v : {&kernel, &bias})
        for (auto& k : *v) k = random.normal();
      const auto K = [&](int i, int j) { return kernel[static_cast<std::size_t>(i * out + j)]; };
      Rows x(in, points, random), dx(in, points, random), y(out, points, random),
          dy(out, points, random);
      Rows gx(in, points, random), gdx(in, points, random);
      const auto room = y.untouched(), room_in = gx.untouched();
      for (int p = 0; p < points; ++p) {
        dense<true>(kernel.data(), bias.data(), in, out, x.column(p), dx.column(p), y.column(p),
                    dy.column(p));
        for (int j = 0; j < out; ++j) {
          double value = bias[static_cast<std::size_t>(j)], rate = 0;
          for (int i = 0; i < in; ++i) value += K(i, j) * x.at(i, p), rate += K(i, j) * dx.at(i, p);
          EXPECT_NEAR(y.at(j, p), value, 1e-13);
          EXPECT_NEAR(dy.at(j, p), rate, 1e-13);
        }
        const auto before = gx.values, before_rate = gdx.values;
        dense_input_adjoint<true, true>(kernel.data(), in, out, y.column(p), dy.column(p),
                                        gx.column(p), gdx.column(p));
        for (int i = 0; i < in; ++i) {
          double value = before[static_cast<std::size_t>(i * gx.stride + p)],
                 rate = before_rate[static_cast<std::size_t>(i * gx.stride + p)];
          for (int j = 0; j < out; ++j)
            value += K(i, j) * y.at(j, p), rate += K(i, j) * dy.at(j, p);
          EXPECT_NEAR(gx.at(i, p), value, 1e-12);
          EXPECT_NEAR(gdx.at(i, p), rate, 1e-12);
        }
        dense_input_adjoint<false, false>(kernel.data(), in, out, y.column(p), dy.column(p),
                                          gx.column(p), gdx.column(p));
        for (int i = 0; i < in; ++i) {
          double value = 0;
          for (int j = 0; j < out; ++j) value += K(i, j) * y.at(j, p);
          EXPECT_NEAR(gx.at(i, p), value, 1e-12);
        }
      }
      std::vector<double> sums(kernel.size(), 0.5), without_rate(kernel.size(), 0.0),
          bias_sums(bias.size(), 0.25);
      dense_kernel_adjoint<true>(points, in, out, x.column(0), dx.column(0), y.column(0),
                                 dy.column(0), sums.data());
      dense_kernel_adjoint<false>(points, in, out, x.column(0), dx.column(0), y.column(0),
                                  dy.column(0), without_rate.data());
      dense_bias_adjoint(points, out, y.column(0), bias_sums.data());
      for (int j = 0; j < out; ++j) {
        double b = 0.25;
        for (int p = 0; p < points; ++p) b += y.at(j, p);
        EXPECT_NEAR(bias_sums[static_cast<std::size_t>(j)], b, 1e-12);
        for (int i = 0; i < in; ++i) {
          double value = 0, rate = 0;
          for (int p = 0; p < points; ++p)
            value += x.at(i, p) * y.at(j, p), rate += dx.at(i, p) * dy.at(j, p);
          EXPECT_NEAR(sums[static_cast<std::size_t>(i * out + j)], 0.5 + value + rate, 1e-12);
          EXPECT_NEAR(without_rate[static_cast<std::size_t>(i * out + j)], value, 1e-12);
        }
      }
      EXPECT_EQ(y.untouched(), room);
      EXPECT_EQ(dy.untouched(), room);
      EXPECT_EQ(gx.untouched(), room_in);
      EXPECT_EQ(gdx.untouched(), room_in);
    }
}

TEST(Elementary, SoftplusAndLogisticDoNotOverflow) {
  for (const double x : {-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0}) {
    EXPECT_NEAR(softplus(x), x > 30 ? x : std::log1p(std::exp(x)), 1e-14 * (1 + std::abs(x)));
    EXPECT_TRUE(logistic(x) >= 0 && logistic(x) <= 1);
    EXPECT_NEAR(logistic(x) + logistic(-x), 1, 1e-15);
  }
}

}  // namespace
}  // namespace nnpoisson::formulas
