#include <type_traits>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/error.hpp"
#include "wimmer/simd/kernels.hpp"

namespace nnpoisson::wimmer {

template <class T>
const Kernels<T>& kernels(const std::string& instruction_set) {
  const auto choose = [](auto single, auto twice) -> const Kernels<T>& {
    if constexpr (std::is_same_v<T, float>)
      return *single();
    else
      return *twice();
  };
  for (const auto& name : instruction_sets()) {  // those of this machine, best first
    if (!instruction_set.empty() && instruction_set != name) continue;
#if defined(__x86_64__)
    if (name == "avx512") return choose(avx512_float, avx512_double);
    if (name == "avx2") return choose(avx2_float, avx2_double);
#endif
    return choose(sse_float, sse_double);
  }
  throw ResourceError(
      "instruction set " + instruction_set +
      ": this processor does not have it; `nnpoisson info --devices` lists its own");
}
template const Kernels<float>& kernels<float>(const std::string&);
template const Kernels<double>& kernels<double>(const std::string&);

}  // namespace nnpoisson::wimmer
