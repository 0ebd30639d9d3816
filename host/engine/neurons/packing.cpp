#include "engine/neurons/packing.hpp"

#include <algorithm>

#include "engine/simd/kernels.hpp"

namespace nnpoisson {
namespace {

std::size_t padded_size(std::size_t n) {
  return (n + simd::pad - 1) / simd::pad * simd::pad;
}

std::size_t unsigned_size(int n) {
  return static_cast<std::size_t>(n);
}

// Adam's tasks: enough work for some 10 microseconds.
constexpr std::size_t adam_chunk = 16384;

}  // namespace

NeuronPacking::NeuronPacking(const NeuronProblem& problem, const NeuronLayout& layout,
                             const NeuronPlan& plan, int lanes)
    : stride_((problem.shape.rows() + lanes - 1) / lanes * lanes), place_(layout.size()) {
  for (std::size_t s = 0; s + 1 < plan.session_first.size(); ++s) {
    first_gain_.push_back(static_cast<std::uint32_t>(gains_));
    gains_ += simd::padded(static_cast<int>(plan.session_first[s + 1] - plan.session_first[s]));
  }
  place_shared(layout);
  place_units(problem.shape, layout, plan);
  place_gains(layout, plan);
}

void NeuronPacking::take(NeuronTensor tensor, std::size_t count) {
  first_[static_cast<std::size_t>(tensor)] = size_;
  const std::size_t end = size_ + padded_size(count);
  for (std::size_t first = size_; first < end; first += adam_chunk)
    parts_.push_back({tensor, first, std::min(adam_chunk, end - first)});
  size_ = end;
}

void NeuronPacking::place_shared(const NeuronLayout& layout) {
  for (std::size_t t = 0; t < unsigned_size(int(NeuronTensor::unit_alpha)); ++t) {
    const NeuronSlot& slot = layout.slots()[t];
    take(static_cast<NeuronTensor>(t), slot.size);
    for (std::size_t i = 0; i < slot.size; ++i)
      place_[slot.offset + i] = static_cast<std::uint32_t>(first_[t] + i);
  }
  unit_ = size_;
}

void NeuronPacking::place_units(const NeuronShape& shape, const NeuronLayout& layout,
                                const NeuronPlan& plan) {
  using enum NeuronTensor;
  const auto R = unsigned_size(shape.rows()), Q = unsigned_size(shape.signals()),
             stride = unsigned_size(stride_), rank = unsigned_size(shape.rank);
  const std::size_t rows = shape.rank == 0 ? Q + 1 : 1, U = plan.unit.size();
  take(unit_alpha, U * rows * stride);
  first_[unsigned_size(int(unit_B))] = at(unit_alpha);
  take(unit_v, U * rank);
  for (std::size_t j = 0; j < U; ++j) {
    const std::size_t i = plan.unit[j], own = at(unit_alpha) + j * rows * stride;
    const auto put = [&](NeuronTensor t, std::size_t index, std::size_t to) {
      place_[layout[t].offset + index] = static_cast<std::uint32_t>(to);
    };
    for (std::size_t k = 0; k < R; ++k) {
      put(unit_alpha, i * R + k, own + k);
      for (std::size_t q = 0; q + 1 < rows; ++q)
        put(unit_B, (i * R + k) * Q + q, own + (q + 1) * stride + k);
    }
    for (std::size_t l = 0; l < rank; ++l) put(unit_v, i * rank + l, at(unit_v) + j * rank + l);
  }
}

void NeuronPacking::place_gains(const NeuronLayout& layout, const NeuronPlan& plan) {
  using enum NeuronTensor;
  const auto gains = unsigned_size(gains_);
  for (const auto t : {gain_c, gain_lnq, gain_d}) {
    const NeuronSlot& slot = layout[t];
    const auto each = unsigned_size(slot.dimensions[1]);
    take(t, slot.size > 0 ? each * gains : 0);
    if (slot.size == 0) continue;
    for (std::size_t s = 0; s + 1 < plan.session_first.size(); ++s)
      for (std::size_t j = plan.session_first[s]; j < plan.session_first[s + 1]; ++j)
        for (std::size_t k = 0; k < each; ++k)
          place_[slot.offset + plan.unit[j] * each + k] = static_cast<std::uint32_t>(
              at(t) + k * gains + first_gain_[s] + j - plan.session_first[s]);
  }
}

}  // namespace nnpoisson
