#pragma once

#include <cstdint>

#include "model/bind_network.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/plan.hpp"

/// What every backend needs of a batch's terms and of the parameters.
namespace nnpoisson {

/// Throws UsageError if shape and plan differ in features or regions.
void require_fitting(const NetworkShape& shape, const Plan& plan);

/// What the adjoint of a tile's sum starts from.
inline double gradient_scale(const Batch& batch, Term term) {
  return term == Term::neural ? batch.neural_scale : batch.action_scale * batch.action_weight;
}

/// For Adam over vectors that begin as 0 and as the lowest number: trained becomes 1 where a
/// parameter is trained, lowest 0 where it must not be negative.
template <class Vector>
void limit_parameters(const ParameterLayout& layout, Vector& trained, Vector& lowest) {
  for (const TensorSlot& slot : layout.slots())
    for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
      trained[i] = slot.trained ? 1 : 0;
      if (slot.non_negative) lowest[i] = 0;
    }
}

/// Marks the stimulus rows that come from behaviour among those to add up, for their scale.
inline constexpr std::uint32_t behaviour_source = 1U << 31;

}  // namespace nnpoisson
