#include "engine/simd/instantiate.hpp"

namespace nnpoisson::simd {
namespace {
struct Avx2 {};
}  // namespace

const Kernels<float>* avx2_float() {
  return instantiate<Pack<float, 8, Avx2>>("avx2");
}
const Kernels<double>* avx2_double() {
  return instantiate<Pack<double, 4, Avx2>>("avx2");
}

}  // namespace nnpoisson::simd
