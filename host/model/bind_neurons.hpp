#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nnpoisson/neurons.hpp"

namespace nnpoisson {

/// 0.5 decay |theta - centre|^2 over all parameters, nats.
class NeuronPenalty {
 public:
  /// centre: [shared_size()], or empty: no penalty will be asked for.
  NeuronPenalty(const NeuronShape& shape, const NeuronLayout& layout, std::vector<double> centre)
      : layout_(layout), centre_(std::move(centre)), loading_(loading_decay(shape)) {}

  /// What a parameter of the units' tensors is drawn towards.
  [[nodiscard]] static double unit_centre(NeuronTensor t) {
    return t == NeuronTensor::gain_lnq ? start_lnq : 0;
  }

  /// scale times the penalty; adds its gradient where that is not empty.
  [[nodiscard]] double add(std::span<const double> parameters, double scale,
                           std::span<double> gradient) const {
    double sum = 0;
    for (std::size_t t = 0; t < neuron_tensor_count; ++t) {
      const NeuronSlot& slot = layout_.slots()[t];
      for (std::size_t i = 0; i < slot.size; ++i) {
        const std::size_t at = slot.offset + i;
        const auto tensor = static_cast<NeuronTensor>(t);
        const double centre = at < centre_.size() ? centre_[at] : unit_centre(tensor);
        const double decay = tensor == NeuronTensor::gain_c ? loading_[i] : slot.decay;
        const double away = parameters[at] - centre;
        sum += 0.5 * decay * away * away;
        if (!gradient.empty()) gradient[at] += scale * decay * away;
      }
    }
    return scale * sum;
  }

 private:
  const NeuronLayout& layout_;
  std::vector<double> centre_, loading_;
};

/// The formulas' view of the shared layers in a flat parameter vector.
template <class S>
formulas::NeuronTrunk<S> bind_trunk(const NeuronShape& shape, const NeuronLayout& layout,
                                    const S* parameters) {
  using enum NeuronTensor;
  const auto at = [&](NeuronTensor t) { return parameters + layout[t].offset; };
  return {shape.features, shape.width, at(A1), at(b1), at(A2), at(b2),
          at(A3),         at(b3),      at(a),  at(C),  at(c)};
}

/// The formulas' view of the heads.
template <class S>
formulas::NeuronHeads<S> bind_heads(const NeuronShape& shape, const NeuronLayout& layout,
                                    const NeuronConstants& constants, double time_limit,
                                    const S* parameters) {
  using enum NeuronTensor;
  const auto at = [&](NeuronTensor t) { return parameters + layout[t].offset; };
  return {shape.heads,
          shape.heads == HeadKind::trunk ? 2 : shape.regions,
          shape.behaviour_width,
          at(head_delta),
          at(head_F1),
          at(head_f1),
          at(head_F2),
          {static_cast<S>(constants.hazard[0] * time_limit),
           static_cast<S>(constants.hazard[1] * time_limit)}};
}

/// The mean loading of each region's units, of all sessions: what its z is multiplied by.
template <class S>
std::vector<S> mean_loadings(const NeuronShape& shape, const NeuronLayout& layout,
                             const S* parameters) {
  const auto regions = static_cast<std::size_t>(shape.regions);
  std::vector<S> mean(regions), units(regions);
  const S* c = parameters + layout[NeuronTensor::gain_c].offset;
  for (std::size_t i = 0; i < shape.unit_region.size(); ++i) {
    const auto g = static_cast<std::size_t>(shape.unit_region[i]);
    ++units[g];
    if (shape.shared_gain) mean[g] += c[i];
  }
  for (std::size_t g = 0; g < regions; ++g)
    if (units[g] > 0) mean[g] /= units[g];
  return mean;
}

}  // namespace nnpoisson
