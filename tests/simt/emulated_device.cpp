#include "simt/emulated_device.hpp"

#include <cstring>
#include <new>

#include "kernels/outputs.cuh"
#include "kernels/program.cuh"

namespace simt {
namespace {

using nnpoisson::kernels::OutputView;
using nnpoisson::kernels::ProgramView;

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
  [[nodiscard]] std::size_t shared_bytes() const override { return options_.shared_bytes; }
  [[nodiscard]] int resident_blocks(std::size_t, std::size_t) override { return options_.resident_blocks; }
  void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) override { any(program, blocks, shared_bytes); }
  void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) override { any(program, blocks, shared_bytes); }
  void run(const OutputView<float>& view, int blocks) override { any(view, blocks); }
  void run(const OutputView<double>& view, int blocks) override { any(view, blocks); }

 private:
  template <class T>
  void any(const OutputView<T>& view, int blocks) {
    using namespace nnpoisson::kernels;
    for (const auto phase : {OutputPhase::stimuli, OutputPhase::points})
      launch({static_cast<unsigned>(blocks), block_threads, 0, options_.order}, [&view, phase] { OutputKernel<T>(view).run(phase); });
  }
  template <class T>
  void any(const ProgramView<T>& program, int blocks, std::size_t shared_bytes) {
    using nnpoisson::kernels::ProgramKernel;
    const Grid grid{static_cast<unsigned>(blocks), nnpoisson::kernels::block_threads, shared_bytes, options_.order};
    if (!options_.phase_by_phase) return launch(grid, [&program] { ProgramKernel<T>(program).run(); });
    for (*program.step = 0; *program.step < program.steps; ++*program.step)
      for (int k = 0; k < nnpoisson::kernels::phases; ++k) launch(grid, [&program, k] { ProgramKernel<T>(program).run(k); });
  }
  EmulatedOptions options_;
};

}  // namespace

std::unique_ptr<nnpoisson::kernels::Device> make_emulated_device(const EmulatedOptions& options) {
  return std::make_unique<EmulatedDevice>(options);
}

}  // namespace simt
