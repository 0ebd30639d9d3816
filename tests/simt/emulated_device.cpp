#include "simt/emulated_device.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

#include "kernels/outputs.cuh"
#include "kernels/program.cuh"
#include "kernels/wide.cuh"
#include "kernels/wimmer.cuh"

namespace simt {
namespace {

using nnpoisson::kernels::OutputView;
using nnpoisson::kernels::Product;
using nnpoisson::kernels::ProgramView;
using nnpoisson::kernels::WideView;
using nnpoisson::kernels::WimmerView;

/// Sends at once; checks that the caller keeps to the order.
class EmulatedPlaces final : public nnpoisson::kernels::ChunkPlaces {
 public:
  explicit EmulatedPlaces(std::size_t bytes) {
    for (auto& p : places_) p.staging.resize(bytes), p.memory.resize(bytes);
  }
  [[nodiscard]] char* staging(int place) override { return at(place).staging.data(); }
  void send(int place, std::size_t bytes) override {
    Place& p = at(place);
    if (p.acquired || bytes > p.memory.size()) throw std::logic_error("simt: sent to a place that kernels read, or more than it holds");
    std::ranges::fill(p.memory, char(0xFF));
    std::copy_n(p.staging.begin(), bytes, p.memory.begin());
    std::ranges::fill(p.staging, char(0xFF));
  }
  [[nodiscard]] const char* acquire(int place) override {
    at(place).acquired = true;
    return at(place).memory.data();
  }
  void release(int place) override { at(place).acquired = false; }

 private:
  struct Place {
    std::vector<char> staging, memory;
    bool acquired = false;
  };
  Place& at(int place) { return places_.at(static_cast<std::size_t>(place)); }
  std::array<Place, 2> places_;
};

class EmulatedDevice final : public nnpoisson::kernels::Device {
 public:
  explicit EmulatedDevice(const EmulatedOptions& options) : options_(options) {}
  [[nodiscard]] std::string name() const override { return "emulated kernels"; }
  [[nodiscard]] void* allocate(std::size_t bytes) override {
    void* memory = ::operator new(bytes);
    std::memset(memory, 0xFF, bytes);
    return memory;
  }
  void release(void* memory) noexcept override { ::operator delete(memory); }
  void zero(void* to, std::size_t bytes) override { std::memset(to, 0, bytes); }
  void to_device(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void to_host(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  [[nodiscard]] std::size_t free_bytes() override { return options_.free_bytes; }
  [[nodiscard]] std::unique_ptr<nnpoisson::kernels::ChunkPlaces> make_chunk_places(std::size_t bytes) override {
    return std::make_unique<EmulatedPlaces>(bytes);
  }
  [[nodiscard]] std::size_t shared_bytes() const override { return options_.shared_bytes; }
  [[nodiscard]] int resident_blocks(std::size_t, std::size_t) override { return options_.resident_blocks; }
  void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) override { any(program, blocks, shared_bytes); }
  void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) override { any(program, blocks, shared_bytes); }
  void run_phase(const ProgramView<float>& program, int phase, int blocks, std::size_t shared_bytes) override {
    one_phase(program, phase, blocks, shared_bytes);
  }
  void run_phase(const ProgramView<double>& program, int phase, int blocks, std::size_t shared_bytes) override {
    one_phase(program, phase, blocks, shared_bytes);
  }
  void next_step(std::uint32_t* step) override { ++*step; }
  void multiply(const Product<float>& product) override { product_of(product); }
  void multiply(const Product<double>& product) override { product_of(product); }
  void run(const WideView<float>& view) override { any(view); }
  void run(const WideView<double>& view) override { any(view); }
  void run(const OutputView<float>& view, int blocks) override { any(view, blocks); }
  void run(const OutputView<double>& view, int blocks) override { any(view, blocks); }
  [[nodiscard]] int resident_trials(std::size_t, std::size_t) override { return options_.resident_blocks; }
  void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) override { any(view, trials, shared_bytes); }
  void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) override { any(view, trials, shared_bytes); }

 private:
  template <class T>
  static void product_of(const Product<T>& p) {
    const auto at = [](const T* x, int ld, bool transposed, int row, int column) {
      return x[transposed ? static_cast<std::ptrdiff_t>(row) * ld + column : static_cast<std::ptrdiff_t>(column) * ld + row];
    };
    for (int j = 0; j < p.n; ++j)
      for (int i = 0; i < p.m; ++i) {
        T& to = p.c[static_cast<std::ptrdiff_t>(j) * p.ldc + i];
        T sum = p.add ? to : T(0);
        for (int l = 0; l < p.k; ++l) sum += at(p.a, p.lda, p.a_transposed, i, l) * at(p.b, p.ldb, p.b_transposed, l, j);
        to = sum;
      }
  }
  template <class T>
  void any(const WideView<T>& view) {
    launch(grid(options_.resident_blocks, 0), [&view] { nnpoisson::kernels::WideKernel<T>(view).run(); });
  }
  template <class T>
  void any(const OutputView<T>& view, int blocks) {
    using namespace nnpoisson::kernels;
    for (const auto phase : {OutputPhase::stimuli, OutputPhase::points})
      launch({static_cast<unsigned>(blocks), block_threads, 0, options_.order}, [&view, phase] { OutputKernel<T>(view).run(phase); });
  }
  template <class T>
  void any(const WimmerView<T>& view, int trials, std::size_t shared_bytes) {
    using namespace nnpoisson::kernels;
    launch({static_cast<unsigned>(trials), wimmer_threads, shared_bytes, options_.order},
           [&view] { WimmerKernel<T, wimmer_threads>(view).run(); });
  }
  template <class T>
  void any(const ProgramView<T>& program, int blocks, std::size_t shared_bytes) {
    if (!options_.phase_by_phase)
      return launch(grid(blocks, shared_bytes), [&program] { nnpoisson::kernels::ProgramKernel<T>(program).run(); });
    for (*program.step = 0; *program.step < program.steps; ++*program.step)
      for (int k = 0; k < nnpoisson::kernels::phases; ++k) one_phase(program, k, blocks, shared_bytes);
  }
  template <class T>
  void one_phase(const ProgramView<T>& program, int phase, int blocks, std::size_t shared_bytes) {
    launch(grid(blocks, shared_bytes), [&program, phase] { nnpoisson::kernels::ProgramKernel<T>(program).run(phase); });
  }
  [[nodiscard]] Grid grid(int blocks, std::size_t shared_bytes) const {
    return {static_cast<unsigned>(blocks), nnpoisson::kernels::block_threads, shared_bytes, options_.order};
  }
  EmulatedOptions options_;
};

}  // namespace

std::unique_ptr<nnpoisson::kernels::Device> make_emulated_device(const EmulatedOptions& options) {
  return std::make_unique<EmulatedDevice>(options);
}

}  // namespace simt
