#pragma once

#include "engine/simd/kernels.hpp"
#include "nnpoisson/formulas/likelihood.hpp"

/// Loss and gradient of one tile: forward, time derivative, terms and adjoint for a pack of points
/// at a time, layer sums in registers; then the outer products of a block of points at once, so
/// that their sums stay in registers too.
namespace nnpoisson::simd {

/// Points of a block: its layers (about 40 rows of the paper's net) should stay in the first-level
/// cache.
inline constexpr int block_points = 128;

/// Hands out consecutive pieces of a scratch array.
template <class T>
class Scratch {
 public:
  NNP_FORMULA explicit Scratch(T* at) : at_(at) {}
  template <class P>
  NNP_FORMULA P* take(int packs) {
    P* piece = reinterpret_cast<P*>(at_);
    at_ += packs * P::lanes;
    return piece;
  }

 private:
  T* at_;
};

/// Width > 0: both trunk widths are this number, known to the compiler, which then unrolls the
/// layers; 0: as the network says.
template <class P, int Width>
class TileKernel {
  using T = typename P::Scalar;
  using Col = formulas::Column<P>;
  static constexpr int L = P::lanes;
  static constexpr int B = block_points / L;  // packs of a full block

 public:
  static int scratch_size(const formulas::Network<T>& net, int columns) {
    const int k = columns > net.columns ? columns : net.columns;
    const int trunk = 2 * (2 * net.time_width + 6 * net.hidden_width);
    const int readout = 2 * 7 * k + 4 * net.regions + 2 * (7 * net.behaviour_width + 4);
    const int locals = 6 * (net.time_width + net.hidden_width);
    const int row = tile_row(net, Term::behaviour, 0).size + net.hidden_width * k + k;
    return ((trunk + readout) * B + locals + row) * L + net.hidden_width * k + padded(k) + 2 * pad;
  }

  static void run(const TileJob<T>& job) { TileKernel(job).dispatch(); }

 private:
  /// Layers of the points of one block, [rows x B]; `second` of an interval is its end.
  struct Layers {
    P *m, *dm, *n1, *du, *n2, *dn2, *gn2, *gdn2, *v, *dv, *gv, *gdv;
  };

  explicit TileKernel(const TileJob<T>& job)
      : job_(job), net_(job.net), tile_(job.tile), scratch_(job.scratch) {
    columns_ = tile_.term == Term::neural ? tile_.columns : net_.columns;
    layout_ = tile_row(net_, tile_.term, tile_.columns);
    for (auto& x : layers_) {
      for (P** a : {&x.m, &x.dm}) *a = scratch_.template take<P>(net_.time_width * B);
      for (P** a : {&x.n1, &x.du, &x.n2, &x.dn2, &x.gn2, &x.gdn2})
        *a = scratch_.template take<P>(net_.hidden_width * B);
      for (P** a : {&x.v, &x.dv, &x.gv, &x.gdv}) *a = scratch_.template take<P>(columns_ * B);
    }
    row_ = scratch_.template take<P>(layout_.size);
    for (P** a : {&h3_, &gm_, &gdm_, &ga_, &gh3_sum_})
      *a = scratch_.template take<P>(net_.time_width);
    for (P** a : {&bypass_, &gp_, &gp_sum_}) *a = scratch_.template take<P>(net_.hidden_width);
    if (tile_.term == Term::behaviour) {
      for (P** a : {&zu_, &dzu_, &slope_}) *a = scratch_.template take<P>(columns_ * B);
      z_ = zu_, dz_ = dzu_, gz_ = layers_[0].gv, gdz_ = layers_[0].gdv;
      if (net_.column_region)
        for (P** a : {&z_, &dz_, &gz_, &gdz_}) *a = scratch_.template take<P>(net_.regions * B);
      for (auto& h : heads_) {
        for (P** a : {&h.w, &h.dw, &h.slope, &h.dy, &h.gy, &h.gdy})
          *a = scratch_.template take<P>(net_.behaviour_width * B);
        for (P** a : {&h.x, &h.dx, &h.gx, &h.gdx}) *a = scratch_.template take<P>(B);
      }
      E_ = net_.E;
      e_ = net_.e;
    } else {
      // The tile's columns of E side by side, so that the readout is one dense layer.
      T* E = reinterpret_cast<T*>(
          scratch_.template take<P>((net_.hidden_width * columns_ + L - 1) / L));
      T* e = reinterpret_cast<T*>(scratch_.template take<P>((columns_ + L - 1) / L));
      for (int k = 0; k < columns_; ++k) {
        for (int j = 0; j < net_.hidden_width; ++j)
          E[j * columns_ + k] = net_.E[static_cast<long>(j) * net_.columns + tile_.column[k]];
        e[k] = net_.e[tile_.column[k]];
      }
      E_ = E;
      e_ = e;
    }
  }

