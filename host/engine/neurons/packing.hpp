#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/neuron_backend.hpp"

namespace nnpoisson {

/// Parameters as the CPU's kernels read them: every tensor begins on a cache line; a unit's alpha
/// and B are rows over features, [(Q+1) x stride]; gains lie by session.
class NeuronPacking {
 public:
  /// lanes: of the packs that rows are made of.
  NeuronPacking(const NeuronProblem& problem, const NeuronLayout& layout, const NeuronPlan& plan,
                int lanes);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t shared_size() const { return unit_; }
  [[nodiscard]] std::size_t at(NeuronTensor t) const { return first_[static_cast<std::size_t>(t)]; }
  [[nodiscard]] int stride() const { return stride_; }
  [[nodiscard]] int gains() const { return gains_; }  ///< units, padded by session
  [[nodiscard]] std::uint32_t first_gain(std::size_t session) const { return first_gain_[session]; }
  /// Where the layout's parameter i lies.
  [[nodiscard]] std::size_t place(std::size_t i) const { return place_[i]; }

  /// Parts of one tensor for Adam, at most a chunk long.
  struct Part {
    NeuronTensor tensor;
    std::size_t first, count;
  };
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  void place_shared(const NeuronLayout& layout);
  void place_units(const NeuronShape& shape, const NeuronLayout& layout, const NeuronPlan& plan);
  void place_gains(const NeuronLayout& layout, const NeuronPlan& plan);
  void take(NeuronTensor tensor, std::size_t count);

  int stride_, gains_ = 0;
  std::size_t size_ = 0, unit_ = 0;
  std::array<std::size_t, neuron_tensor_count> first_{};
  std::vector<std::uint32_t> first_gain_;
  std::vector<std::uint32_t> place_;
  std::vector<Part> parts_;
};

}  // namespace nnpoisson
