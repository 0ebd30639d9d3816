#pragma once

#if !defined(__CUDACC__)
#include "simt/cublas.hpp"
#else
#include <cublas_v2.h>
#include <dlfcn.h>

#include <memory>
#include <string>

#include "kernels/cuda/owned.hpp"
#include "kernels/training_device.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// cuBLAS on one stream, in the full precision of its numbers. The library is opened by the first
/// who needs it, so that a program that multiplies nothing neither waits for it nor needs it
/// installed.
class Cublas {
 public:
  explicit Cublas(const Stream& stream) {
    decltype(&cublasCreate_v2) create = nullptr;
    decltype(&cublasDestroy_v2) destroy = nullptr;
    decltype(&cublasSetStream_v2) set_stream = nullptr;
    find(create, "cublasCreate_v2");
    find(destroy, "cublasDestroy_v2");
    find(set_stream, "cublasSetStream_v2");
    find(status_string_, "cublasGetStatusString");
    find(sgemm_, "cublasSgemm_v2");
    find(dgemm_, "cublasDgemm_v2");
    cublasHandle_t handle = nullptr;
    require(create(&handle), "cublasCreate");
    handle_ = {handle, destroy};
    require(set_stream(handle, stream), "cublasSetStream");
  }

  void multiply(const Product<float>& p) const { require(gemm(sgemm_, p), "cublasSgemm"); }
  void multiply(const Product<double>& p) const { require(gemm(dgemm_, p), "cublasDgemm"); }

 private:
  /// Opened once and never closed: closing it is slow, and other threads may be in it.
  static void* library() {
    static void* const opened = [] {
      const std::string name = "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR);
      void* found = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (!found)
        found = dlopen((NNPOISSON_CUDA_LIBRARIES "/" + name).c_str(), RTLD_NOW | RTLD_LOCAL);
      if (!found)
        throw ResourceError(
            "cuda: readout by unit needs " + name + " of the CUDA toolkit, and it was not found (" +
            dlerror() +
            "); install it, or add its folder to LD_LIBRARY_PATH, or use --backend cpu");
      return found;
    }();
    return opened;
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library(), name));
    if (!function)
      throw ResourceError(std::string("cuda: libcublas lacks ") + name +
                          "; install that of the CUDA toolkit of this build");
  }
  void require(cublasStatus_t status, const std::string& what) const {
    if (status != CUBLAS_STATUS_SUCCESS)
      throw ResourceError("cuda: " + what + ": " + status_string_(status));
  }
  template <class Gemm, class T>
  cublasStatus_t gemm(const Gemm& function, const Product<T>& p) const {
    const T one(1), beta(p.add ? 1 : 0);
    return function(handle_.get(), p.a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                    p.b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N, p.m, p.n, p.k, &one, p.a, p.lda,
                    p.b, p.ldb, &beta, p.c, p.ldc);
  }

  std::unique_ptr<cublasContext, decltype(&cublasDestroy_v2)> handle_{nullptr, nullptr};
  decltype(&cublasGetStatusString) status_string_ = nullptr;
  decltype(&cublasSgemm_v2) sgemm_ = nullptr;
  decltype(&cublasDgemm_v2) dgemm_ = nullptr;
};

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
#endif
