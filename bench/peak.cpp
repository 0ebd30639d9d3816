#include "peak.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace nnpoisson {
namespace {

#if defined(__x86_64__)
constexpr int chains = 12;  // enough to cover latency 4 on two pipes

__attribute__((target("avx2,fma"))) float avx2_loop(long turns) {
  __m256 sum[chains];
  for (auto& s : sum) s = _mm256_set1_ps(1);
  const __m256 x = _mm256_set1_ps(0.999F), y = _mm256_set1_ps(0.001F);
  for (long t = 0; t < turns; ++t)
    for (auto& s : sum) s = _mm256_fmadd_ps(s, x, y);
  float total = 0;
  for (const auto& s : sum) total += _mm256_cvtss_f32(s);
  return total;
}

__attribute__((target("avx512f"))) float avx512_loop(long turns) {
  __m512 sum[chains];
  for (auto& s : sum) s = _mm512_set1_ps(1);
  const __m512 x = _mm512_set1_ps(0.999F), y = _mm512_set1_ps(0.001F);
  for (long t = 0; t < turns; ++t)
    for (auto& s : sum) s = _mm512_fmadd_ps(s, x, y);
  float total = 0;
  for (const auto& s : sum) total += _mm512_cvtss_f32(s);
  return total;
}
#endif

}  // namespace

std::vector<PeakLoop> peak_loops() {
  std::vector<PeakLoop> loops;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    loops.push_back({"avx512/float", chains * 16 * 2, avx512_loop});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    loops.push_back({"avx2/float", chains * 8 * 2, avx2_loop});
#endif
  return loops;
}

}  // namespace nnpoisson
