#pragma once

#include "kernels/number.cuh"
#include "kernels/slab_scratch.hpp"
#include "kernels/warp.cuh"
#include "nnpoisson/formulas/likelihood.hpp"

/// The fused kernel: one block takes a slab of tiles through the network, its time derivative, the likelihood and the adjoint, a thread
/// a point. Layers that the outer products need go to the block's scratch; the sums over points are then small matrix products by the
/// block's warps, so that no thread keeps sums of its own.
namespace nnpoisson::kernels {

/// Width > 0: both trunk widths are this number, known to the compiler, and layers that only their thread reads stay in registers.
template <class T, int Width>
class SlabKernel {
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;

 public:
  /// rows, stimulus_rows, losses: of this slab. table: of this model.
  NNP_DEVICE SlabKernel(const ProgramView<T>& program, const formulas::Network<T>& net, const Slab& slab, const T* table, char* scratch,
                        double* row, T* stimulus_rows, double* losses)
      : plan_(program.plan),
        net_(net),
        slab_(slab),
        table_(table),
        table_width_(net.time_width + (net.bypass ? net.hidden_width : 0)),
        gradients_(program.gradients),
        at_(slab_scratch(net, slab.term, slab.reading, static_cast<int>(slab.columns))),
        sums_(reinterpret_cast<double*>(scratch)),
        numbers_(reinterpret_cast<T*>(scratch + sizeof(double) * static_cast<std::size_t>(at_.doubles))),
        out_row_(row),
        out_stimulus_(stimulus_rows),
        out_losses_(losses) {}

  NNP_DEVICE void run() {
    for (int i = thread(); i < at_.doubles; i += block_threads) sums_[i] = 0;
    gather_readout();
    __syncthreads();
    switch (slab_.reading) {
      case Reading::rate:
        tiles<true, false>();
        break;
      case Reading::value:
        tiles<false, false>();
        break;
      case Reading::interval:
        tiles<false, true>();
        break;
    }
    if (gradients_) {
      flush_stimulus();
      for (int i = thread(); i < at_.row.size; i += block_threads) out_row_[i] = sums_[i];
    }
    if (thread() < 3) out_losses_[thread()] = sums_[at_.losses + thread()];
    __syncthreads();  // the next slab takes the same scratch
  }

 private:
  static NNP_DEVICE int thread() { return static_cast<int>(threadIdx.x); }

  /// The network with its widths as constants where they are known.
  NNP_DEVICE formulas::Network<T> net() const {
    formulas::Network<T> fixed = net_;
    if constexpr (Width > 0) fixed.time_width = fixed.hidden_width = Width;
    return fixed;
  }

  /// The slab's columns of E side by side, so that the readout is one dense layer; all of E for behaviour.
  NNP_DEVICE void gather_readout() {
    const int k = at_.columns, H = net_.hidden_width;
    T* E = numbers_ + at_.E;
    for (int i = thread(); i < (H + 1) * k; i += block_threads) {
      const int column =
          slab_.term == Term::neural ? static_cast<int>(plan_.column[slab_.first_column + static_cast<unsigned>(i % k)]) : i % k;
      E[i] = i < H * k ? net_.E[(i / k) * net_.regions + column] : net_.e[column];
    }
    T* trunk = numbers_ + at_.trunk;
    const int C = net_.time_width * H;
    for (int i = thread(); i < at_.trunk_size; i += block_threads)
      trunk[i] = i < net_.time_width ? net_.a[i] : i < net_.time_width + C ? net_.C[i - net_.time_width] : net_.c[i - net_.time_width - C];
    if (at_.trunk_size > 0) {
      net_.a = trunk;
      net_.C = trunk + net_.time_width;
      net_.c = net_.C + C;
    }
  }

  template <bool Rate, bool Interval>
  NNP_DEVICE void tiles() {
    for (std::uint32_t t = slab_.first_tile; t < slab_.first_tile + slab_.tiles; ++t) {
      const TileSpan tile = plan_.tiles[t];
      for (int first = 0; first < static_cast<int>(tile.count); first += block_threads) chunk<Rate, Interval>(tile, first);
    }
  }

