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
      const auto rate = rate_term(Dual<double>{v, dv}, weight, eps);
      EXPECT_NEAR(rate.loss, -weight * std::log(dv / (1 + std::exp(-v)) + eps),
                  1e-12 * (1 + std::abs(rate.loss)));
      expect_slope(rate.adjoint.value,
                   six_point(
                       [&](double x) {
                         return rate_term(Dual<double>{x, dv}, weight, eps).loss;
                       },
                       v),
                   "rate, v");
      expect_slope(rate.adjoint.rate,
                   six_point(
                       [&](double x) {
                         return rate_term(Dual<double>{v, x}, weight, eps).loss;
                       },
                       dv),
                   "rate, dv");

      const auto value = value_term(v, weight);
      EXPECT_NEAR(value.loss, weight * std::log1p(std::exp(v)), 1e-12 * (1 + value.loss));
      expect_slope(value.adjoint,
                   six_point([&](double x) { return value_term(x, weight).loss; }, v), "value");

      const double end = v + dv;
      const auto interval = interval_term(v, end, weight, inverse_scale, floor);
      const double expected =
          (std::log1p(std::exp(end)) - std::log1p(std::exp(v))) * inverse_scale + floor;
      EXPECT_NEAR(interval.loss, -weight * std::log(expected),
                  1e-10 * (1 + std::abs(interval.loss)));
      expect_slope(
          interval.adjoint_at_start,
          six_point(
              [&](double x) { return interval_term(x, end, weight, inverse_scale, floor).loss; },
              v),
          "interval, start");
      expect_slope(
          interval.adjoint_at_end,
          six_point(
              [&](double x) { return interval_term(v, x, weight, inverse_scale, floor).loss; },
              end),
          "interval, end");
    }
}

TEST(Terms, WeightZeroGivesZero) {
  const auto rate = rate_term(Dual<double>{-40.0, 0.0}, 0.0, 1e-5);
  EXPECT_EQ(rate.loss, 0);
  EXPECT_EQ(rate.adjoint.value, 0);
  EXPECT_EQ(rate.adjoint.rate, 0);
}

TEST(Activations, TanhKeepsItsSlopeWhereItIsSaturated) {
  for (const double x : {-30.0, -5.0, 0.0, 0.7, 12.0, 40.0}) {
    const auto y = tanh_with_slope(x);
    const double cosh = std::cosh(x);
    EXPECT_NEAR(y.value, std::tanh(x), 1e-15);
    EXPECT_NEAR(y.slope * cosh * cosh, 1, 1e-13) << x;
  }
}

