#include <cmath>
#include <initializer_list>

#include "nnpoisson/neurons.hpp"

namespace nnpoisson {
namespace {

using Dimensions = std::array<int, 3>;

std::size_t numbers(const Dimensions& d) {
  return static_cast<std::size_t>(d[0]) * static_cast<std::size_t>(d[1]) *
         static_cast<std::size_t>(d[2]);
}

}  // namespace

const char* to_string(HeadKind heads) {
  return heads == HeadKind::regions ? "regions" : "trunk";
}

NeuronLayout::NeuronLayout(const NeuronShape& shape, const NeuronShrinkage& shrinkage) {
  const int F = shape.features, H = shape.width, G = shape.regions, U = shape.units();
  const int rows = shape.rows(), Q = shape.signals(), L = shape.rank, J = shape.behaviour_width;
  constexpr int N = formulas::neuron_width;
  const bool trunk = shape.heads == HeadKind::trunk;

  const auto place = [&](NeuronTensor t, std::string_view name, Dimensions dimensions,
                         double decay) {
    slots_[static_cast<std::size_t>(t)] = {name,  dimensions, size_, numbers(dimensions),
                                           false, decay};
    size_ += numbers(dimensions);
  };
  const auto when = [](bool there, Dimensions d) { return there ? d : Dimensions{0, 1, 1}; };

  using enum NeuronTensor;
  place(A1, "A1", {F, N, 1}, 10);
  place(b1, "b1", {N, 1, 1}, 10);
  place(A2, "A2", {N, N, 1}, 10);
  place(b2, "b2", {N, 1, 1}, 10);
  place(A3, "A3", {N, H, 1}, 10);
  place(b3, "b3", {H, 1, 1}, 10);
  place(a, "a", {H, 1, 1}, 10);
  place(C, "C", {H, H, 1}, 10);
  place(c, "c", {H, 1, 1}, 10);

  place(region_alpha, "region_alpha", {G, rows, 1}, 10);
  place(region_B, "region_B", {G, rows, Q}, 30);

  place(head_alpha, "head_alpha", when(trunk, {2, rows, 1}), 1);
  place(head_B, "head_B", when(trunk, {2, rows, Q}), 1);
  place(head_delta, "head_delta", when(trunk, {2, 1, 1}), 1);
  place(head_F1, "head_F1", when(!trunk, {2, J, G}), 1);
  place(head_f1, "head_f1", when(!trunk, {2, J, 1}), 1);
  place(head_F2, "head_F2", when(!trunk, {2, J, 1}), 1);
  place(prior_P, "prior_P", {shape.nodes, F, 1}, 1);
  place(signal_beta, "signal_beta", when(L > 0, {L, rows, Q}), 3);

  place(unit_alpha, "unit_alpha", {U, rows, 1}, 30);
  place(unit_B, "unit_B", when(L == 0, {U, rows, Q}), 30);
  place(unit_v, "unit_v", when(L > 0, {U, L, 1}), 3);
  place(gain_c, "gain_c", when(shape.shared_gain, {U, 1, 1}), 0.3);
  place(gain_lnq, "gain_lnq", when(shape.private_gain, {U, 1, 1}), 1 / (spread_lnq * spread_lnq));
  place(gain_d, "gain_d", when(shape.drift, {U, formulas::drift_bumps, 1}), 10);

  const auto multiply = [&](std::initializer_list<NeuronTensor> tensors, double factor) {
    for (const auto t : tensors) slots_[static_cast<std::size_t>(t)].decay *= factor;
  };
  multiply({A1, b1, A2, b2, A3, b3, a, C, c, region_alpha, region_B, signal_beta, unit_alpha,
            unit_B, unit_v},
           shrinkage.intensities);
  multiply({head_alpha, head_B, head_delta, head_F1, head_f1, head_F2, prior_P},
           shrinkage.behaviour);
  for (const auto t : {a, C, head_F1, head_F2})
    slots_[static_cast<std::size_t>(t)].non_negative = true;
}

std::vector<double> penalty_centre(const NeuronLayout& layout, const std::vector<double>& start) {
  std::vector<double> centre(start.begin(),
                             start.begin() + static_cast<std::ptrdiff_t>(layout.shared_size()));
  const NeuronSlot& beta = layout[NeuronTensor::signal_beta];
  for (std::size_t i = beta.offset; i < beta.offset + beta.size; ++i) centre[i] = 0;
  return centre;
}

std::vector<double> loading_decay(const NeuronShape& shape) {
  std::vector<double> units;
  for (const auto s : shape.unit_session) {
    const auto session = static_cast<std::size_t>(s);
    if (session >= units.size()) units.resize(session + 1);
    ++units[session];
  }

  std::vector<double> decay;
  for (const auto s : shape.unit_session)
    decay.push_back(0.3 * std::sqrt(units[static_cast<std::size_t>(s)]));
  return decay;
}

}  // namespace nnpoisson