  template <bool Rate, bool Interval>
  NNP_DEVICE void chunk(const TileSpan& tile, int first) {
    const int count = static_cast<int>(tile.count) - first < block_threads ? static_cast<int>(tile.count) - first : block_threads;
    const bool idle = thread() >= count;  // takes the last point with weight 0, so that nothing it leaves counts
    const int point = first + (idle ? count - 1 : thread());
    one_point<Rate, Interval>(tile, point, idle);
    __syncthreads();
    WarpTasks tasks;
    tasks.row_sums(numbers_ + at_.loss * block_threads, 3, sums_ + at_.losses);
    if (gradients_) {
      products<Rate>(tasks, at_.start);
      if constexpr (Interval) {
        __syncthreads();  // both ends add to the same sums
        products<false>(tasks, at_.end);
      }
      if (slab_.term == Term::behaviour) head_products<Rate>(tasks);
      to_stimuli<Interval>(tasks, tile.first_point + static_cast<std::uint64_t>(first), count);
    }
    __syncthreads();
  }

  template <bool Rate, bool Interval>
  NNP_DEVICE void one_point(const TileSpan& tile, int point, bool idle) {
    const auto net = this->net();
    const std::uint64_t p = tile.first_point + static_cast<std::uint64_t>(point);
    // Never written through; formulas' columns are of one kind.
    P* stimulus = const_cast<P*>(
        reinterpret_cast<const P*>(table_ + static_cast<std::uint64_t>(plan_.stimulus[p]) * static_cast<unsigned>(table_width_)));
    const Col h3{stimulus, 1}, bypass{stimulus + net.time_width, 1};
    P kept[Width > 0 ? 2 : 1][Width > 0 ? 2 * Width : 1];  // n1, du of an interval's two ends
    const P time = plan_.time[p];
    const auto trunk = trunk_columns(at_.start, kept[0]);
    formulas::trunk_forward<Rate>(net, time, h3, bypass, trunk);
    readout<Rate>(net, at_.start);
    T* loss = numbers_ + at_.loss * block_threads + thread();
    for (int k = 0; k < 3; ++k) loss[k * block_threads] = T(0);
    const T* weights = plan_.weight + tile.first_weight + static_cast<std::uint64_t>(point);
    if constexpr (Interval) {
      const std::uint64_t i = tile.first_interval + static_cast<std::uint64_t>(point);
      const P end_time = plan_.end[i];
      const auto end_trunk = trunk_columns(at_.end, kept[Width > 0 ? 1 : 0]);
      formulas::trunk_forward<false>(net, end_time, h3, bypass, end_trunk);
      readout<false>(net, at_.end);
      interval_terms(weights, tile.count, idle, plan_.inverse_scale[i], plan_.floor[i], loss);
      if (!gradients_) return;
      adjoint<false>(net, time, at_.start, trunk);
      adjoint<false>(net, end_time, at_.end, end_trunk);
    } else {
      if (slab_.term == Term::neural)
        neural_terms<Rate>(weights, tile.count, idle, loss);
      else
        behaviour_terms<Rate>(weights, tile.count, idle, loss);
      if (gradients_) adjoint<Rate>(net, time, at_.start, trunk);
    }
  }

  NNP_DEVICE P* mine(int row) const { return reinterpret_cast<P*>(numbers_) + row * block_threads + thread(); }
  NNP_DEVICE Col column(int row) const { return {mine(row), block_threads}; }

  NNP_DEVICE formulas::TrunkColumns<P> trunk_columns(const LayerRows& at, P* kept) const {
    if constexpr (Width > 0)
      return {column(at.m), column(at.dm), {kept, 1}, {kept + Width, 1}, column(at.n2), column(at.dn2)};
    else
      return {column(at.m), column(at.dm), column(at.n1), column(at.du), column(at.n2), column(at.dn2)};
  }

  template <bool Rate>
  NNP_DEVICE void readout(const formulas::Network<T>& net, const LayerRows& at) const {
    const T* E = numbers_ + at_.E;
    formulas::dense<Rate>(E, E + net.hidden_width * at_.columns, net.hidden_width, at_.columns, column(at.n2), column(at.dn2), column(at.v),
                          column(at.dv));
  }

  NNP_DEVICE static P weight(const T* weights, int k, std::uint32_t count, bool idle) {
    return idle ? P(0) : P(weights[static_cast<std::uint64_t>(k) * count]);
  }

