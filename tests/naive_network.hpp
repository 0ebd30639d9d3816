#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "nnpoisson/network.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson::testing {

/// The network of docs/architecture.md as its equations stand there, sharing no code with the
/// formulas. Time derivatives are taken by a complex step, f'(t) = Im f(t + i h) / h, which is
/// exact to rounding.
class NaiveNetwork {
 public:
  using Vector = std::vector<std::complex<double>>;

  NaiveNetwork(const NetworkShape& shape, std::span<const double> parameters)
      : shape_(shape), layout_(shape), parameters_(parameters.begin(), parameters.end()) {}

  struct Value {
    double f, rate;  ///< a softplus output and its time derivative
  };
  struct Outputs {
    std::vector<Value> region;
    std::array<Value, 2> action;  ///< left, right
  };

  [[nodiscard]] Outputs at(std::span<const double> stimulus, double time) const {
    using enum Tensor;
    const std::complex<double> t(time, step);
    const Vector h1 = softplus(dense(A1, b1, Vector(stimulus.begin(), stimulus.end())));
    const Vector h2 = softplus(dense(A2, b2, h1));
    Vector m = dense(A3, b3, h2);
    for (std::size_t i = 0; i < m.size(); ++i) m[i] = std::tanh(m[i] + at(a, i) * t);
    Vector n = dense(C, c, m);
    for (std::size_t j = 0; j < n.size(); ++j) {
      const double bypass = shape_.stimulus_bypass ? at(R, j) * stimulus.back() + at(d, j) : 0;
      n[j] = std::tanh(std::tanh(n[j]) + bypass);
    }
    const Vector z = softplus(dense(E, e, n));
    Outputs out;
    for (const auto& v : z) out.region.push_back(value(v));
    out.action = {value(head(F1_left, f1_left, F2_left, f2_left, z)),
                  value(head(F1_right, f1_right, F2_right, f2_right, z))};
    return out;
  }

 private:
  static constexpr double step = 1e-40;
  static Value value(std::complex<double> v) { return {v.real(), v.imag() / step}; }
  static Vector softplus(Vector v) {
    for (auto& x : v) x = std::log(1.0 + std::exp(x));
    return v;
  }
  [[nodiscard]] double at(Tensor t, std::size_t i) const {
    return parameters_[layout_[t].offset + i];
  }
  [[nodiscard]] Vector dense(Tensor kernel, Tensor bias, const Vector& x) const {
    Vector y(layout_[bias].size());
    for (std::size_t j = 0; j < y.size(); ++j) {
      y[j] = at(bias, j);
      for (std::size_t i = 0; i < x.size(); ++i) y[j] += x[i] * at(kernel, i * y.size() + j);
    }
    return y;
  }
  [[nodiscard]] std::complex<double> head(Tensor F1, Tensor f1, Tensor F2, Tensor f2,
                                          const Vector& z) const {
    Vector w = dense(F1, f1, z);
    for (auto& x : w) x = std::tanh(x);
    return softplus(dense(F2, f2, w))[0];
  }

  NetworkShape shape_;
  ParameterLayout layout_;
  std::vector<double> parameters_;
};

/// Initial parameters away from their special values: no bias zero, constrained weights far enough
/// from 0 for differences, and heads that the regions together do not saturate (there 1 - tanh^2 is
/// rounding in float, and so is all that follows).
inline std::vector<double> random_parameters(const NetworkShape& shape, std::uint64_t seed) {
  auto parameters = initial_parameters(shape, seed);
  RandomStream random(seed, Purpose::initial_weights, 1000);
  const ParameterLayout layout(shape);
  for (const auto& slot : layout.slots())
    for (std::size_t i = slot.offset; slot.trained && i < slot.offset + slot.size(); ++i)
      parameters[i] =
          slot.non_negative ? parameters[i] + 0.03 : parameters[i] + 0.4 * (random.uniform() - 0.5);
  for (const auto head : {Tensor::F1_left, Tensor::F1_right})
    for (std::size_t i = 0; i < layout[head].size(); ++i)
      parameters[layout[head].offset + i] /= shape.regions;
  return parameters;
}

}  // namespace nnpoisson::testing
