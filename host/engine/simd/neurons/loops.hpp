#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/simd/kernels.hpp"
#include "engine/simd/neurons/jobs.hpp"
#include "engine/simd/pack.hpp"

/// What the phases of a step of the model by neuron share: loops over rows of `stride` numbers.
namespace nnpoisson::simd {

/// The sum of a pack's lanes, by halves.
template <class P>
NNP_FORMULA typename P::Scalar lane_sum(P x) {
  using T = typename P::Scalar;
  constexpr int N = P::lanes;
#if defined(NNP_X86) && defined(__AVX2__)
  if constexpr (N == 8 && sizeof(T) == 4) {
    const __m256 v = (__m256)x.v;
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
#endif
#if defined(NNP_X86) && defined(__AVX512F__)
  if constexpr (N == 16 && sizeof(T) == 4) return _mm512_reduce_add_ps((__m512)x.v);
  if constexpr (N == 8 && sizeof(T) == 8) return _mm512_reduce_add_pd((__m512d)x.v);
#endif
  alignas(P) T part[N];
  x.store(part);
  for (int half = N / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

/// Packs of rows: of 8 numbers at most, so that wider ones do not pad 21 features to 32.
template <class P>
struct NeuronRow;
template <class T, int N, class Isa>
struct NeuronRow<Pack<T, N, Isa>> {
  using type = Pack < T, N<8 ? N : 8, Isa>;
};
template <class P>
using RowPack = typename NeuronRow<P>::type;

/// A worker's scratch, taken piece after piece.
template <class P>
struct NeuronPool {
  char* at;
};
template <class X, class P>
X* take(NeuronPool<P>& pool, std::size_t n) {
  X* piece = reinterpret_cast<X*>(pool.at);
  pool.at += (n * sizeof(X) + 63) / 64 * 64;
  return piece;
}
NNP_FORMULA std::size_t neuron_size(long n) {
  return static_cast<std::size_t>(n);
}

/// A layer of the features in time, of so many packs of points.
template <class P>
formulas::Column<P> feature_layer(const NeuronStep<typename P::Scalar>& s, int packs,
                                  NeuronPool<P>& pool) {
  return {take<P>(pool, neuron_size(long(s.width) * packs)), packs};
}
template <class P>
formulas::DualColumn<P> dual_feature_layer(const NeuronStep<typename P::Scalar>& s, int packs,
                                           NeuronPool<P>& pool) {
  return {feature_layer<P>(s, packs, pool), feature_layer<P>(s, packs, pool)};
}
/// Of the rows of a pack of points: [stride].
template <class P>
formulas::Column<P> row_columns(const NeuronStep<typename P::Scalar>& s, NeuronPool<P>& pool) {
  return {take<P>(pool, neuron_size(s.stride)), 1};
}
template <class P>
formulas::DualColumn<P> at_pack(const formulas::DualColumn<P>& x, long p) {
  return {{x.value.first + p, x.value.stride}, {x.rate.first + p, x.rate.stride}};
}
/// What a stimulus gives all its points.
template <class P>
formulas::Column<P> stimulus_layer(const NeuronStep<typename P::Scalar>& s, std::uint32_t stimulus,
                                   NeuronPool<P>& pool) {
  const auto h3 = feature_layer<P>(s, 1, pool);
  for (int h = 0; h < s.width; ++h) h3[h] = P(s.h3[long(stimulus) * s.width + h]);
  return h3;
}

/// A number that the compiler knows.
template <int Value>
struct KnownCount {
  static constexpr int value = Value;
};
/// Calls body with the packs of a row, so that rows stay in registers; KnownCount<0>: with many.
template <class P, class Body>
auto with_packs(int stride, const Body& body) {
  switch (stride / P::lanes) {
    case 1:
      return body(KnownCount<1>());
    case 2:
      return body(KnownCount<2>());
    case 3:
      return body(KnownCount<3>());
    case 6:
      return body(KnownCount<6>());
    default:
      return body(KnownCount<0>());
  }
}
template <class P, class T>
P* packs_at(T* rows, long row, int packs) {
  return reinterpret_cast<P*>(rows) + row * packs;
}
template <class P, class T>
const P* packs_at(const T* rows, long row, int packs) {
  return reinterpret_cast<const P*>(rows) + row * packs;
}

/// From anywhere, also between the boundaries of packs.
template <class P>
P load_any(const typename P::Scalar* from) {
  P x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}

/// Side x Side numbers: to[c * stride + r] = from[r][c].
template <int Side, class T>
void transpose(const T* const* from, T* to, long stride) {
#if defined(NNP_X86) && defined(__AVX__)
  if constexpr (Side == 8 && sizeof(T) == 4) {
    __m256 row[8], pair[8];
    for (int r = 0; r < 4; ++r)  // halves of rows r and r + 4 side by side
      for (int half = 0; half < 2; ++half)
        row[r + 4 * half] =
            _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from[r] + 4 * half)),
                                 _mm_loadu_ps(from[r + 4] + 4 * half), 1);
    for (int half = 0; half < 8; half += 4)
      for (int r = 0; r < 2; ++r) {
        pair[half + r] = _mm256_unpacklo_ps(row[half + 2 * r], row[half + 2 * r + 1]);
        pair[half + r + 2] = _mm256_unpackhi_ps(row[half + 2 * r], row[half + 2 * r + 1]);
      }
    for (int half = 0; half < 8; half += 4)
      for (int high = 0; high < 2; ++high) {
        const __m256 a = pair[half + 2 * high], b = pair[half + 2 * high + 1];
        float* column = to + (half + 2 * high) * stride;
        _mm256_storeu_ps(column, _mm256_shuffle_ps(a, b, 0x44));
        _mm256_storeu_ps(column + stride, _mm256_shuffle_ps(a, b, 0xee));
      }
    return;
  }
#endif
  for (int r = 0; r < Side; ++r)
    for (int c = 0; c < Side; ++c) to[c * stride + r] = from[r][c];
}

/// to[k] has number k of each row in its lanes; rows of `stride` numbers, one a lane.
template <class P>
void rows_to_columns(int stride, const typename P::Scalar* const* rows, P* to) {
  using T = typename P::Scalar;
  constexpr int L = P::lanes, side = L < 8 ? L : 8;
  for (int lane = 0; lane < L; lane += side)
    for (int k = 0; k < stride; k += side) {
      const T* from[side];
      for (int r = 0; r < side; ++r) from[r] = rows[lane + r] + k;
      transpose<side>(from, reinterpret_cast<T*>(to + k) + lane, L);
    }
}
/// The same back.
template <class P>
void columns_to_rows(int stride, const P* columns, typename P::Scalar* to) {
  using T = typename P::Scalar;
  constexpr int L = P::lanes, side = L < 8 ? L : 8;
  for (int lane = 0; lane < L; lane += side)
    for (int k = 0; k < stride; k += side) {
      const T* from[side];
      for (int r = 0; r < side; ++r) from[r] = reinterpret_cast<const T*>(columns + k + r) + lane;
      transpose<side>(from, to + long(lane) * stride + k, stride);
    }
}

template <class P>
void clear(typename P::Scalar* to, long n) {
  for (long k = 0; k < n; k += P::lanes) P(0).store(to + k);
}

template <class P>
typename P::Scalar dot(int stride, const typename P::Scalar* a, const typename P::Scalar* b) {
  P sum = P::load(a) * P::load(b);
  for (int k = P::lanes; k < stride; k += P::lanes) sum = sum + P::load(a + k) * P::load(b + k);
  return lane_sum(sum);
}
/// Its adjoint g: to those of both rows.
template <class P>
NNP_FORMULA void add_products(int packs, const P* a, const P* b, P g, P* ga, P* gb) {
  for (int k = 0; k < packs; ++k) {
    ga[k] = ga[k] + g * b[k];
    gb[k] = gb[k] + g * a[k];
  }
}

template <class P, class T = typename P::Scalar>
T sum_of_exponentials(int count, const T* values, T most) {
  P sum(0);
  for (int j = 0; j < count; j += P::lanes) sum = sum + exp(P::load(values + j) - P(most));
  return lane_sum(sum);
}

/// A row of amplitudes, base w exp(alpha + B . phi): part holds alpha, then B by signal.
template <class P, class T = typename P::Scalar>
void amplitude_row(const NeuronStep<T>& s, const T* part, const T* phi, T base, T* to) {
  for (int k = 0; k < s.stride; k += P::lanes) {
    P sum = P::load(part + k);
    for (int q = 1; q <= s.signals; ++q)
      sum = sum + P::load(part + long(q) * s.stride + k) * phi[q];
    (exp(sum) * P::load(s.weight + k) * base).store(to + k);
  }
}

/// Loadings of a pack of units.
template <class P>
P neuron_loading(const NeuronStep<typename P::Scalar>& s, long at) {
  return s.shared_gain ? P::load(s.c + at) : P(0);
}

}  // namespace nnpoisson::simd