  template <bool Rate>
  NNP_DEVICE P read(P v, P dv, P weight, P& gv, P& gdv) const {
    if constexpr (Rate) {
      const auto term = formulas::rate_term(v, dv, weight, P(plan_.eps));
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
  NNP_DEVICE void neural_terms(const T* weights, std::uint32_t count, bool idle, T* loss) const {
    P sum(0), none(0);
    for (int k = 0; k < at_.columns; ++k) {
      const P w = weight(weights, k, count, idle);
      sum = sum + read<Rate>(column(at_.start.v)[k], Rate ? column(at_.start.dv)[k] : w, w, column(at_.start.gv)[k],
                             Rate ? column(at_.start.gdv)[k] : none);
    }
    loss[0] = plain(sum);
  }

  NNP_DEVICE void interval_terms(const T* weights, std::uint32_t count, bool idle, P inverse_scale, P floor, T* loss) const {
    P sum(0);
    for (int k = 0; k < at_.columns; ++k) {
      const auto term =
          formulas::interval_term(column(at_.start.v)[k], column(at_.end.v)[k], weight(weights, k, count, idle), inverse_scale, floor);
      column(at_.start.gv)[k] = term.gv_start;
      column(at_.end.gv)[k] = term.gv_end;
      sum = sum + term.loss;
    }
    loss[0] = plain(sum);
  }

  template <bool Rate>
  NNP_DEVICE void behaviour_terms(const T* weights, std::uint32_t count, bool idle, T* loss) const {
    const auto& x = at_.start;
    const Col z = column(at_.z), dz = column(at_.dz), slope = column(at_.slope), gv = column(x.gv), gdv = column(x.gdv);
    formulas::softplus_forward<Rate>(net_.regions, column(x.v), column(x.dv), z, dz, slope);
    for (int g = 0; g < net_.regions; ++g) {
      gv[g] = P(0);
      if constexpr (Rate) gdv[g] = P(0);
    }
    for (int k = 0; k < static_cast<int>(slab_.columns); ++k) {
      const int action = static_cast<int>(plan_.column[slab_.first_column + static_cast<unsigned>(k)]);
      const HeadRows& h = at_.head[action];
      const formulas::HeadColumns<P> head{column(h.dy), column(h.w), column(h.dw), column(h.slope), column(h.x), column(h.dx)};
      formulas::head_forward<Rate>(net_, action, z, dz, head);
      const P w = weight(weights, k, count, idle);
      P none(0);
      loss[(1 + action) * block_threads] =
          plain(read<Rate>(*mine(h.x), Rate ? *mine(h.dx) : w, w, *mine(h.gx), Rate ? *mine(h.gdx) : none));
      formulas::head_adjoint<Rate>(net_, action, head, column(h.gx), column(h.gdx), column(h.gy), column(h.gdy), gv, gdv);
    }
    formulas::softplus_adjoint<Rate>(net_.regions, column(x.dv), slope, gv, gdv);
  }

  template <bool Rate>
  NNP_DEVICE void adjoint(const formulas::Network<T>& net, P time, const LayerRows& at, const formulas::TrunkColumns<P>& trunk) const {
    const T* E = numbers_ + at_.E;
    formulas::dense_input_adjoint<Rate, false>(E, net.hidden_width, at_.columns, column(at.gv), column(at.gdv), column(at.gn2),
                                               column(at.gdn2));
    P rates[Width > 0 ? Width : 1];
    const Col gdm = Width > 0 ? Col{rates, 1} : column(at_.gdm);
    formulas::trunk_adjoint<Rate>(net, time, trunk, column(at.gn2), column(at.gdn2), column(at.gp), column(at.gm), gdm, column(at.ga));
  }

  template <bool Rate>
  NNP_DEVICE void products(WarpTasks& tasks, const LayerRows& at) {
    const int T_ = net().time_width, H = net().hidden_width;
    tasks.products<Rate>(rows(at.m), rows(at.dm), T_, rows(at.gn2), rows(at.gdn2), H, sums_ + at_.row.C);
    tasks.products<Rate>(rows(at.n2), rows(at.dn2), H, rows(at.gv), rows(at.gdv), at_.columns, sums_ + at_.row.E);
    tasks.row_sums(rows(at.ga), T_, sums_ + at_.row.a);
    tasks.row_sums(rows(at.gn2), H, sums_ + at_.row.c);
    tasks.row_sums(rows(at.gv), at_.columns, sums_ + at_.row.e);
  }
  NNP_DEVICE const T* rows(int row) const { return numbers_ + row * block_threads; }

  /// Flat order of the heads: F1 f1 left, F1 f1 right, F2 f2 left, F2 f2 right.
  template <bool Rate>
  NNP_DEVICE void head_products(WarpTasks& tasks) {
    const int W = net_.behaviour_width, first = (net_.regions + 1) * W;
    for (int k = 0; k < static_cast<int>(slab_.columns); ++k) {
      const int action = static_cast<int>(plan_.column[slab_.first_column + static_cast<unsigned>(k)]);
      const HeadRows& h = at_.head[action];
      double* F1 = sums_ + at_.row.heads + action * first;
      double* F2 = sums_ + at_.row.heads + 2 * first + action * (W + 1);
      tasks.products<Rate>(rows(at_.z), rows(at_.dz), net_.regions, rows(h.gy), rows(h.gdy), W, F1);
      tasks.row_sums(rows(h.gy), W, F1 + net_.regions * W);
      tasks.products<Rate>(rows(h.w), rows(h.dw), W, rows(h.gx), rows(h.gdx), 1, F2);
      tasks.row_sums(rows(h.gx), 1, F2 + W);
    }
  }

  /// Adds the chunk's adjoints of h3 and bypass to its stimuli. Points come in the order of stimuli, so most chunks have one.
  template <bool Interval>
  NNP_DEVICE void to_stimuli(WarpTasks& tasks, std::uint64_t first, int count) {
    const int rank = plan_.rank[first];
    if (rank == plan_.rank[first + static_cast<std::uint64_t>(count - 1)]) {
      if (rank != rank_) {
        flush_stimulus();
        rank_ = rank;
      }
      row_sums_of_stimulus(tasks, at_.start);
      if constexpr (Interval) {
        __syncthreads();
        row_sums_of_stimulus(tasks, at_.end);
      }
      return;
    }
    flush_stimulus();
    __syncthreads();
    for (int i = thread(); i < block_threads * table_width_; i += block_threads) {
      const int p = i % block_threads, component = i / block_threads;
      if (p >= count) continue;
      const std::uint64_t point = first + static_cast<std::uint64_t>(p);
      const int r = plan_.rank[point];
      if (p > 0 && plan_.rank[point - 1] == r) continue;
      double sum = 0;
      for (int q = p; q < count && plan_.rank[first + static_cast<std::uint64_t>(q)] == r; ++q) {
        sum += static_cast<double>(stimulus_adjoint(at_.start, component)[q]);
        if constexpr (Interval) sum += static_cast<double>(stimulus_adjoint(at_.end, component)[q]);
      }
      put(r, component, sum);
    }
    written_ = plan_.rank[first + static_cast<std::uint64_t>(count - 1)];
  }
  NNP_DEVICE const T* stimulus_adjoint(const LayerRows& at, int component) const {
    return component < net_.time_width ? rows(at.gm + component) : rows(at.gp + component - net_.time_width);
  }
  NNP_DEVICE void row_sums_of_stimulus(WarpTasks& tasks, const LayerRows& at) {
    tasks.row_sums(rows(at.gm), net_.time_width, sums_ + at_.stimulus);
    if (net_.bypass) tasks.row_sums(rows(at.gp), net_.hidden_width, sums_ + at_.stimulus + net_.time_width);
  }

  /// Writes the sums of the stimulus under way; every thread of the block comes here.
  NNP_DEVICE void flush_stimulus() {
    if (rank_ < 0) return;
    __syncthreads();
    for (int i = thread(); i < table_width_; i += block_threads) {
      put(rank_, i, sums_[at_.stimulus + i]);
      sums_[at_.stimulus + i] = 0;
    }
    written_ = rank_;
    rank_ = -1;
    __syncthreads();
  }
  NNP_DEVICE void put(int rank, int component, double sum) {
    T& to = out_stimulus_[rank * table_width_ + component];
    to = rank > written_ ? static_cast<T>(sum) : to + static_cast<T>(sum);
  }

  const PlanView<T>& plan_;
  formulas::Network<T> net_;
  const Slab& slab_;
  const T* table_;
  int table_width_;
  bool gradients_;
  SlabScratch at_;
  double* sums_;
  T* numbers_;
  double* out_row_;
  T* out_stimulus_;
  double* out_losses_;
  int rank_ = -1;     // the stimulus whose sums are under way
  int written_ = -1;  // the last one that has its row
};

}  // namespace nnpoisson::kernels