  void dispatch() {
    for (int i = 0; i < layout_.size; ++i) row_[i] = P(0);
    for (int i = 0; i < net_.time_width; ++i) gh3_sum_[i] = P(0);
    for (int j = 0; j < net_.hidden_width; ++j) gp_sum_[j] = P(0);
    for (auto& l : loss_) l = P(0);
    switch (tile_.reading) {
      case Reading::rate:
        blocks<true, false>();
        break;
      case Reading::value:
        blocks<false, false>();
        break;
      case Reading::interval:
        blocks<false, true>();
        break;
    }
    if (job_.gradients) {
      flush_stimulus();
      for (int i = 0; i < layout_.size; ++i) job_.row[i] = row_[i].sum();
    }
    for (int k = 0; k < 3; ++k) job_.losses[k] = static_cast<double>(loss_[k].sum());
  }

  template <bool Rate, bool Interval>
  void blocks() {
    for (int first = 0; first < tile_.stride; first += block_points) {
      const int points = tile_.stride - first < block_points ? tile_.stride - first : block_points;
      const int packs = points / L;
      // A phase over all packs before the next one: neighbouring packs do not wait for each other's
      // long chains of operations.
      for (int p = 0; p < packs; ++p) {
        gather(first + p * L);
        forward<Rate>(layers_[0], p, P::load(tile_.time + first + p * L));
        if constexpr (Interval) forward<Rate>(layers_[1], p, P::load(tile_.end + first + p * L));
      }
      for (int p = 0; p < packs; ++p) {
        if (tile_.term == Term::neural)
          neural_terms<Rate, Interval>(first + p * L, p);
        else
          behaviour_terms<Rate>(first + p * L, p);
      }
      for (int p = 0; job_.gradients && p < packs; ++p) {
        adjoint<Rate>(layers_[0], p, P::load(tile_.time + first + p * L));
        add_to_stimulus(first + p * L);
        if constexpr (Interval) {
          adjoint<Rate>(layers_[1], p, P::load(tile_.end + first + p * L));
          add_to_stimulus(first + p * L);
        }
      }
      if (!job_.gradients) continue;
      outer_products<Rate>(layers_[0], packs);
      if constexpr (Interval) outer_products<Rate>(layers_[1], packs);
      if (tile_.term == Term::behaviour) head_products<Rate>(packs);
    }
  }

  /// The network with its widths as constants where they are known.
  NNP_FORMULA formulas::Network<T> net() const {
    formulas::Network<T> fixed = net_;
    if constexpr (Width > 0) fixed.time_width = fixed.hidden_width = Width;
    return fixed;
  }

  static Col at(P* rows, int p) { return {rows + p, B}; }
  static Col local(P* rows) { return {rows, 1}; }
  formulas::TrunkColumns<P> trunk(const Layers& x, int p) {
    return {at(x.m, p), at(x.dm, p), at(x.n1, p), at(x.du, p), at(x.n2, p), at(x.dn2, p)};
  }

  [[nodiscard]] bool uniform(int point) const {
    return tile_.stimulus[point] == tile_.stimulus[point + L - 1];
  }

  /// h3 and bypass of the pack of points that starts at `point`.
  void gather(int point) {
    const int H = net_.bypass ? net_.hidden_width : 0;
    if (uniform(point)) {
      if (tile_.stimulus[point] == gathered_) return;
      gathered_ = tile_.stimulus[point];
      const T* from = job_.table + static_cast<long>(gathered_) * job_.table_width;
      for (int i = 0; i < net_.time_width; ++i) h3_[i] = P(from[i]);
      for (int j = 0; j < H; ++j) bypass_[j] = P(from[net_.time_width + j]);
    } else {
      gathered_ = none;
      for (int lane = 0; lane < L; ++lane) {
        const T* from =
            job_.table + static_cast<long>(tile_.stimulus[point + lane]) * job_.table_width;
        for (int i = 0; i < net_.time_width; ++i) h3_[i].v[lane] = from[i];
        for (int j = 0; j < H; ++j) bypass_[j].v[lane] = from[net_.time_width + j];
      }
    }
  }

  template <bool Rate>
  void forward(const Layers& x, int p, P time) {
    formulas::trunk_forward<Rate>(net(), time, local(h3_), local(bypass_), trunk(x, p));
  }

