#pragma once

#include "kernels/slab_block.cuh"
#include "nnpoisson/formulas/likelihood.hpp"

/// The likelihood's terms of one point, from the trunk's n2 to their losses and the adjoint of the
/// readout. x: the block; weights: the point's, `count` apart; idle: this thread has no point of
/// its own, and what it leaves must not count.
namespace nnpoisson::kernels {

template <class Block>
NNP_DEVICE void readout(const Block& x, const formulas::Network<typename Block::Number>& net,
                        const LayerRows& rows) {
  const auto* E = x.numbers() + x.scratch.E;
  const int columns = x.scratch.columns;
  formulas::dense<Block::rate>(E, E + net.hidden_width * columns, net.hidden_width, columns,
                               x.column(rows.n2), x.column(rows.v));
}

/// This thread's three losses, block_threads apart: neural, left, right.
template <class Block>
NNP_DEVICE typename Block::Number* losses(const Block& x) {
  return x.numbers() + x.scratch.loss * block_threads + x.thread();
}
template <class Block>
NNP_DEVICE void clear_losses(const Block& x) {
  for (int k = 0; k < 3; ++k) losses(x)[k * block_threads] = 0;
}

template <class P, class T>
NNP_DEVICE P weight_of(const T* weights, int column, std::uint32_t count, bool idle) {
  return idle ? P(0) : P(weights[static_cast<std::uint64_t>(column) * count]);
}

template <class Block>
NNP_DEVICE void neural_terms(const Block& x, const typename Block::Number* weights,
                             std::uint32_t count, bool idle) {
  using P = typename Block::P;
  const LayerRows& rows = x.scratch.start;
  P sum(0);
  NNP_NO_UNROLL
  for (int k = 0; k < x.scratch.columns; ++k)
    sum = sum + formulas::point_term<Block::rate>(x.column(rows.v), k,
                                                  weight_of<P>(weights, k, count, idle),
                                                  P(x.program.plan.eps), x.column(rows.gv));
  losses(x)[0] = plain(sum);
}

/// interval: its number among the plan's.
template <class Block>
NNP_DEVICE void interval_terms(const Block& x, const typename Block::Number* weights,
                               std::uint32_t count, bool idle, std::uint64_t interval) {
  using P = typename Block::P;
  const LayerRows &start = x.scratch.start, &end = x.scratch.end;
  const P inverse_scale = x.program.plan.inverse_scale[interval];
  const P floor = x.program.plan.floor[interval];
  P sum(0);
  NNP_NO_UNROLL
  for (int k = 0; k < x.scratch.columns; ++k) {
    const auto term =
        formulas::interval_term(x.column(start.v).value[k], x.column(end.v).value[k],
                                weight_of<P>(weights, k, count, idle), inverse_scale, floor);
    x.column(start.gv).value[k] = term.adjoint_at_start;
    x.column(end.gv).value[k] = term.adjoint_at_end;
    sum = sum + term.loss;
  }
  losses(x)[0] = plain(sum);
}

/// From v to the losses of the actions and back to gv.
template <class Block>
NNP_DEVICE void behaviour_terms(const Block& x,
                                const formulas::Network<typename Block::Number>& net,
                                const typename Block::Number* weights, std::uint32_t count,
                                bool idle) {
  using P = typename Block::P;
  constexpr bool rate = Block::rate;
  const auto v = x.column(x.scratch.start.v), gv = x.column(x.scratch.start.gv),
             z = x.column(x.scratch.z);
  const auto slope = x.column(x.scratch.slope);
  formulas::softplus_forward<rate>(net.regions, v, z, slope);
  NNP_NO_UNROLL
  for (int g = 0; g < net.regions; ++g) {
    gv.value[g] = P(0);
    if constexpr (rate) gv.rate[g] = P(0);
  }

  NNP_NO_UNROLL
  for (int k = 0; k < static_cast<int>(x.slab.columns); ++k) {
    const int action =
        static_cast<int>(x.program.plan.column[x.slab.first_column + static_cast<unsigned>(k)]);
    const HeadRows& rows = x.scratch.head[action];
    const formulas::HeadColumns<P> head{x.column(rows.w), x.column(rows.rate), x.column(rows.slope),
                                        x.column(rows.x)};
    formulas::head_forward<rate>(net, action, z, head);
    const P loss = formulas::point_term<rate>(head.x, 0, weight_of<P>(weights, k, count, idle),
                                              P(x.program.plan.eps), x.column(rows.gx));
    losses(x)[(1 + action) * block_threads] = plain(loss);
    formulas::head_adjoint<rate>(net, action, head, x.column(rows.gx), x.column(rows.gy), gv);
  }
  formulas::softplus_adjoint<rate>(net.regions, v.rate, slope, gv);
}

}  // namespace nnpoisson::kernels
