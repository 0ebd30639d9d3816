#pragma once

#include "kernels/simt.hpp"
#include "kernels/views.hpp"

/// Sums over the points of a chunk by one warp. Every sum is taken in one order: lane by lane over
/// points 32 apart, then over the lanes.
namespace nnpoisson::kernels {

NNP_DEVICE int lane_number() {
  return static_cast<int>(threadIdx.x) % warp_threads;
}
NNP_DEVICE int warp_number() {
  return static_cast<int>(threadIdx.x) / warp_threads;
}
inline constexpr int block_warps = block_threads / warp_threads;

/// Sums each of 32 values over the lanes; lane i gets the sum of value[i]. 31 exchanges instead of
/// 32 times 5: at each distance a lane hands over the half that its partner keeps. Distance is a
/// constant, or the values would not stay in registers.
template <int Distance = 16, class T>
NNP_DEVICE T transposed_sum(T (&value)[32]) {
  const bool upper = (lane_number() & Distance) != 0;
  NNP_UNROLL
  for (int i = 0; i < Distance; ++i) {
    const T give = upper ? value[i] : value[i + Distance],
            keep = upper ? value[i + Distance] : value[i];
    value[i] = keep + __shfl_xor_sync(~0U, give, Distance);
  }
  if constexpr (Distance > 1) return transposed_sum<Distance / 2>(value);
  return value[0];
}

NNP_DEVICE double lane_sum(double value) {
  NNP_UNROLL
  for (int distance = 16; distance > 0; distance /= 2)
    value += __shfl_xor_sync(~0U, value, distance);
  return value;
}

/// Where a block's rows of numbers lie, each of block_threads. Shared memory is named, not pointed
/// to: the compiler then knows it.
template <class T>
struct SharedRows {
  using Number = T;
  int bytes_before;
  NNP_DEVICE T* numbers() const { return reinterpret_cast<T*>(shared_memory() + bytes_before); }
};
template <class T>
struct AnyRows {
  using Number = T;
  T* first;
  NNP_DEVICE T* numbers() const { return first; }
};

/// to[r] += the sum over the chunk of row at + r, r in [first, first + 32) and below n.
template <class Rows>
NNP_DEVICE_CALL void add_row_sums(Rows memory, int at, int first, int n, double* to) {
  using T = typename Rows::Number;
  const T* rows = memory.numbers() + at * block_threads;
  const int lane = lane_number();
  T value[32];
  NNP_UNROLL
  for (int r = 0; r < 32; ++r) {
    value[r] = T(0);
    if (first + r < n)
      for (int p = lane; p < block_threads; p += warp_threads)
        value[r] += rows[(first + r) * block_threads + p];
  }
  const T sum = transposed_sum(value);
  if (first + lane < n) to[first + lane] += static_cast<double>(sum);
}

/// The kernel's gradient of a dense layer, to[i, j] += sum over the chunk of x_i g_j and of the
/// product of their rates, for up to I x J entries at (i, j). x, g: the rows of their first
/// element; to: [rows x out].
template <bool Rate, int I, int J, class Rows>
NNP_DEVICE_CALL void add_products(Rows memory, DualRows first_x, DualRows first_g, int i, int j,
                                  int out, double* to) {
  static_assert(I * J <= 32);
  using T = typename Rows::Number;
  const T* rows = memory.numbers();
  const T *x = rows + first_x.value * block_threads, *dx = rows + first_x.rate * block_threads;
  const T *g = rows + first_g.value * block_threads, *gd = rows + first_g.rate * block_threads;
  const int lane = lane_number();
  T value[32];
  NNP_UNROLL
  for (int k = 0; k < 32; ++k) value[k] = T(0);

  NNP_UNROLL
  for (int p = 0; p < block_threads; p += warp_threads) {
    const int point = p + lane;
    T column[J], rate[J];
    NNP_UNROLL
    for (int b = 0; b < J; ++b) {
      column[b] = g[(j + b) * block_threads + point];
      if constexpr (Rate) rate[b] = gd[(j + b) * block_threads + point];
    }
    NNP_UNROLL
    for (int a = 0; a < I; ++a) {
      const T xa = x[(i + a) * block_threads + point],
              da = Rate ? dx[(i + a) * block_threads + point] : T(0);
      NNP_UNROLL
      for (int b = 0; b < J; ++b) {
        value[a * J + b] += xa * column[b];
        if constexpr (Rate) value[a * J + b] += da * rate[b];
      }
    }
  }

  const T sum = transposed_sum(value);
  if (lane < I * J) to[(i + lane / J) * out + j + lane % J] += static_cast<double>(sum);
}

/// Work for the block's warps, handed out in turn. Every warp walks the same list, so that no list
/// is kept.
template <class Rows>
class WarpTasks {
 public:
  NNP_DEVICE explicit WarpTasks(Rows memory) : memory_(memory) {}

  NNP_DEVICE void row_sums(int at, int n, double* to) {
    for (int first = 0; first < n; first += 32)
      if (mine()) add_row_sums(memory_, at, first, n, to);
  }
  template <bool Rate>
  NNP_DEVICE void products(DualRows x, int in, DualRows g, int out, double* to) {
    int j = 0;
    for (; j + 5 <= out; j += 5) columns<Rate, 5>(x, in, g, j, out, to);
    for (; j < out; ++j) columns<Rate, 1>(x, in, g, j, out, to);
  }

 private:
  NNP_DEVICE bool mine() { return next_++ % block_warps == warp_number(); }
  template <bool Rate, int J>
  NNP_DEVICE void columns(DualRows x, int in, DualRows g, int j, int out, double* to) {
    int i = 0;
    for (; i + 5 <= in; i += 5)
      if (mine()) add_products<Rate, 5, J>(memory_, x, g, i, j, out, to);
    for (; i < in; ++i)
      if (mine()) add_products<Rate, 1, J>(memory_, x, g, i, j, out, to);
  }
  Rows memory_;
  int next_ = 0;
};

}  // namespace nnpoisson::kernels