  template <bool Rate>
  void readout(const Layers& x, int p) {
    formulas::dense<Rate>(E_, e_, net().hidden_width, columns_, at(x.n2, p), at(x.dn2, p),
                          at(x.v, p), at(x.dv, p));
  }

  template <bool Rate, bool Interval>
  void neural_terms(int point, int p) {
    const Layers& x = layers_[0];
    const Layers& end = layers_[1];
    readout<Rate>(x, p);
    if constexpr (Interval) readout<Rate>(end, p);
    for (int k = 0; k < columns_; ++k) {
      const P weight = P::load(tile_.weight + static_cast<long>(k) * tile_.stride + point);
      const int i = k * B + p;
      if constexpr (Interval) {
        const auto term =
            formulas::interval_term(x.v[i], end.v[i], weight, P::load(tile_.inverse_scale + point),
                                    P::load(tile_.floor + point));
        x.gv[i] = term.gv_start;
        end.gv[i] = term.gv_end;
        loss_[0] = loss_[0] + term.loss;
      } else {
        loss_[0] =
            loss_[0] + read<Rate>(x.v[i], Rate ? x.dv[i] : weight, weight, x.gv[i], x.gdv[i]);
      }
    }
  }

  template <bool Rate>
  P read(P v, P dv, P weight, P& gv, P& gdv) {
    if constexpr (Rate) {
      const auto term = formulas::rate_term(v, dv, weight, P(job_.eps));
      gv = term.gv;
      gdv = term.gdv;
      return term.loss;
    } else {
      const auto term = formulas::value_term(v, weight);
      gv = term.gv;
      return term.loss;
    }
  }

  template <bool Rate>
  void behaviour_terms(int point, int p) {
    const Layers& x = layers_[0];
    readout<Rate>(x, p);
    const formulas::ReadoutColumns<P> read_out{at(x.v, p),    at(x.dv, p), at(zu_, p), at(dzu_, p),
                                               at(slope_, p), at(z_, p),   at(dz_, p)};
    formulas::readout_forward<Rate>(net_, read_out);
    for (int g = 0; g < net_.regions; ++g) gz_[g * B + p] = gdz_[g * B + p] = P(0);
    for (int k = 0; k < tile_.columns; ++k) {
      const int action = static_cast<int>(tile_.column[k]);
      const auto& h = heads_[action];
      const formulas::HeadColumns<P> head{at(h.dy, p),    at(h.w, p), at(h.dw, p),
                                          at(h.slope, p), at(h.x, p), at(h.dx, p)};
      formulas::head_forward<Rate>(net_, action, at(z_, p), at(dz_, p), head);
      const P weight = P::load(tile_.weight + static_cast<long>(k) * tile_.stride + point);
      loss_[1 + action] = loss_[1 + action] +
                          read<Rate>(h.x[p], Rate ? h.dx[p] : weight, weight, h.gx[p], h.gdx[p]);
      formulas::head_adjoint<Rate>(net_, action, head, at(h.gx, p), at(h.gdx, p), at(h.gy, p),
                                   at(h.gdy, p), at(gz_, p), at(gdz_, p));
    }
    formulas::readout_adjoint<Rate>(net_, read_out, at(gz_, p), at(gdz_, p), at(x.gv, p),
                                    at(x.gdv, p));
  }

  template <bool Rate>
  void adjoint(const Layers& x, int p, P time) {
    const auto net = this->net();
    formulas::dense_input_adjoint<Rate, false>(E_, net.hidden_width, columns_, at(x.gv, p),
                                               at(x.gdv, p), at(x.gn2, p), at(x.gdn2, p));
    formulas::trunk_adjoint<Rate>(net, time, trunk(x, p), at(x.gn2, p), at(x.gdn2, p), local(gp_),
                                  local(gm_), local(gdm_), local(ga_));
    for (int i = 0; i < net.time_width; ++i) row_[layout_.a + i] = row_[layout_.a + i] + ga_[i];
  }

  /// Adds the pack's adjoints of h3 and bypass to their stimuli's rows.
  void add_to_stimulus(int point) {
    const auto net = this->net();
    const int H = net.bypass ? net.hidden_width : 0;
    if (uniform(point)) {
      if (tile_.stimulus[point] != stimulus_) {
        flush_stimulus();
        stimulus_ = tile_.stimulus[point];
        find_row(stimulus_);  // now, so that rows stay in the order of the points
      }
      for (int i = 0; i < net.time_width; ++i) gh3_sum_[i] = gh3_sum_[i] + gm_[i];
      for (int j = 0; j < H; ++j) gp_sum_[j] = gp_sum_[j] + gp_[j];
      return;
    }
    for (int lane = 0; lane < L; ++lane) {
      T* row = find_row(tile_.stimulus[point + lane]);
      for (int i = 0; i < net.time_width; ++i) row[i] += gm_[i].v[lane];
      for (int j = 0; j < H; ++j) row[net.time_width + j] += gp_[j].v[lane];
    }
  }

