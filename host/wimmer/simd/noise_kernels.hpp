#pragma once

#include "wimmer/formulas.hpp"
#include "wimmer/simd/kernels.hpp"

namespace nnpoisson::wimmer {

/// Philox 4x32-10 (nnpoisson/random.hpp) on P::lanes / 2 blocks at once: a word lies in the low
/// half of a 64-bit lane, where a product leaves its two halves for the next round in place.
template <class P>
struct Philox {
  static constexpr int blocks = P::lanes / 2;
  using U = typename simd::Vector<std::uint64_t, blocks>::type;
  using I = typename P::I;

  /// Words 0 and 1 of the blocks, alternating, then words 2 and 3.
  struct Words {
    I first, second;
  };

  static NNP_FORMULA U product(U a, std::uint64_t b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(U) == 64)
      return (U)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(static_cast<long long>(b)));
#endif
#if defined(__AVX2__)
    if constexpr (sizeof(U) == 32)
      return (U)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(static_cast<long long>(b)));
#endif
#if defined(__x86_64__)
    if constexpr (sizeof(U) == 16)
      return (U)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(static_cast<long long>(b)));
#endif
    return (a & 0xFFFFFFFFU) * b;
  }

  static NNP_FORMULA Words draw(const NoiseKey& from, std::uint32_t first_block) {
    U c0 = first_block - U{}, c1 = from.counter[0] - U{}, c2 = from.counter[1] - U{},
      c3 = from.counter[2] - U{};
    for (int k = 0; k < blocks; ++k) c0[k] += static_cast<std::uint64_t>(k);
    std::uint32_t key0 = from.key[0], key1 = from.key[1];
    for (int round = 0; round < 10; ++round) {
      const U p = product(c0, 0xD2511F53), q = product(c2, 0xCD9E8D57);
      c0 = (q >> 32) ^ c1 ^ key0;
      c2 = (p >> 32) ^ c3 ^ key1;
      c1 = q;
      c3 = p;
      key0 += 0x9E3779B9U;
      key1 += 0xBB67AE85U;
    }
    return {(I)((c0 & 0xFFFFFFFFU) | c1 << 32), (I)((c2 & 0xFFFFFFFFU) | c3 << 32)};
  }
};

template <class P>
void bernoulli_kernel(const BernoulliJob& job) {
  using I = typename P::I;
  const I one = (I)(1.0F - typename P::V{});
  for (int g = 0; g < job.groups; ++g) {
    const std::int32_t* threshold = job.threshold + 4 * g;
    for (int k = 0; k < 16; k += P::lanes) {
      const auto words = Philox<P>::draw(job.key, static_cast<std::uint32_t>(8 * g + k / 2));
      float* out = job.out + 64 * g + k;
      const auto low = [](I w) { return w & 0xFFFF; };
      const auto high = [](I w) { return (w >> 16) & 0xFFFF; };
      P((typename P::V)((low(words.first) < threshold[0]) & one)).store(out);
      P((typename P::V)((high(words.first) < threshold[1]) & one)).store(out + 16);
      P((typename P::V)((low(words.second) < threshold[2]) & one)).store(out + 32);
      P((typename P::V)((high(words.second) < threshold[3]) & one)).store(out + 48);
    }
  }
}

template <class P>
void normal_kernel(const NormalJob& job) {
  for (int g = 0; g < job.groups; ++g)
    for (int k = 0; k < 16; k += P::lanes) {
      const auto words = Philox<P>::draw(job.key, static_cast<std::uint32_t>(8 * g + k / 2));
      const auto pair = normal_pair<P>(words.first, words.second);
      pair.first.store(job.out + 32 * g + k);
      pair.second.store(job.out + 32 * g + 16 + k);
    }
}

}  // namespace nnpoisson::wimmer
