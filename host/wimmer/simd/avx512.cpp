#include "wimmer/simd/instantiate.hpp"

namespace nnpoisson::wimmer {
namespace {
struct Avx512 {};
using Single = simd::Pack<float, 16, Avx512>;
using Twice = simd::Pack<double, 8, Avx512>;
}  // namespace

const Kernels<float>* avx512_float() {
  return instantiate<Single, Single>();
}
const Kernels<double>* avx512_double() {
  return instantiate<Twice, Single>();
}

}  // namespace nnpoisson::wimmer
