#pragma once

#include "kernels/views.hpp"

/// Where a block keeps what a slab needs: sums in double, then numbers of T: the gathered
/// parameters and rows of block_threads points.
namespace nnpoisson::kernels {

/// A slab's gradient row: a, C, c, E [hidden x k], e [k], then for behaviour the heads as in the
/// flat order.
struct RowLayout {
  int a, C, c, E, e, heads, size;
};

/// Rows of a point's layers and adjoints; -1: not needed.
struct LayerRows {
  int m, dm, n1, du, n2, dn2, gn2, gdn2, v, dv, gv, gdv, gm, ga, gp;
};
struct HeadRows {
  int dy, w, dw, slope, gy, gdy, x, dx, gx, gdx;
};

struct SlabScratch {
  int columns;  ///< of the readout: the slab's for neural terms, all of E's for behaviour; 0 where
                ///< the slab is wide
  int wide_numbers;  ///< of E and e, which a wide slab's sums leave out and its gradient row does
                     ///< not
  RowLayout row;
  int stimulus, losses,
      doubles;  ///< among the sums: the stimulus under way, the three losses; and their number
  int E, trunk, trunk_size;  ///< among the numbers: the readout's parameters, then a C c
  LayerRows start, end;
  int gdm, zu, dzu, slope, z, dz, gz, gdz;
  HeadRows head[2];
  int loss;
  int numbers;  ///< in all
  NNP_FORMULA int gradient_size() const { return row.size + wide_numbers; }
  NNP_FORMULA std::uint64_t bytes(std::uint64_t number_size) const {
    return 8 * static_cast<std::uint64_t>(doubles) +
           number_size * static_cast<std::uint64_t>(numbers);
  }
};

/// Widths whose trunk parameters are copied beside the rows; wider ones are read where they lie.
inline constexpr int copied_trunk = 512;

/// in_registers: the layers that only their own thread reads need no rows.
template <class T>
NNP_FORMULA SlabScratch slab_scratch(const formulas::Network<T>& net, Term term, Reading reading,
                                     int columns, bool in_registers, bool wide = false) {
  const int T_ = net.time_width, H = net.hidden_width, W = net.behaviour_width;
  const bool rate = reading == Reading::rate, behaviour = term == Term::behaviour;
  SlabScratch at{};
  const int all = behaviour ? net.columns : columns;
  const int k = at.columns = wide ? 0 : all;
  at.wide_numbers = wide ? (H + 1) * all : 0;
  RowLayout& row = at.row;
  row.C = T_;
  row.c = row.C + T_ * H;
  row.E = row.c + H;
  row.e = row.E + H * k;
  row.heads = row.e + k;
  row.size = row.heads + (behaviour ? 2 * (W * (net.regions + 2) + 1) : 0);
  at.stimulus = row.size;
  at.losses = at.stimulus + T_ + (net.bypass ? H : 0);
  at.doubles = at.losses + 3;

  int next = 0;
  const auto take = [&next](int rows, bool needed = true) {
    const int first = needed ? next : -1;
    if (needed) next += rows;
    return first;
  };
  const auto layers = [&] {
    LayerRows x{};
    x.m = take(T_);
    x.dm = take(T_, rate);
    x.n1 = take(H, !in_registers);
    x.du = take(H, rate && !in_registers);
    x.n2 = take(H);
    x.dn2 = take(H, rate);
    x.gn2 = take(H);
    x.gdn2 = take(H, rate);
    x.gm = take(T_);
    x.ga = take(T_);
    x.v = take(k);  // then what the widths alone do not place
    x.dv = take(k, rate);
    x.gv = take(k);
    x.gdv = take(k, rate);
    x.gp = take(H, net.bypass);
    return x;
  };
  at.start = layers();
  if (reading == Reading::interval) at.end = layers();
  at.gdm = take(T_, rate && !in_registers);
  if (behaviour) {
    at.z = at.zu = take(k);
    at.dz = at.dzu = take(k, rate);
    at.slope = take(k);
    at.gz = at.start.gv;
    at.gdz = at.start.gdv;
    if (net.column_region) {
      for (int* r : {&at.z, &at.gz}) *r = take(net.regions);
      for (int* r : {&at.dz, &at.gdz}) *r = take(net.regions, rate);
    }
    for (HeadRows& h : at.head) {
      for (int* r : {&h.w, &h.slope, &h.gy}) *r = take(W);
      for (int* r : {&h.dy, &h.dw, &h.gdy}) *r = take(W, rate);
      for (int* r : {&h.x, &h.gx}) *r = take(1);
      for (int* r : {&h.dx, &h.gdx}) *r = take(1, rate);
    }
  }
  at.loss = take(3);
  at.E = next * block_threads;
  at.trunk = at.E + (H + 1) * k;
  const int trunk = T_ + T_ * H + H;
  at.trunk_size = trunk <= copied_trunk ? trunk : 0;
  at.numbers = at.trunk + at.trunk_size;
  return at;
}

}  // namespace nnpoisson::kernels
