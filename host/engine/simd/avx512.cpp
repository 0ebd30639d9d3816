#include "engine/simd/instantiate.hpp"

namespace nnpoisson::simd {
namespace {
struct Avx512 {};
}  // namespace

const Kernels<float>* avx512_float() {
  return instantiate<Pack<float, 16, Avx512>>("avx512");
}
const Kernels<double>* avx512_double() {
  return instantiate<Pack<double, 8, Avx512>>("avx512");
}

}  // namespace nnpoisson::simd
