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
  using DualCol = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;
  static constexpr int B = block_points / L;  // packs of a full block

 public:
  static int scratch_size(const formulas::NetworkSizes& net, int columns) {
    const int k = columns > net.regions ? columns : net.regions;
    const int trunk = 2 * (2 * net.time_width + 6 * net.hidden_width);
    const int readout = 2 * 7 * k + 2 * (7 * net.behaviour_width + 4);
    const int locals = 6 * (net.time_width + net.hidden_width);
    const int row = tile_row(net, Term::behaviour, 0).size + net.hidden_width * k + k;
    return ((trunk + readout) * B + locals + row) * L + net.hidden_width * k + padded(k) + 2 * pad;
  }

  static void run(const TileJob<T>& job) { TileKernel(job).dispatch(); }

 private:
  /// Values and their rates, [rows x B] or of one pack.
  struct DualRows {
    P *value, *rate;
  };
  /// Layers of the points of one block.
  struct Layers {
    DualRows m, n1, n2, gn2, v, gv;
  };
  struct Head {
    DualRows w;
    P *slope, *rate;  // of w: its slope, and the rate of its pre-activation
    DualRows gy, x, gx;
  };

  explicit TileKernel(const TileJob<T>& job)
      : job_(job),
        net_(job.net),
        tile_(job.tile),
        scratch_(job.scratch),
        width_(job.net.stimulus_row()) {
    columns_ = tile_.term == Term::neural ? tile_.columns : net_.regions;
    row_at_ = tile_row(net_, tile_.term, tile_.columns);
    take_trunk();
    if (tile_.term == Term::behaviour) {
      take_heads();
      E_ = net_.E;
      e_ = net_.e;
    } else {
      gather_readout();
    }
  }

  P* take(int packs) { return scratch_.template take<P>(packs); }
  DualRows take_both(int packs) {
    P* value = take(packs);
    return {value, take(packs)};
  }

  void take_trunk() {
    for (auto& x : layers_) {
      x.m = take_both(net_.time_width * B);
      for (DualRows* rows : {&x.n1, &x.n2, &x.gn2}) *rows = take_both(net_.hidden_width * B);
      for (DualRows* rows : {&x.v, &x.gv}) *rows = take_both(columns_ * B);
    }
    row_ = take(row_at_.size);
    h3_ = take(net_.time_width);
    gm_ = take_both(net_.time_width);
    for (P** a : {&ga_, &gh3_sum_}) *a = take(net_.time_width);
    for (P** a : {&bypass_, &gp_, &gp_sum_}) *a = take(net_.hidden_width);
  }

  void take_heads() {
    z_ = take_both(columns_ * B);
    slope_ = take(columns_ * B);
    for (auto& h : heads_) {
      h.w = take_both(net_.behaviour_width * B);
      for (P** a : {&h.slope, &h.rate}) *a = take(net_.behaviour_width * B);
      h.gy = take_both(net_.behaviour_width * B);
      for (DualRows* rows : {&h.x, &h.gx}) *rows = take_both(B);
    }
  }

  /// The tile's columns of E side by side, so that the readout is one dense layer.
  void gather_readout() {
    T* E = reinterpret_cast<T*>(take((net_.hidden_width * columns_ + L - 1) / L));
    T* e = reinterpret_cast<T*>(take((columns_ + L - 1) / L));
    for (int k = 0; k < columns_; ++k) {
      for (int j = 0; j < net_.hidden_width; ++j)
        E[j * columns_ + k] = net_.E[static_cast<long>(j) * net_.regions + tile_.column[k]];
      e[k] = net_.e[tile_.column[k]];
    }
    E_ = E;
    e_ = e;
  }

  void dispatch() {
    for (int i = 0; i < row_at_.size; ++i) row_[i] = P(0);
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
      for (int i = 0; i < row_at_.size; ++i) job_.row[i] = row_[i].sum();
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

  /// Pack p of a block's rows.
  static Col column(P* rows, int p) { return {rows + p, B}; }
  static DualCol column(DualRows rows, int p) {
    return {column(rows.value, p), column(rows.rate, p)};
  }
  /// Rows of one pack.
  static Col local(P* rows) { return {rows, 1}; }
  static DualCol local(DualRows rows) { return {local(rows.value), local(rows.rate)}; }
  formulas::TrunkColumns<P> trunk(const Layers& x, int p) {
    return {column(x.m, p), column(x.n1, p), column(x.n2, p)};
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
      const T* from = job_.table + static_cast<long>(gathered_) * width_;
      for (int i = 0; i < net_.time_width; ++i) h3_[i] = P(from[i]);
      for (int j = 0; j < H; ++j) bypass_[j] = P(from[net_.time_width + j]);
    } else {
      gathered_ = none;
      for (int lane = 0; lane < L; ++lane) {
        const T* from = job_.table + static_cast<long>(tile_.stimulus[point + lane]) * width_;
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
    formulas::dense<Rate>(E_, e_, net().hidden_width, columns_, column(x.n2, p), column(x.v, p));
  }

  [[nodiscard]] P weight(int column, int point) const {
    return P::load(tile_.weight + static_cast<long>(column) * tile_.stride + point);
  }

  template <bool Rate, bool Interval>
  void neural_terms(int point, int p) {
    const Layers& x = layers_[0];
    const Layers& end = layers_[1];
    readout<Rate>(x, p);
    if constexpr (Interval) readout<Rate>(end, p);

    for (int k = 0; k < columns_; ++k) {
      if constexpr (Interval) {
        const int i = k * B + p;
        const auto term = formulas::interval_term(x.v.value[i], end.v.value[i], weight(k, point),
                                                  P::load(tile_.inverse_scale + point),
                                                  P::load(tile_.floor + point));
        x.gv.value[i] = term.adjoint_at_start;
        end.gv.value[i] = term.adjoint_at_end;
        loss_[0] = loss_[0] + term.loss;
      } else {
        loss_[0] = loss_[0] + formulas::point_term<Rate>(column(x.v, p), k, weight(k, point),
                                                         P(job_.eps), column(x.gv, p));
      }
    }
  }

  template <bool Rate>
  void behaviour_terms(int point, int p) {
    const Layers& x = layers_[0];
    readout<Rate>(x, p);
    formulas::softplus_forward<Rate>(columns_, column(x.v, p), column(z_, p), column(slope_, p));

    for (int g = 0; g < columns_; ++g) x.gv.value[g * B + p] = x.gv.rate[g * B + p] = P(0);
    for (int k = 0; k < tile_.columns; ++k) {
      const int action = static_cast<int>(tile_.column[k]);
      const Head& h = heads_[action];
      const formulas::HeadColumns<P> head{column(h.w, p), column(h.rate, p), column(h.slope, p),
                                          column(h.x, p)};
      formulas::head_forward<Rate>(net_, action, column(z_, p), head);
      loss_[1 + action] =
          loss_[1 + action] + formulas::point_term<Rate>(column(h.x, p), 0, weight(k, point),
                                                         P(job_.eps), column(h.gx, p));
      formulas::head_adjoint<Rate>(net_, action, head, column(h.gx, p), column(h.gy, p),
                                   column(x.gv, p));
    }
    formulas::softplus_adjoint<Rate>(columns_, column(x.v.rate, p), column(slope_, p),
                                     column(x.gv, p));
  }

  template <bool Rate>
  void adjoint(const Layers& x, int p, P time) {
    const auto net = this->net();
    formulas::dense_input_adjoint<Rate, false>(E_, net.hidden_width, columns_, column(x.gv, p),
                                               column(x.gn2, p));
    formulas::trunk_adjoint<Rate>(net, time, trunk(x, p), column(x.gn2, p),
                                  {local(gm_), local(ga_), local(gp_)});
    for (int i = 0; i < net.time_width; ++i) row_[row_at_.a + i] = row_[row_at_.a + i] + ga_[i];
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
      for (int i = 0; i < net.time_width; ++i) gh3_sum_[i] = gh3_sum_[i] + gm_.value[i];
      for (int j = 0; j < H; ++j) gp_sum_[j] = gp_sum_[j] + gp_[j];
      return;
    }
    for (int lane = 0; lane < L; ++lane) {
      T* row = find_row(tile_.stimulus[point + lane]);
      for (int i = 0; i < net.time_width; ++i) row[i] += gm_.value[i].v[lane];
      for (int j = 0; j < H; ++j) row[net.time_width + j] += gp_[j].v[lane];
    }
  }

  /// The output row of stimulus s; rows are handed out, zeroed, in the order in which stimuli first
  /// appear.
  T* find_row(std::uint32_t s) {
    for (int r = rows_ - 1; r >= 0; --r)
      if (row_stimulus_[r] == s) return job_.stimulus_rows + static_cast<long>(r) * width_;
    T* row = job_.stimulus_rows + static_cast<long>(rows_) * width_;
    for (int i = 0; i < width_; ++i) row[i] = T(0);
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
    formulas::dense_kernel_adjoint<Rate>(packs, net().time_width, H, column(x.m, 0),
                                         column(x.gn2, 0), row_ + row_at_.C);
    formulas::dense_bias_adjoint(packs, H, column(x.gn2.value, 0), row_ + row_at_.c);
    formulas::dense_kernel_adjoint<Rate>(packs, H, columns_, column(x.n2, 0), column(x.gv, 0),
                                         row_ + row_at_.E);
    formulas::dense_bias_adjoint(packs, columns_, column(x.gv.value, 0), row_ + row_at_.e);
  }

  template <bool Rate>
  void head_products(int packs) {
    const int W = net_.behaviour_width;
    for (int k = 0; k < tile_.columns; ++k) {
      const int action = static_cast<int>(tile_.column[k]);
      const Head& h = heads_[action];
      const auto place = formulas::head_row(net_, action);
      P* row = row_ + row_at_.heads;
      formulas::dense_kernel_adjoint<Rate>(packs, net_.regions, W, column(z_, 0), column(h.gy, 0),
                                           row + place.F1);
      formulas::dense_bias_adjoint(packs, W, column(h.gy.value, 0), row + place.f1);
      formulas::dense_kernel_adjoint<Rate>(packs, W, 1, column(h.w, 0), column(h.gx, 0),
                                           row + place.F2);
      formulas::dense_bias_adjoint(packs, 1, column(h.gx.value, 0), row + place.f2);
    }
  }

  const TileJob<T>& job_;
  const formulas::Network<T>& net_;
  const TileView<T>& tile_;
  Scratch<T> scratch_;
  int width_;  // of a stimulus' row
  formulas::GradientRow row_at_;
  int columns_;
  const T *E_, *e_;
  Layers layers_[2];  // an interval's end has the second
  Head heads_[2];     // left, right
  P* row_;            // the tile's gradient, its sums still spread over the lanes
  P *h3_, *bypass_, *ga_, *gp_, *gh3_sum_, *gp_sum_;  // of one pack
  DualRows gm_;                                       // of one pack
  DualRows z_;
  P* slope_;
  P loss_[3];
  static constexpr std::uint32_t none = ~0U;
  std::uint32_t gathered_ = none;  // the stimulus that fills h3_ and bypass_
  // Of the current run of uniform packs, whose sums are still in gh3_sum_ and gp_sum_.
  std::uint32_t stimulus_ = none;
  std::uint32_t row_stimulus_[tile_points];
  int rows_ = 0;
};

}  // namespace nnpoisson::simd
