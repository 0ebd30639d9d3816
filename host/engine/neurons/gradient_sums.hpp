#pragma once

#include <vector>

#include "engine/neurons/packed_batch.hpp"

namespace nnpoisson {

/// What is always the same in the sums of a gradient.
template <class T>
struct NeuronGradientPlaces {
  const NeuronShape& shape;
  const NeuronLayout& layout;
  const NeuronPlan& plan;
  const NeuronPacking& packing;
  std::vector<T> region_units;  ///< how many, in all sessions
};

/// Sums the parts that a pass' tasks left into the gradient, in fixed order.
template <class T>
class NeuronGradientSums {
 public:
  /// groups: of stimuli.
  NeuronGradientSums(const NeuronGradientPlaces<T>& places, const simd::NeuronStep<T>& step,
                     const PackedNeuronBatch<T>& batch, std::size_t groups,
                     AlignedVector<T>& gradient)
      : places_(places),
        step_(step),
        batch_(batch),
        groups_(groups),
        gradient_(gradient.data()),
        whole_(number(step.signals + 1) * number(step.stride)) {}

  /// Units of sessions without a trial in the batch.
  void clear_absent();
  void sum_region(std::size_t g);
  void sum_action(std::size_t a);
  void sum_prior_and_times();
  /// The small sums that are left.
  void sum_rest();

 private:
  static std::size_t number(long n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] T* to(NeuronTensor t) const { return gradient_ + places_.packing.at(t); }
  void add_channel(std::size_t c, std::vector<T>& sum) const;
  void unpack_rows(const std::vector<T>& from, std::size_t g, NeuronTensor alpha, NeuronTensor B);
  void sum_stimuli();
  void sum_heads();
  void sum_signals();

  const NeuronGradientPlaces<T>& places_;
  const simd::NeuronStep<T>& step_;
  const PackedNeuronBatch<T>& batch_;
  std::size_t groups_;
  T* gradient_;
  std::size_t whole_;  // alpha and B of a unit
};

extern template class NeuronGradientSums<float>;
extern template class NeuronGradientSums<double>;

}  // namespace nnpoisson
