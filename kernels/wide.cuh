#pragma once

#include "kernels/number.cuh"
#include "kernels/warp.cuh"
#include "kernels/wide.hpp"
#include "nnpoisson/formulas/likelihood.hpp"

/// What comes between the matrix products of a wide readout (wide_readout.hpp): everything that
/// goes element by element.
namespace nnpoisson::kernels {

template <class T>
class WideKernel {
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;
  using Dual = formulas::Dual<P>;

 public:
  NNP_DEVICE explicit WideKernel(const WideView<T>& view) : x_(view) {}

  NNP_DEVICE void run() {
    switch (x_.step) {
      case WideStep::gather:
        return for_each(readout_size(), [&](std::uint64_t i) {
          const auto column = static_cast<unsigned>(i % columns());
          const std::uint64_t from =
              x_.slab.term == Term::neural ? x_.plan.column[x_.slab.first_column + column] : column;
          x_.E[i] = x_.weight[i / columns() * static_cast<unsigned>(x_.sizes.columns) + from];
        });
      case WideStep::terms:
        return terms();
      case WideStep::softplus:
        return for_each(std::uint64_t{columns()} * x_.points, [&](std::uint64_t i) {
          Dual zu{P(0), P(0)};
          P slope(0);
          softplus(i, zu, slope);
          put(i, zu);
        });
      case WideStep::back:
        return for_each(std::uint64_t{columns()} * x_.points, [&](std::uint64_t i) { back(i); });
      case WideStep::store:
        for_each(readout_size(),
                 [&](std::uint64_t i) { x_.row[i] = static_cast<double>(x_.product[i]); });
        return;
      case WideStep::loss:
        return loss();
    }
  }

 private:
  NNP_DEVICE unsigned columns() const { return static_cast<unsigned>(x_.columns); }
  NNP_DEVICE std::uint64_t readout_size() const {
    return (static_cast<std::uint64_t>(x_.sizes.hidden_width) + 1) * columns();
  }
  NNP_DEVICE bool rate() const { return x_.slab.reading == Reading::rate; }
  template <class Body>
  NNP_DEVICE void for_each(std::uint64_t n, const Body& body) const {
    for (std::uint64_t i = std::uint64_t{blockIdx.x} * block_threads + threadIdx.x; i < n;
         i += std::uint64_t{gridDim.x} * block_threads)
      body(i);
  }
  NNP_DEVICE P value(int side, std::uint64_t i) const { return P(x_.value[side][i]); }
  NNP_DEVICE void put(std::uint64_t i, Dual dual) const {
    x_.value[0][i] = plain(dual.value);
    if (rate()) x_.value[1][i] = plain(dual.rate);
  }
  static NNP_DEVICE formulas::DualColumn<P> as_column(Dual& dual) {
    return {{&dual.value, 1}, {&dual.rate, 1}};
  }

  /// Likelihood and its adjoint, in place: a block takes some columns of up to block_threads points
  /// of a tile.
  NNP_DEVICE void terms() {
    const std::uint32_t items =
        x_.slab.tiles * chunks_of_tile * static_cast<unsigned>(wide_parts(x_.columns));
    for (std::uint32_t item = blockIdx.x; item < items; item += gridDim.x) {
      const std::uint32_t part = item / (x_.slab.tiles * chunks_of_tile),
                          chunk = item % (x_.slab.tiles * chunks_of_tile);
      const TileSpan& tile = x_.plan.tiles[x_.slab.first_tile + chunk / chunks_of_tile];
      const std::uint32_t point = chunk % chunks_of_tile * block_threads + threadIdx.x;
      double sum = 0;
      if (point < tile.count) {
        const std::uint64_t before =
            tile.first_point - x_.plan.tiles[x_.slab.first_tile].first_point + point;
        const unsigned end =
            (part + 1) * wide_part < columns() ? (part + 1) * wide_part : columns();
        NNP_NO_UNROLL
        for (unsigned k = part * wide_part; k < end; ++k)
          sum += static_cast<double>(
              plain(term(tile, point, std::uint64_t{k} * x_.points + before, k)));
      }
      sum = lane_sum(sum);
      if (lane_number() == 0)
        x_.partial[std::uint64_t{item} * block_warps + static_cast<unsigned>(warp_number())] = sum;
    }
  }
  NNP_DEVICE P term(const TileSpan& tile, std::uint32_t point, std::uint64_t i, unsigned k) const {
    const P w = P(x_.plan.weight[tile.first_weight + std::uint64_t{k} * tile.count + point]);
    if (x_.slab.reading == Reading::interval) {
      const std::uint64_t interval = tile.first_interval + point;
      const auto t =
          formulas::interval_term(value(0, i), value(1, i), w, P(x_.plan.inverse_scale[interval]),
                                  P(x_.plan.floor[interval]));
      x_.value[0][i] = plain(t.adjoint_at_start);
      x_.value[1][i] = plain(t.adjoint_at_end);
      return t.loss;
    }
    if (rate()) {
      const auto t = formulas::rate_term(Dual{value(0, i), value(1, i)}, w, P(x_.plan.eps));
      put(i, t.adjoint);
      return t.loss;
    }
    const auto t = formulas::value_term(value(0, i), w);
    x_.value[0][i] = plain(t.adjoint);
    return t.loss;
  }
  /// By one warp, in one order.
  NNP_DEVICE void loss() const {
    if (blockIdx.x != 0 || warp_number() != 0) return;
    const std::uint64_t n = std::uint64_t{x_.slab.tiles} * chunks_of_tile *
                            static_cast<unsigned>(wide_parts(x_.columns)) * block_warps;
    double sum = 0;
    for (std::uint64_t i = static_cast<unsigned>(lane_number()); i < n; i += warp_threads)
      sum += x_.partial[i];
    sum = lane_sum(sum);
    if (lane_number() < 3) x_.losses[lane_number()] = lane_number() == 0 ? sum : 0;
  }

  NNP_DEVICE void softplus(std::uint64_t i, Dual& zu, P& slope) const {
    Dual v{value(0, i), rate() ? value(1, i) : P(0)};
    if (rate())
      formulas::softplus_forward<true>(1, as_column(v), as_column(zu), Col{&slope, 1});
    else
      formulas::softplus_forward<false>(1, as_column(v), as_column(zu), Col{&slope, 1});
  }
  /// From the regions' adjoints to those of the column's pre-activation, in its place.
  NNP_DEVICE void back(std::uint64_t i) const {
    const auto column = static_cast<unsigned>(i / x_.points);
    const std::uint64_t point = i % x_.points;
    const int g = x_.sizes.column_region[column];
    const T share = T(1) / static_cast<T>(x_.sizes.region_columns[g]);
    Dual zu{P(0), P(0)};
    P slope(0), dv = rate() ? value(1, i) : P(0);
    softplus(i, zu, slope);
    const std::uint64_t in_region = static_cast<unsigned>(g) * std::uint64_t{x_.points} + point;
    Dual gv{P(x_.gz[0][in_region] * share), rate() ? P(x_.gz[1][in_region] * share) : P(0)};
    if (rate())
      formulas::softplus_adjoint<true>(1, Col{&dv, 1}, Col{&slope, 1}, as_column(gv));
    else
      formulas::softplus_adjoint<false>(1, Col{&dv, 1}, Col{&slope, 1}, as_column(gv));
    put(i, gv);
  }

  const WideView<T>& x_;
};

}  // namespace nnpoisson::kernels
