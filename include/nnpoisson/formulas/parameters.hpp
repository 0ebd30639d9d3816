#pragma once

#include "nnpoisson/formulas/network.hpp"
#include "nnpoisson/network.hpp"

/// How the 21 tensors lie in the flat vector of all parameters, and in the rows of numbers that
/// hold a part of its gradient. Their order is that of enum Tensor; their sizes are here.
namespace nnpoisson::formulas {

/// A kernel's rows and columns; a bias is one row.
struct TensorSize {
  int in, out;
};

[[nodiscard]] NNP_FORMULA constexpr TensorSize tensor_size(const NetworkSizes& net, Tensor tensor) {
  switch (tensor) {
    case Tensor::A1:
      return {net.features, net.width1};
    case Tensor::b1:
      return {1, net.width1};
    case Tensor::A2:
      return {net.width1, net.width2};
    case Tensor::b2:
      return {1, net.width2};
    case Tensor::A3:
      return {net.width2, net.time_width};
    case Tensor::b3:
    case Tensor::a:
      return {1, net.time_width};
    case Tensor::C:
      return {net.time_width, net.hidden_width};
    case Tensor::c:
    case Tensor::R:
    case Tensor::d:
      return {1, net.hidden_width};
    case Tensor::E:
      return {net.hidden_width, net.regions};
    case Tensor::e:
      return {1, net.regions};
    case Tensor::F1_left:
    case Tensor::F1_right:
      return {net.regions, net.behaviour_width};
    case Tensor::f1_left:
    case Tensor::f1_right:
      return {1, net.behaviour_width};
    case Tensor::F2_left:
    case Tensor::F2_right:
      return {net.behaviour_width, 1};
    case Tensor::f2_left:
    case Tensor::f2_right:
      return {1, 1};
  }
  return {0, 0};
}

/// One past the last tensor.
inline constexpr auto tensors_end = static_cast<Tensor>(tensor_count);

/// Numbers of the tensors from First up to End, without End.
template <Tensor First, Tensor End>
[[nodiscard]] NNP_FORMULA constexpr int flat_size(const NetworkSizes& net) {
  if constexpr (First == End) {
    return 0;
  } else {
    const TensorSize size = tensor_size(net, First);
    constexpr auto next = static_cast<Tensor>(static_cast<int>(First) + 1);
    return size.in * size.out + flat_size<next, End>(net);
  }
}

/// Where the tensors begin in the flat vector.
struct TensorOffsets {
  int first[tensor_count];
  int size;
  [[nodiscard]] NNP_FORMULA int operator[](Tensor tensor) const {
    return first[static_cast<int>(tensor)];
  }
};

/// The network whose parameters lie at `parameters`.
template <class S>
[[nodiscard]] NNP_FORMULA Network<S> network_at(const NetworkSizes& sizes, const TensorOffsets& at,
                                                const S* parameters) {
  const auto tensor = [&](Tensor t) { return parameters + at[t]; };
  using enum Tensor;
  return {sizes,
          tensor(A1),
          tensor(b1),
          tensor(A2),
          tensor(b2),
          tensor(A3),
          tensor(b3),
          tensor(a),
          tensor(C),
          tensor(c),
          tensor(R),
          tensor(d),
          tensor(E),
          tensor(e),
          {{tensor(F1_left), tensor(f1_left), tensor(F2_left), tensor(f2_left)},
           {tensor(F1_right), tensor(f1_right), tensor(F2_right), tensor(f2_right)}}};
}

/// Where what a tile's points add to the gradient lies in a row of the tile's own: the tensors from
/// `a` on in the flat order but for R and d, of E and e the tile's columns only, the heads only
/// where they are read.
struct GradientRow {
  int a, C, c, E, e, heads, size;
};

/// columns: of E and e in the row.
[[nodiscard]] NNP_FORMULA constexpr GradientRow gradient_row(const NetworkSizes& net, int columns,
                                                             bool with_heads) {
  using enum Tensor;
  GradientRow row{};
  row.C = flat_size<a, C>(net);
  row.c = flat_size<a, c>(net);
  row.E = flat_size<a, R>(net);
  row.e = row.E + net.hidden_width * columns;
  row.heads = row.e + columns;
  row.size = row.heads + (with_heads ? flat_size<F1_left, tensors_end>(net) : 0);
  return row;
}

/// Where the tensors of an action's head begin, from GradientRow::heads on.
struct HeadRow {
  int F1, f1, F2, f2;
};
[[nodiscard]] NNP_FORMULA constexpr HeadRow head_row(const NetworkSizes& net, int action) {
  using enum Tensor;
  if (action == 0)
    return {0, flat_size<F1_left, f1_left>(net), flat_size<F1_left, F2_left>(net),
            flat_size<F1_left, f2_left>(net)};
  return {flat_size<F1_left, F1_right>(net), flat_size<F1_left, f1_right>(net),
          flat_size<F1_left, F2_right>(net), flat_size<F1_left, f2_right>(net)};
}

/// Where what a group of stimuli adds to the gradient lies in a row of the group's own: the tensors
/// before `a`, then R and d if the network has the bypass.
[[nodiscard]] NNP_FORMULA constexpr int stimulus_gradient_size(const NetworkSizes& net) {
  using enum Tensor;
  return flat_size<A1, a>(net) + (net.bypass ? flat_size<R, E>(net) : 0);
}

}  // namespace nnpoisson::formulas
