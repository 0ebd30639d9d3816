#include "engine/simd/instantiate.hpp"

namespace nnpoisson::simd {
namespace {
struct Sse {};
}  // namespace

const Kernels<float>* sse_float() {
  return instantiate<Pack<float, 4, Sse>>("sse2");
}
const Kernels<double>* sse_double() {
  return instantiate<Pack<double, 2, Sse>>("sse2");
}

}  // namespace nnpoisson::simd
