#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nnpoisson {

/// Of every layer of the published network; kernels are compiled for it.
inline constexpr int paper_width = 10;

/// Sizes of the monotone network (docs/architecture.md).
struct NetworkShape {
  int features = 0;                                              ///< F, stimulus vector
  std::array<int, 2> stimulus_widths{paper_width, paper_width};  ///< h1, h2
  int time_width = paper_width;                                  ///< m
  int hidden_width = paper_width;                                ///< n1, n2
  int behaviour_width = paper_width;                             ///< hidden layer of either head
  int regions = 0;                                               ///< G, columns of E
  /// The authors' R s_last + d before the last tanh; without it R = d = 0.
  bool stimulus_bypass = false;
  bool operator==(const NetworkShape&) const = default;
};

/// The 21 tensors in the order of the authors' weight files.
enum class Tensor : std::uint8_t {
  A1,
  b1,
  A2,
  b2,
  A3,
  b3,
  a,
  C,
  c,
  R,
  d,
  E,
  e,
  F1_left,
  f1_left,
  F1_right,
  f1_right,
  F2_left,
  f2_left,
  F2_right,
  f2_right
};
inline constexpr int tensor_count = 21;

enum class TensorKind : std::uint8_t { kernel, bias };

/// Where one tensor lies in the flat parameter vector; kernels are row-major [in x out] as Keras
/// stores them.
struct TensorSlot {
  std::string layer;  ///< Keras layer, e.g. "neuro4"
  TensorKind kind = TensorKind::kernel;
  int in = 0, out = 0;  ///< bias: in = 1
  std::size_t offset = 0;
  bool non_negative = false;  ///< clamped at 0 after every step
  bool trained = true;        ///< false: held at 0 (the bypass, where it is off)
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(in) * static_cast<std::size_t>(out);
  }
  /// As in Keras files, e.g. "neuro4/kernel:0".
  [[nodiscard]] std::string name() const {
    return layer + (kind == TensorKind::bias ? "/bias:0" : "/kernel:0");
  }
};

/// Where a network's parameters lie in the flat vector: tensors in the order of Tensor.
class ParameterLayout {
 public:
  explicit ParameterLayout(const NetworkShape& shape);
  [[nodiscard]] const TensorSlot& operator[](Tensor t) const {
    return slots_[static_cast<std::size_t>(t)];
  }
  [[nodiscard]] const std::array<TensorSlot, tensor_count>& slots() const& { return slots_; }
  void slots() && = delete;  // they would dangle
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<TensorSlot, tensor_count> slots_;
  std::size_t size_ = 0;
};

/// Initial values: Glorot normal for A1 A2 A3, |Glorot uniform| for the non-negative kernels and R,
/// biases uniform in +-0.05, d zero; with the bypass off R is zero too. Philox keyed by (seed,
/// tensor), so it is the same on every machine.
[[nodiscard]] std::vector<double> initial_parameters(const NetworkShape& shape, std::uint64_t seed);

}  // namespace nnpoisson