DualColumn<double> column_of(Dual<double>& dual) {
  return {{&dual.value, 1}, {&dual.rate, 1}};
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
      Dual<double> g{p, q};
      tanh_adjoint<true>(y, y_slope, dx, g);
      expect_slope(g.value, six_point([&](double at) { return tanh_loss(at, dx); }, x), "tanh, x");
      expect_slope(g.rate, six_point([&](double rate) { return tanh_loss(x, rate); }, dx),
                   "tanh, dx");
      Dual<double> alone{p, 0};
      tanh_adjoint<false>(y, y_slope, dx, alone);
      EXPECT_DOUBLE_EQ(alone.value, p * y_slope);

      const auto softplus_loss = [&](double at, double rate) {
        Dual<double> v{at, rate}, z{0, 0};
        double slope = 0;
        softplus_forward<true>(1, column_of(v), column_of(z), Column<double>{&slope, 1});
        return p * z.value + q * z.rate;
      };
      Dual<double> gz{p, q};
      double rate = dx, slope = 1 / (1 + std::exp(-x));
      softplus_adjoint<true>(1, Column<double>{&rate, 1}, Column<double>{&slope, 1}, column_of(gz));
      expect_slope(gz.value, six_point([&](double at) { return softplus_loss(at, dx); }, x),
                   "softplus, x");
      expect_slope(gz.rate, six_point([&](double at) { return softplus_loss(x, at); }, dx),
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

DualColumn<double> both(Rows& value, Rows& rate, int p) {
  return {value.column(p), rate.column(p)};
}

/// A dense layer of random numbers at three points, and their adjoints.
struct Layer {
  static constexpr int points = 3;
  Layer(int in_, int out_, RandomStream& random)
      : in(in_),
        out(out_),
        kernel(random_numbers(in * out, random)),
        bias(random_numbers(out, random)),
        x(in, points, random),
        dx(in, points, random),
        y(out, points, random),
        dy(out, points, random),
        gx(in, points, random),
        gdx(in, points, random) {}
  static std::vector<double> random_numbers(int n, RandomStream& random) {
    std::vector<double> numbers(static_cast<std::size_t>(n));
    for (auto& v : numbers) v = random.normal();
    return numbers;
  }
  [[nodiscard]] double weight(int i, int j) const {
    return kernel[static_cast<std::size_t>(i * out + j)];
  }

  int in, out;
  std::vector<double> kernel, bias;
  Rows x, dx, y, dy, gx, gdx;
};

void expect_forward(Layer& l, int p) {
  dense<true>(l.kernel.data(), l.bias.data(), l.in, l.out, both(l.x, l.dx, p), both(l.y, l.dy, p));
  for (int j = 0; j < l.out; ++j) {
    double value = l.bias[static_cast<std::size_t>(j)], rate = 0;
    for (int i = 0; i < l.in; ++i) {
      value += l.weight(i, j) * l.x.at(i, p);
      rate += l.weight(i, j) * l.dx.at(i, p);
    }
    EXPECT_NEAR(l.y.at(j, p), value, 1e-13);
    EXPECT_NEAR(l.dy.at(j, p), rate, 1e-13);
  }
}

/// With the layer's outputs as their adjoint.
void expect_input_adjoint(Layer& l, int p) {
  const Rows before = l.gx, before_rate = l.gdx;
  const auto added = [&](const Rows& to, Rows& from, int i) {
    double sum = to.values[static_cast<std::size_t>(i * to.stride + p)];
    for (int j = 0; j < l.out; ++j) sum += l.weight(i, j) * from.at(j, p);
    return sum;
  };
  dense_input_adjoint<true, true>(l.kernel.data(), l.in, l.out, both(l.y, l.dy, p),
                                  both(l.gx, l.gdx, p));
  for (int i = 0; i < l.in; ++i) {
    EXPECT_NEAR(l.gx.at(i, p), added(before, l.y, i), 1e-12);
    EXPECT_NEAR(l.gdx.at(i, p), added(before_rate, l.dy, i), 1e-12);
  }

  dense_input_adjoint(l.kernel.data(), l.in, l.out, l.y.column(p), l.gx.column(p));
  for (int i = 0; i < l.in; ++i) {
    double value = 0;
    for (int j = 0; j < l.out; ++j) value += l.weight(i, j) * l.y.at(j, p);
    EXPECT_NEAR(l.gx.at(i, p), value, 1e-12);
  }
}

/// Added to what the sums hold.
void expect_parameter_adjoint(Layer& l) {
  constexpr int points = Layer::points;
  std::vector<double> sums(l.kernel.size(), 0.5), without_rate(l.kernel.size(), 0.0),
      bias_sums(l.bias.size(), 0.25);
  dense_kernel_adjoint<true>(points, l.in, l.out, both(l.x, l.dx, 0), both(l.y, l.dy, 0),
                             sums.data());
  dense_parameter_adjoint(points, l.in, l.out, l.x.column(0), l.y.column(0), without_rate.data(),
                          bias_sums.data());
  for (int j = 0; j < l.out; ++j) {
    double bias_sum = 0.25;
    for (int p = 0; p < points; ++p) bias_sum += l.y.at(j, p);
    EXPECT_NEAR(bias_sums[static_cast<std::size_t>(j)], bias_sum, 1e-12);
    for (int i = 0; i < l.in; ++i) {
      double value = 0, rate = 0;
      for (int p = 0; p < points; ++p) {
        value += l.x.at(i, p) * l.y.at(j, p);
        rate += l.dx.at(i, p) * l.dy.at(j, p);
      }
      const auto place = static_cast<std::size_t>(i * l.out + j);
      EXPECT_NEAR(sums[place], 0.5 + value + rate, 1e-12);
      EXPECT_NEAR(without_rate[place], value, 1e-12);
    }
  }
}

/// Blocks of five, two and one: every remainder of both extents.
TEST(Dense, ForwardAndAdjointsAreTheSumsTheyStandFor) {
  RandomStream random(3, Purpose::spikes);
  for (int in = 1; in <= 13; ++in)
    for (int out = 1; out <= 13; ++out) {
      SCOPED_TRACE(std::to_string(in) + " to " + std::to_string(out));
      Layer layer(in, out, random);
      const auto room = layer.y.untouched(), room_in = layer.gx.untouched();
      for (int p = 0; p < Layer::points; ++p) {
        expect_forward(layer, p);
        expect_input_adjoint(layer, p);
      }
      expect_parameter_adjoint(layer);
      EXPECT_EQ(layer.y.untouched(), room);
      EXPECT_EQ(layer.dy.untouched(), room);
      EXPECT_EQ(layer.gx.untouched(), room_in);
      EXPECT_EQ(layer.gdx.untouched(), room_in);
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
