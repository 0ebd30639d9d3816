#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "engine/neurons/gradient_sums.hpp"
#include "engine/team.hpp"

namespace nnpoisson {

/// A batch's loss and gradient on the processor: phases, each shared out to the team
/// (simd/neurons/kernels.hpp). Every sum is over fixed pieces in fixed order, so the numbers do not
/// depend on the team. What is given must outlive this.
template <class T>
class NeuronPass {
 public:
  NeuronPass(const simd::NeuronKernels<T>& kernels, Team& team, const NeuronProblem& problem,
             const NeuronLayout& layout, const NeuronPlan& plan, const NeuronPacking& packing);

  /// Without penalty. weights: packed. With `back`, the gradient is left, packed.
  BatchLoss run(std::uint32_t batch, const T* weights, bool back);
  [[nodiscard]] AlignedVector<T>& gradient() { return gradient_; }

 private:
  using Step = simd::NeuronStep<T>;
  using Room = simd::NeuronRoom<T>;
  using Index = std::uint32_t;

  static std::size_t number(long n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] bool trunk() const { return places_.shape.heads == HeadKind::trunk; }
  [[nodiscard]] std::size_t groups(const PackedNeuronBatch<T>& batch) const {
    return (batch.stimuli() + number(kernels_.lanes) - 1) / number(kernels_.lanes);
  }
  void* scratch(int worker) { return scratch_[number(worker)].data() + room_bytes(); }
  /// That of a stimulus that is not wide lies before a worker's scratch.
  [[nodiscard]] std::size_t room_bytes() const {
    constexpr std::size_t tiles = 2 * simd::room_points / simd::tile_size;  // of values, of rates
    return (3 * simd::room_points * number(step_.stride) +
            tiles * number(step_.tile_layers_size())) *
           sizeof(T);
  }
  /// Where the values and rows lie that entries read of a stimulus: with the worker, or, of a wide
  /// one, with the step.
  Room room(Index stimulus, int worker) {
    const std::size_t size = simd::room_points * number(step_.stride);
    T* at = reinterpret_cast<T*>(scratch_[number(worker)].data());
    return {at,
            batch_->of_entries.value_first[stimulus],
            at + size,
            at + 2 * size,
            batch_->of_entries.row_first(stimulus),
            at + 3 * size};
  }
  Room wide_room(Index stimulus) {
    const std::size_t value = batch_->wide_value_first[stimulus] * number(step_.stride),
                      row = batch_->wide_row_first[stimulus] * number(step_.stride);
    return {step_.wide_values + value,
            batch_->of_entries.value_first[stimulus],
            step_.wide_row + row,
            step_.g_wide_row == nullptr ? nullptr : step_.g_wide_row + row,
            batch_->of_entries.row_first(stimulus),
            nullptr};
  }

  void set_constants(const NeuronConstants& constants);
  void set_sizes();
  void make_buffers();
  void reserve_forward(const PackedNeuronBatch<T>& batch);
  void reserve_back(const PackedNeuronBatch<T>& batch);
  void reserve(std::initializer_list<T * Step::*> members, std::size_t n);
  void make_gradient();  ///< and the way back to it; a pass without needs far less memory
  void bind_weights(const T* weights);
  void pack_rows(NeuronTensor alpha, NeuronTensor B, std::size_t count, AlignedVector<T>& to);
  void pack_shared();
  void boost_channels();
  template <class Body>
  void each_stimulus(const Body& body);
  void entries(bool back);
  void forward(bool back);
  [[nodiscard]] BatchLoss sum_losses() const;
  void backward();

  const simd::NeuronKernels<T>& kernels_;
  Team& team_;
  NeuronGradientPlaces<T> places_;
  std::vector<PackedNeuronBatch<T>> batches_;
  const PackedNeuronBatch<T>* batch_ = nullptr;
  const T* weights_ = nullptr;

  std::vector<T> rate_, channel_base_, inputs_;
  std::vector<std::int32_t> unit_region_;
  AlignedVector<T> weight_, node_;
  Step step_{};
  std::vector<std::pair<T * Step::*, AlignedVector<T>>> buffers_;  // large enough for every batch
  AlignedVector<T> region_, channel_part_, beta_, mean_, gradient_;
  AlignedVector<double> gain_sums_;
  std::vector<double> losses_;
  std::vector<AlignedVector<char>> scratch_;
};

extern template class NeuronPass<float>;
extern template class NeuronPass<double>;

}  // namespace nnpoisson
