#pragma once

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

 public:
  NNP_DEVICE explicit WideKernel(const WideView<T>& view) : x_(view) {}

  NNP_DEVICE void run() {
    switch (x_.step) {
      case WideStep::gather:
        return for_each(outputs(), [&](std::uint64_t i) {
          const auto column = static_cast<unsigned>(i % columns());
          const std::uint64_t from =
              x_.slab.term == Term::neural ? x_.plan.column[x_.slab.first_column + column] : column;
          x_.E[i] = x_.weight[i / columns() * static_cast<unsigned>(x_.shape.columns) + from];
        });
      case WideStep::terms:
        return terms();
      case WideStep::softplus:
        return for_each(std::uint64_t{columns()} * x_.points, [&](std::uint64_t i) {
          P zu(0), dzu(0), slope(0);
          softplus(i, zu, dzu, slope);
          x_.value[0][i] = plain(zu);
          if (rate()) x_.value[1][i] = plain(dzu);
        });
      case WideStep::back:
        return for_each(std::uint64_t{columns()} * x_.points, [&](std::uint64_t i) { back(i); });
      case WideStep::store:
        for_each(outputs(),
                 [&](std::uint64_t i) { x_.row[i] = static_cast<double>(x_.product[i]); });
        return;
      case WideStep::loss:
        return loss();
    }
  }

 private:
  NNP_DEVICE unsigned columns() const { return static_cast<unsigned>(x_.columns); }
  NNP_DEVICE std::uint64_t outputs() const {
    return (static_cast<std::uint64_t>(x_.shape.hidden_width) + 1) * columns();
  }
  NNP_DEVICE bool rate() const { return x_.slab.reading == Reading::rate; }
  template <class Body>
  NNP_DEVICE void for_each(std::uint64_t n, const Body& body) const {
    for (std::uint64_t i = std::uint64_t{blockIdx.x} * block_threads + threadIdx.x; i < n;
         i += std::uint64_t{gridDim.x} * block_threads)
      body(i);
  }
  NNP_DEVICE P value(int side, std::uint64_t i) const { return P(x_.value[side][i]); }

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
      const std::uint64_t at = tile.first_interval + point;
      const auto t = formulas::interval_term(value(0, i), value(1, i), w,
                                             P(x_.plan.inverse_scale[at]), P(x_.plan.floor[at]));
      x_.value[0][i] = plain(t.gv_start);
      x_.value[1][i] = plain(t.gv_end);
      return t.loss;
    }
    if (rate()) {
      const auto t = formulas::rate_term(value(0, i), value(1, i), w, P(x_.plan.eps));
      x_.value[0][i] = plain(t.gv);
      x_.value[1][i] = plain(t.gdv);
      return t.loss;
    }
    const auto t = formulas::value_term(value(0, i), w);
    x_.value[0][i] = plain(t.gv);
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

  NNP_DEVICE void softplus(std::uint64_t i, P& zu, P& dzu, P& slope) const {
    P v = value(0, i), dv(0);
    const Col out{&zu, 1}, rate_out{&dzu, 1}, slope_out{&slope, 1};
    if (rate()) {
      dv = value(1, i);
      formulas::softplus_forward<true>(1, Col{&v, 1}, Col{&dv, 1}, out, rate_out, slope_out);
    } else {
      formulas::softplus_forward<false>(1, Col{&v, 1}, Col{&dv, 1}, out, rate_out, slope_out);
    }
  }
  /// From the regions' adjoints to those of the column's pre-activation, in its place.
  NNP_DEVICE void back(std::uint64_t i) const {
    const auto column = static_cast<unsigned>(i / x_.points);
    const std::uint64_t point = i % x_.points;
    const int g = x_.shape.column_region[column];
    const T share = T(1) / static_cast<T>(x_.shape.region_columns[g]);
    P zu(0), dzu(0), slope(0), dv = rate() ? value(1, i) : P(0);
    softplus(i, zu, dzu, slope);
    const std::uint64_t at = static_cast<unsigned>(g) * std::uint64_t{x_.points} + point;
    P gv = P(x_.gz[0][at] * share), gdv = rate() ? P(x_.gz[1][at] * share) : P(0);
    const Col rates{&dv, 1}, slopes{&slope, 1}, to{&gv, 1}, rate_to{&gdv, 1};
    if (rate())
      formulas::softplus_adjoint<true>(1, rates, slopes, to, rate_to);
    else
      formulas::softplus_adjoint<false>(1, rates, slopes, to, rate_to);
    x_.value[0][i] = plain(gv);
    if (rate()) x_.value[1][i] = plain(gdv);
  }

  const WideView<T>& x_;
};

}  // namespace nnpoisson::kernels
