#pragma once

#include "nnpoisson/formulas/elementary.hpp"

/// Adam as Keras words it (Kingma & Ba 2015, with epsilon outside the bias correction), then the projection onto w >= 0.
namespace nnpoisson::formulas {

inline constexpr double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-7;

/// learning_rate sqrt(1 - beta2^step) / (1 - beta1^step); step counts from 1.
inline double adam_rate(double learning_rate, double step) {
  return learning_rate * std::sqrt(1 - std::pow(adam_beta2, step)) / (1 - std::pow(adam_beta1, step));
}

template <class P, class S>
NNP_FORMULA void adam(P& weight, P& first, P& second, P gradient, S rate) {
  using std::sqrt;
  first = first + (gradient - first) * S(1 - adam_beta1);
  second = second + (gradient * gradient - second) * S(1 - adam_beta2);
  weight = weight - first * rate / (sqrt(second) + P(S(adam_epsilon)));
}

}  // namespace nnpoisson::formulas
