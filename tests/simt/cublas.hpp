#pragma once

#include <cstddef>

#include "kernels/cuda/owned.hpp"
#include "kernels/training_device.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// The products that cuBLAS does on a real card, by plain loops.
class Cublas {
 public:
  explicit Cublas(const Stream& stream) : stream_(stream) {}

  template <class T>
  void multiply(const Product<T>& p) const {
    simt::enqueue_on_card(stream_, [p] {
      const auto at = [](const T* x, int ld, bool transposed, int row, int column) {
        return x[transposed ? static_cast<std::ptrdiff_t>(row) * ld + column
                            : static_cast<std::ptrdiff_t>(column) * ld + row];
      };
      for (int j = 0; j < p.n; ++j)
        for (int i = 0; i < p.m; ++i) {
          T& to = p.c[static_cast<std::ptrdiff_t>(j) * p.ldc + i];
          T sum = p.add ? to : T(0);
          for (int l = 0; l < p.k; ++l)
            sum += at(p.a, p.lda, p.a_transposed, i, l) * at(p.b, p.ldb, p.b_transposed, l, j);
          to = sum;
        }
    });
  }

 private:
  const Stream& stream_;
};

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
