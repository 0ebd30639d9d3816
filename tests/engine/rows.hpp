#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/device_backend.hpp"
#include "nnpoisson/backend.hpp"
#include "simt/emulated_device.hpp"
#include "wanted_rows.hpp"

namespace nnpoisson::testing {

/// Under AddressSanitizer each access is tested; that numbers repeat is the release build's to
/// show.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// A backend to test.
struct Row {
  std::string name;
  BackendOptions options;
  bool emulated = false;  ///< the CUDA kernels, in the emulation of tests/simt
  [[nodiscard]] bool single() const {
    return options.kind != BackendKind::reference &&
           options.precision == Precision::single_precision;
  }
  /// The same with that many threads; for kernels that many blocks, in another order for each
  /// number.
  [[nodiscard]] Row with_team(int threads) const {
    Row row = *this;
    row.options.threads = threads;
    return row;
  }
  [[nodiscard]] std::unique_ptr<Backend> make(const NetworkShape& shape,
                                              std::shared_ptr<const Plan> plan) const {
    if (!emulated) return make_backend(options, shape, std::move(plan));
    constexpr simt::Order orders[] = {simt::Order::ascending, simt::Order::descending,
                                      simt::Order::shuffled};
    return kernels::make_device_backend(
        simt::make_emulated_training_device(
            {.resident_blocks = options.threads, .order = orders[options.threads % 3]}),
        options.precision, shape, std::move(plan));
  }
};

inline const Row reference_row{
    "reference", {.kind = BackendKind::reference, .precision = Precision::double_precision}};

/// The CPU backend with each instruction set that this machine runs, in double and float, on
/// `threads` threads.
inline std::vector<Row> cpu_rows(int threads) {
  std::vector<Row> rows;
  for (const auto& set : instruction_sets())
    for (const auto precision : {Precision::double_precision, Precision::single_precision})
      rows.push_back(
          {"cpu " + set + (precision == Precision::double_precision ? " double" : " float"),
           {.kind = BackendKind::cpu,
            .precision = precision,
            .threads = threads,
            .instruction_set = set}});
  return rows;
}

/// A GPU that the tests can use, or why there is none.
inline DeviceState test_gpu() {
  auto devices = cuda_devices();
  for (const auto& device : devices)
    if (device.why_not.empty()) return device;
  return devices.front();
}

/// The CUDA backend, where a GPU can be used.
inline std::vector<Row> cuda_rows() {
  if (!test_gpu().why_not.empty()) return {};
  return {{"cuda double", {.kind = BackendKind::cuda, .precision = Precision::double_precision}},
          {"cuda float", {.kind = BackendKind::cuda, .precision = Precision::single_precision}}};
}

/// Every backend that must agree with the reference, of those wanted.
inline std::vector<Row> fast_rows(int threads) {
  if (gpu_required()) return cuda_rows();
  auto rows = cpu_rows(threads);
  if (!rows_wanted("emulated")) return rows;
  for (const auto precision : {Precision::double_precision, Precision::single_precision})
    rows.push_back({std::string("emulated kernels ") +
                        (precision == Precision::double_precision ? "double" : "float"),
                    {.kind = BackendKind::cuda, .precision = precision, .threads = threads},
                    true});
  const auto cuda = cuda_rows();
  rows.insert(rows.end(), cuda.begin(), cuda.end());
  return rows;
}

/// All backends of this machine.
inline std::vector<Row> all_rows(int threads) {
  auto rows = fast_rows(threads);
  rows.insert(rows.begin(), reference_row);
  return rows;
}

/// Numbers as their bits, so that equal means the same and NaN equals itself.
inline std::vector<std::uint64_t> bits(std::span<const double> values) {
  std::vector<std::uint64_t> patterns;
  for (const double v : values) patterns.push_back(std::bit_cast<std::uint64_t>(v));
  return patterns;
}

/// Numbers handed to a backend to be filled, with guard values around them.
template <class T, class Guard>
class Guarded {
 public:
  Guarded(std::size_t n, Guard guard) : guard_(guard), values_(n + 2 * border, guard()) {}
  [[nodiscard]] std::span<T> span() {
    return std::span<T>(values_).subspan(border, values_.size() - 2 * border);
  }
  /// Whether nothing was written outside.
  template <class Equal>
  [[nodiscard]] bool intact(const Equal& equal) const {
    for (std::size_t i = 0; i < border; ++i)
      if (!equal(values_[i], guard_()) || !equal(values_[values_.size() - 1 - i], guard_()))
        return false;
    return true;
  }

 private:
  static constexpr std::size_t border = 16;
  Guard guard_;
  std::vector<T> values_;
};

/// What evaluate() gave, terms of a loss in the order neural, left, right, total.
struct Evaluated {
  std::vector<double> losses;     ///< [batches x M x 4]
  std::vector<double> gradients;  ///< [batches x M x n]
  bool guards_intact = false;
};

inline Evaluated evaluate(Backend& backend, std::span<const std::uint32_t> batches, int models,
                          std::span<const double> parameters, bool with_gradients = true) {
  constexpr double guard = -1234.5;
  const auto guard_loss = [] { return BatchLoss{guard, guard, guard, guard}; };
  const auto guard_number = [] { return guard; };
  Guarded<BatchLoss, decltype(guard_loss)> losses(batches.size() * static_cast<std::size_t>(models),
                                                  guard_loss);
  Guarded<double, decltype(guard_number)> gradients(
      with_gradients ? batches.size() * parameters.size() : 0, guard_number);
  backend.evaluate(batches, models, parameters, losses.span(),
                   with_gradients ? gradients.span() : std::span<double>{});
  Evaluated evaluated;
  for (const auto& l : losses.span())
    for (const double v : {l.neural, l.left, l.right, l.total}) evaluated.losses.push_back(v);
  evaluated.gradients.assign(gradients.span().begin(), gradients.span().end());
  evaluated.guards_intact = losses.intact([](const BatchLoss& a, const BatchLoss& b) {
    return a.neural == b.neural && a.left == b.left && a.right == b.right && a.total == b.total;
  }) && gradients.intact([](double a, double b) { return a == b; });
  return evaluated;
}

}  // namespace nnpoisson::testing
