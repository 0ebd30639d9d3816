#pragma once

#include "kernels/views.hpp"

/// Where a block keeps what a slab needs: sums in double, then numbers of T: rows of block_threads
/// points, then the gathered parameters.
namespace nnpoisson::kernels {

/// Of a point's layers and their adjoints (formulas::TrunkColumns, TrunkAdjoint).
struct LayerRows {
  DualRows m, n1, n2, gn2;
  int gm, ga;
  DualRows v, gv;
  int gp;
};
/// Of one action's head (formulas::HeadColumns).
struct HeadRows {
  DualRows w;
  int rate, slope;
  DualRows gy, x, gx;
};

struct SlabScratch {
  /// Of the readout: the slab's for neural terms, all of E's for behaviour.
  int columns;

  // Among the sums: the gradient, the adjoint of the stimulus under way, the three losses; and
  // their number.
  formulas::GradientRow row;
  int stimulus, losses, doubles;

  // Among the numbers: the rows; the readout's parameters, then a C c; and their number in all.
  LayerRows start, end;
  int gdm;
  DualRows z;
  int slope;
  HeadRows head[2];
  int loss;
  int E, trunk, trunk_size;
  int numbers;

  NNP_FORMULA std::uint64_t bytes(std::uint64_t number_size) const {
    return 8 * static_cast<std::uint64_t>(doubles) +
           number_size * static_cast<std::uint64_t>(numbers);
  }
};

/// Hands out rows one after the other.
class RowCounter {
 public:
  NNP_FORMULA int take(int rows, bool needed = true) {
    const int first = needed ? next_ : -1;
    if (needed) next_ += rows;
    return first;
  }
  NNP_FORMULA DualRows take_both(int rows, bool with_rate, bool needed = true) {
    const int value = take(rows, needed);
    return {value, take(rows, with_rate && needed)};
  }
  NNP_FORMULA int taken() const { return next_; }

 private:
  int next_ = 0;
};

/// in_registers: the layers that only their own thread reads need no rows.
NNP_FORMULA LayerRows layer_rows(RowCounter& next, const formulas::NetworkSizes& net, int columns,
                                 bool rate, bool in_registers) {
  LayerRows rows{};
  rows.m = next.take_both(net.time_width, rate);
  rows.n1 = next.take_both(net.hidden_width, rate, !in_registers);
  rows.n2 = next.take_both(net.hidden_width, rate);
  rows.gn2 = next.take_both(net.hidden_width, rate);
  rows.gm = next.take(net.time_width);
  rows.ga = next.take(net.time_width);

  // Last what the widths alone do not place.
  rows.v = next.take_both(columns, rate);
  rows.gv = next.take_both(columns, rate);
  rows.gp = next.take(net.hidden_width, net.bypass);
  return rows;
}

/// What behaviour needs beside the layers.
NNP_FORMULA void take_behaviour_rows(RowCounter& next, const formulas::NetworkSizes& net, bool rate,
                                     SlabScratch& scratch) {
  scratch.z = next.take_both(scratch.columns, rate);
  scratch.slope = next.take(scratch.columns);
  for (HeadRows& head : scratch.head) {
    head.w = next.take_both(net.behaviour_width, rate);
    head.rate = next.take(net.behaviour_width, rate);
    head.slope = next.take(net.behaviour_width);
    head.gy = next.take_both(net.behaviour_width, rate);
    head.x = next.take_both(1, rate);
    head.gx = next.take_both(1, rate);
  }
}

/// Parameters of the trunk that are copied beside the rows; more are read where they lie.
inline constexpr int copied_trunk = 512;

NNP_FORMULA SlabScratch slab_scratch(const formulas::NetworkSizes& net, Term term, Reading reading,
                                     int columns, SlabKind kind) {
  const bool behaviour = term == Term::behaviour, rate = reading == Reading::rate;
  SlabScratch scratch{};
  scratch.columns = behaviour ? net.regions : columns;

  scratch.row = formulas::gradient_row(net, scratch.columns, behaviour);
  scratch.stimulus = scratch.row.size;
  scratch.losses = scratch.stimulus + net.stimulus_row();
  scratch.doubles = scratch.losses + 3;

  RowCounter next;
  const bool in_registers = kind == SlabKind::paper_widths;
  scratch.start = layer_rows(next, net, scratch.columns, rate, in_registers);
  if (reading == Reading::interval)
    scratch.end = layer_rows(next, net, scratch.columns, rate, in_registers);
  scratch.gdm = next.take(net.time_width, rate && !in_registers);
  if (behaviour) take_behaviour_rows(next, net, rate, scratch);
  scratch.loss = next.take(3);

  scratch.E = next.taken() * block_threads;
  scratch.trunk = scratch.E + (net.hidden_width + 1) * scratch.columns;
  const int trunk = scratch.row.E;
  scratch.trunk_size = trunk <= copied_trunk ? trunk : 0;
  scratch.numbers = scratch.trunk + scratch.trunk_size;
  return scratch;
}

}  // namespace nnpoisson::kernels
