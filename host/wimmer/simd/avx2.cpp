#include "wimmer/simd/instantiate.hpp"

namespace nnpoisson::wimmer {
namespace {
struct Avx2 {};
using Single = simd::Pack<float, 8, Avx2>;
using Twice = simd::Pack<double, 4, Avx2>;
}  // namespace

const Kernels<float>* avx2_float() {
  return instantiate<Single, Single>();
}
const Kernels<double>* avx2_double() {
  return instantiate<Twice, Single>();
}

}  // namespace nnpoisson::wimmer
