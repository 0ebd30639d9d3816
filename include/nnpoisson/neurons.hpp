#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nnpoisson/formulas/neurons.hpp"

namespace nnpoisson {

using formulas::HeadKind;
[[nodiscard]] const char* to_string(HeadKind heads);

/// Sizes and switches of preset `neurons`, the model by neuron (docs/neurons.md).
struct NeuronShape {
  int features = 0;  ///< F, stimulus vector
  int width = 0;     ///< H, features of time; the units read these and time itself
  int regions = 0;   ///< G
  int nodes = 16;    ///< K, values of the trial's latent; 1 without the shared gain
  int rank = 0;      ///< L: signals that all units share; 0: every unit has rows of its own
  HeadKind heads = HeadKind::trunk;
  int behaviour_width = 10;  ///< J, hidden units of heads that read regions
  bool shared_gain = true, private_gain = true, drift = true;
  std::vector<std::int32_t> unit_session{}, unit_region{};  ///< [U]

  [[nodiscard]] int units() const { return static_cast<int>(unit_region.size()); }
  [[nodiscard]] int signals() const { return features + formulas::neuron_width; }  ///< Q, of phi
  [[nodiscard]] int rows() const { return width + 1; }  ///< H + 1, what a unit's amplitudes read
  bool operator==(const NeuronShape&) const = default;
};

/// The tensors in the order of the flat vector: what all units share, then what each unit has.
enum class NeuronTensor : std::uint8_t {
  A1,
  b1,
  A2,
  b2,
  A3,
  b3,
  a,
  C,
  c,
  region_alpha,
  region_B,
  head_alpha,
  head_B,
  head_delta,
  head_F1,
  head_f1,
  head_F2,
  prior_P,
  signal_beta,
  unit_alpha,
  unit_B,
  unit_v,
  gain_c,
  gain_lnq,
  gain_d
};
inline constexpr std::size_t neuron_tensor_count = 25;

/// Where a tensor lies in the flat vector; empty where the shape has none of it.
struct NeuronSlot {
  std::string_view name;
  std::array<int, 3> dimensions{0, 1, 1};  ///< row-major; unused ones are 1
  std::size_t offset = 0, size = 0;
  bool non_negative = false;  ///< clamped at 0 after every step
  /// Of the penalty 0.5 decay |theta - centre|^2. gain_c: per square root of its session's units.
  double decay = 0;
};

/// What multiplies the decay of parts of the model.
struct NeuronShrinkage {
  double intensities = 1;  ///< A1 to c, alpha and B of regions and units
  double behaviour = 1;    ///< the heads and P
};

class NeuronLayout {
 public:
  explicit NeuronLayout(const NeuronShape& shape, const NeuronShrinkage& shrinkage = {});
  [[nodiscard]] const NeuronSlot& operator[](NeuronTensor t) const {
    return slots_[static_cast<std::size_t>(t)];
  }
  [[nodiscard]] const std::array<NeuronSlot, neuron_tensor_count>& slots() const& { return slots_; }
  void slots() && = delete;  // they would dangle
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t shared_size() const {  ///< before the units' tensors
    return (*this)[NeuronTensor::unit_alpha].offset;
  }

 private:
  std::array<NeuronSlot, neuron_tensor_count> slots_;
  std::size_t size_ = 0;
};

/// Added to the spikes of a unit and to the responses of an action before they become rates, so
/// that none is 0.
inline constexpr double added_events = 0.5;

/// What the training trials fix and no step changes.
struct NeuronConstants {
  std::vector<double> rate;             ///< [U] Hz
  std::array<double, 2> hazard{};       ///< Hz, left and right
  std::vector<double> mean, scale;      ///< [F] of the stimulus; scale 0: a constant feature
  std::vector<double> centre, spacing;  ///< [H] of the features at the start, in units of W
  std::vector<double> weight;           ///< [H + 1]
  bool operator==(const NeuronConstants&) const = default;
};

/// The values of the trial's latent: K normal quantiles of unit mean square; 0 where K = 1.
[[nodiscard]] std::vector<double> latent_nodes(int nodes);

/// Where a fit starts. A1, A2 and signal_beta are random, keyed by the seed; the rest follows from
/// the constants (docs/neurons.md).
[[nodiscard]] std::vector<double> neuron_start(const NeuronShape& shape,
                                               const NeuronConstants& constants,
                                               std::uint64_t seed);

/// The penalty's centre of every shared parameter, [shared_size()], given where the fit started;
/// of the units' parameters it is 0, of ln q 3.
[[nodiscard]] std::vector<double> penalty_centre(const NeuronLayout& layout,
                                                 const std::vector<double>& start);
inline constexpr double start_lnq = 3, spread_lnq = 1.5;

/// 0.3 sqrt(units of its session) for each unit: the decay of gain_c.
[[nodiscard]] std::vector<double> loading_decay(const NeuronShape& shape);

}  // namespace nnpoisson
