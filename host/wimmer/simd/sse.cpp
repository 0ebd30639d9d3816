#include "wimmer/simd/instantiate.hpp"

namespace nnpoisson::wimmer {
namespace {
struct Sse {};
using Single = simd::Pack<float, 4, Sse>;
using Twice = simd::Pack<double, 2, Sse>;
}  // namespace

const Kernels<float>* sse_float() {
  return instantiate<Single, Single>();
}
const Kernels<double>* sse_double() {
  return instantiate<Twice, Single>();
}

}  // namespace nnpoisson::wimmer
