#pragma once

#include "nnpoisson/formulas/elementary.hpp"

/// Adam as Keras words it (Kingma & Ba 2015, with epsilon outside the bias correction), then the
/// projection onto w >= 0.
namespace nnpoisson::formulas {

inline constexpr double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-7;

/// learning_rate sqrt(1 - beta2^step) / (1 - beta1^step); step counts from 1. Keras rounds both
/// betas to single precision here, even where the weights are double, and not in the moments: 1 -
/// 0.999F is 1.3e-5 off 0.001, which shows after ten steps.
inline double adam_rate(double learning_rate, double step) {
  const auto rounded = [](double x) { return static_cast<double>(static_cast<float>(x)); };
  return learning_rate * std::sqrt(1 - std::pow(rounded(adam_beta2), step)) /
         (1 - std::pow(rounded(adam_beta1), step));
}

template <class P, class S>
NNP_FORMULA void adam(P& weight, P& first, P& second, P gradient, S rate) {
  using std::sqrt;
  first = first + (gradient - first) * S(1 - adam_beta1);
  second = second + (gradient * gradient - second) * S(1 - adam_beta2);
  weight = weight - first * rate / (sqrt(second) + P(S(adam_epsilon)));
}

}  // namespace nnpoisson::formulas
