#include "engine/simd/dispatch.hpp"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace simd {
namespace {

struct InstructionSet {
  const char* name;
  bool runs;
  const Kernels<float>* (*in_float)();
  const Kernels<double>* (*in_double)();
};

/// Best first.
std::vector<InstructionSet> known() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return {{"avx512", avx512, avx512_float, avx512_double},
          {"avx2", avx2, avx2_float, avx2_double},
          {"sse2", true, sse_float, sse_double}};
#else
  return {
      {"generic", true, sse_float, sse_double}};  // packs of 16 bytes, as the compiler maps them
#endif
}

}  // namespace

template <class T>
const Kernels<T>& kernels(const std::string& instruction_set) {
  for (const auto& set : known()) {
    if (!instruction_set.empty() && instruction_set != set.name) continue;
    if (!set.runs && instruction_set.empty()) continue;
    if (!set.runs)
      throw ResourceError(
          "instruction set " + instruction_set +
          ": this processor does not have it; choose another or leave the choice open");
    if constexpr (std::is_same_v<T, float>)
      return *set.in_float();
    else
      return *set.in_double();
  }
  throw ResourceError("instruction set " + instruction_set +
                      ": not one of this build; `nnpoisson info --devices` lists them");
}
template const Kernels<float>& kernels<float>(const std::string&);
template const Kernels<double>& kernels<double>(const std::string&);

}  // namespace simd

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const auto& set : simd::known())
    if (set.runs) names.emplace_back(set.name);
  return names;
}

}  // namespace nnpoisson