  /// The output row of stimulus s; rows are handed out, zeroed, in the order in which stimuli first
  /// appear.
  T* find_row(std::uint32_t s) {
    for (int r = rows_ - 1; r >= 0; --r)
      if (row_stimulus_[r] == s)
        return job_.stimulus_rows + static_cast<long>(r) * job_.table_width;
    T* row = job_.stimulus_rows + static_cast<long>(rows_) * job_.table_width;
    for (int i = 0; i < job_.table_width; ++i) row[i] = T(0);
    row_stimulus_[rows_++] = s;
    return row;
  }

  void flush_stimulus() {
    if (stimulus_ == none) return;
    T* row = find_row(stimulus_);
    for (int i = 0; i < net_.time_width; ++i) {
      row[i] += gh3_sum_[i].sum();
      gh3_sum_[i] = P(0);
    }
    if (!net_.bypass) return;
    for (int j = 0; j < net_.hidden_width; ++j) {
      row[net_.time_width + j] += gp_sum_[j].sum();
      gp_sum_[j] = P(0);
    }
  }

  template <bool Rate>
  void outer_products(const Layers& x, int packs) {
    const int H = net().hidden_width;
    formulas::dense_kernel_adjoint<Rate>(packs, net().time_width, H, at(x.m, 0), at(x.dm, 0),
                                         at(x.gn2, 0), at(x.gdn2, 0), row_ + layout_.C);
    formulas::dense_bias_adjoint(packs, H, at(x.gn2, 0), row_ + layout_.c);
    formulas::dense_kernel_adjoint<Rate>(packs, H, columns_, at(x.n2, 0), at(x.dn2, 0), at(x.gv, 0),
                                         at(x.gdv, 0), row_ + layout_.E);
    formulas::dense_bias_adjoint(packs, columns_, at(x.gv, 0), row_ + layout_.e);
  }

  /// Flat order of the heads: F1 f1 left, F1 f1 right, F2 f2 left, F2 f2 right.
  template <bool Rate>
  void head_products(int packs) {
    const int W = net_.behaviour_width, first = (net_.regions + 1) * W;
    for (int k = 0; k < tile_.columns; ++k) {
      const int action = static_cast<int>(tile_.column[k]);
      const auto& h = heads_[action];
      P* F1 = row_ + layout_.heads + action * first;
      P* F2 = row_ + layout_.heads + 2 * first + action * (W + 1);
      formulas::dense_kernel_adjoint<Rate>(packs, net_.regions, W, at(z_, 0), at(dz_, 0),
                                           at(h.gy, 0), at(h.gdy, 0), F1);
      formulas::dense_bias_adjoint(packs, W, at(h.gy, 0), F1 + net_.regions * W);
      formulas::dense_kernel_adjoint<Rate>(packs, W, 1, at(h.w, 0), at(h.dw, 0), at(h.gx, 0),
                                           at(h.gdx, 0), F2);
      formulas::dense_bias_adjoint(packs, 1, at(h.gx, 0), F2 + W);
    }
  }

  struct Head {
    P *w, *dw, *slope, *dy, *gy, *gdy, *x, *dx, *gx, *gdx;
  };

  const TileJob<T>& job_;
  const formulas::Network<T>& net_;
  const TileView<T>& tile_;
  Scratch<T> scratch_;
  TileRow layout_;
  int columns_;
  const T *E_, *e_;
  Layers layers_[2];
  Head heads_[2];
  P *row_, *h3_, *bypass_, *gm_, *gdm_, *ga_, *gp_, *gh3_sum_, *gp_sum_, *zu_, *dzu_, *slope_, *z_,
      *dz_, *gz_, *gdz_;
  P loss_[3];
  static constexpr std::uint32_t none = ~0U;
  std::uint32_t gathered_ = none;  // the stimulus that fills h3_ and bypass_
  std::uint32_t stimulus_ =
      none;  // of the current run of uniform packs, whose sums are still in gh3_sum_ and gp_sum_
  std::uint32_t row_stimulus_[tile_points];
  int rows_ = 0;
};

}  // namespace nnpoisson::simd
