#pragma once

#include <type_traits>

#include "kernels/number.cuh"
#include "kernels/slab_scratch.hpp"
#include "kernels/warp.cuh"
#include "kernels/wide.hpp"
#include "nnpoisson/formulas/likelihood.hpp"

/// The fused kernel: one block takes a slab of tiles through the network, its time derivative, the
/// likelihood and the adjoint, a thread a point. Layers that the outer products need go to the
/// block's scratch; the sums over points are then small matrix products by the block's warps, so
/// that no thread keeps sums of its own.
namespace nnpoisson::kernels {

/// What a slab reads of its model and where it leaves its results.
template <class T>
struct SlabPlaces {
  const T* table;    ///< of the stimuli
  double* row;       ///< its gradient
  T* stimulus_rows;  ///< adjoint of the table, a row for each of its distinct stimuli
  double* losses;    ///< neural, left, right
  int model;         ///< of the program
};

/// Width > 0: both trunk widths are this number, known to the compiler, and layers that only their
/// thread reads stay in registers; then the slab is one of neural terms.
template <class T, int Width, Reading reading>
class SlabKernel {
  static constexpr bool Rate = reading == Reading::rate, Interval = reading == Reading::interval;
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;

  using Rows = std::conditional_t<(Width > 0), SharedRows<T>, AnyRows<T>>;

 public:
  /// scratch: of Width 0; the others take shared memory.
  NNP_DEVICE SlabKernel(const ProgramView<T>& program, const formulas::Network<T>& net,
                        const Slab& slab, const SlabPlaces<T>& places, char* scratch)
      : program_(program),
        net_(net),
        slab_(slab),
        places_(places),
        table_width_(net.time_width + (net.bypass ? net.hidden_width : 0)),
        at_(slab_scratch(this->net(), Width > 0 ? Term::neural : slab.term, reading,
                         static_cast<int>(slab.columns), Width > 0, Width == 0 && slab.wide)),
        scratch_(scratch) {}

  NNP_DEVICE void run() {
    NNP_NO_UNROLL
    for (int i = thread(); i < at_.doubles; i += block_threads) sums()[i] = 0;
    gather_readout();
    __syncthreads();
    tiles();
    if (wide()) {
      leave_wide();
    } else {
      if (program_.gradients) {
        flush_stimulus();
        leave_row(0, at_.row.size, 0);
      }
      leave_losses();
    }
    __syncthreads();  // the next slab takes the same scratch
  }

 private:
  NNP_DEVICE bool wide() const {
    if constexpr (Width == 0)
      return slab_.wide;
    else
      return false;
  }
  NNP_DEVICE bool in_pass(WidePass pass) const { return wide() && program_.wide_pass == pass; }

  NNP_DEVICE void leave_row(int first, int end, int further) const {
    NNP_NO_UNROLL
    for (int i = first + thread(); i < end; i += block_threads)
      places_.row[i + further] = sums()[i];
  }
  NNP_DEVICE void leave_losses() const {
    if (thread() < 3) places_.losses[thread()] = sums()[at_.losses + thread()];
  }
  /// What the pass has to leave; the readout's part of the row comes from its matrix products.
  NNP_DEVICE void leave_wide() {
    if (in_pass(WidePass::heads)) {
      leave_losses();
      if (program_.gradients) leave_row(at_.row.heads, at_.row.size, at_.wide_numbers);
    }
    if (in_pass(WidePass::back)) {
      flush_stimulus();
      leave_row(0, at_.row.E, 0);
    }
  }

  NNP_DEVICE double* sums() const {
    return reinterpret_cast<double*>(Width > 0 ? shared_memory() : scratch_);
  }
  NNP_DEVICE Rows rows() const {
    if constexpr (Width > 0)
      return {at_.doubles * static_cast<int>(sizeof(double))};
    else
      return {
          reinterpret_cast<T*>(scratch_ + sizeof(double) * static_cast<std::size_t>(at_.doubles))};
  }
  NNP_DEVICE T* numbers() const { return rows().numbers(); }
  static NNP_DEVICE int thread() { return static_cast<int>(threadIdx.x); }

  /// The network with its widths as constants where they are known.
  NNP_DEVICE formulas::Network<T> net() const {
    formulas::Network<T> fixed = net_;
    if constexpr (Width > 0) fixed.time_width = fixed.hidden_width = Width;
    return fixed;
  }

  /// The slab's columns of E side by side, so that the readout is one dense layer; all of E for
  /// behaviour.
  NNP_DEVICE void gather_readout() {
    const int k = at_.columns, H = net_.hidden_width;
    T* E = numbers() + at_.E;
    NNP_NO_UNROLL
    for (int i = thread(); i < (H + 1) * k; i += block_threads) {
      const int column =
          slab_.term == Term::neural
              ? static_cast<int>(
                    program_.plan.column[slab_.first_column + static_cast<unsigned>(i % k)])
              : i % k;
      E[i] = i < H * k ? net_.E[(i / k) * net_.columns + column] : net_.e[column];
    }
    T* trunk = numbers() + at_.trunk;
    const int C = net_.time_width * H;
    NNP_NO_UNROLL
    for (int i = thread(); i < at_.trunk_size; i += block_threads)
      trunk[i] = i < net_.time_width       ? net_.a[i]
                 : i < net_.time_width + C ? net_.C[i - net_.time_width]
                                           : net_.c[i - net_.time_width - C];
    if (at_.trunk_size > 0) {
      net_.a = trunk;
      net_.C = trunk + net_.time_width;
      net_.c = net_.C + C;
    }
  }

  /// Read anew wherever it is needed: registers are short.
  NNP_DEVICE const TileSpan& tile(std::uint32_t t) const {
    return program_.plan.tiles[slab_.first_tile + t];
  }

  NNP_DEVICE void tiles() {
    for (std::uint32_t t = 0; t < slab_.tiles; ++t)
      for (int first = 0; first < static_cast<int>(tile(t).count); first += block_threads)
        chunk(t, first);
  }

  NNP_DEVICE int points_from(std::uint32_t t, int first) const {
    const int left = static_cast<int>(tile(t).count) - first;
    return left < block_threads ? left : block_threads;
  }

  NNP_DEVICE void chunk(std::uint32_t t, int first) {
    const int count = points_from(t, first);
    const bool idle =
        thread() >= count;  // takes the last point with weight 0, so that nothing it leaves counts
    const int point = first + (idle ? count - 1 : thread());
    if (wide()) {
      if constexpr (Width == 0) wide_point(tile(t), point, idle);
    } else {
      one_point(tile(t), point, idle);
    }
    __syncthreads();
    WarpTasks<Rows> tasks(rows());
    const bool terms = !wide() || in_pass(WidePass::heads),
               trunk = !wide() || in_pass(WidePass::back);
    if (terms) tasks.row_sums(at_.loss, 3, sums() + at_.losses);
    if constexpr (Width == 0)
      if (program_.gradients && terms && slab_.term == Term::behaviour) head_products(tasks);
    if (program_.gradients && trunk) {
      products(tasks, at_.start);
      if constexpr (Interval) {
        __syncthreads();  // both ends add to the same sums
        products(tasks, at_.end);
      }
      to_stimuli(tasks, tile(t).first_point + static_cast<std::uint64_t>(first),
                 points_from(t, first));
    }
    __syncthreads();
  }

  NNP_DEVICE void one_point(const TileSpan& tile, int point, bool idle) {
    const auto net = this->net();
    const std::uint64_t p = tile.first_point + static_cast<std::uint64_t>(point);
    const Col h3 = this->h3(tile, point), bypass = this->bypass(tile, point);
    P kept[Width > 0 ? 2 : 1][Width > 0 ? 2 * Width : 1];  // n1, du of an interval's two ends
    const P time = program_.plan.time[p];
    const auto trunk = trunk_columns(at_.start, kept[0]);
    formulas::trunk_forward<Rate>(net, time, h3, bypass, trunk);
    forget_registers();
    readout(net, at_.start);
    clear_loss();
    T* loss = numbers() + at_.loss * block_threads + thread();
    const T* weights = program_.plan.weight + tile.first_weight + static_cast<std::uint64_t>(point);
    if constexpr (Interval) {
      const std::uint64_t i = tile.first_interval + static_cast<std::uint64_t>(point);
      const P end_time = program_.plan.end[i];
      const auto end_trunk = trunk_columns(at_.end, kept[Width > 0 ? 1 : 0]);
      formulas::trunk_forward<Rate>(net, end_time, h3, bypass, end_trunk);
      forget_registers();
      readout(net, at_.end);
      interval_terms(weights, tile.count, idle, program_.plan.inverse_scale[i],
                     program_.plan.floor[i], loss);
      if (!program_.gradients) return;
      forget_registers();
      adjoint(net, time, at_.start, trunk);
      forget_registers();
      adjoint(net, end_time, at_.end, end_trunk);
    } else {
      if (Width > 0 || slab_.term == Term::neural) {
        neural_terms(weights, tile.count, idle, loss);
      } else {
        if constexpr (Width == 0) behaviour_terms(weights, tile.count, idle);
      }
      if (!program_.gradients) return;
      forget_registers();
      adjoint(net, time, at_.start, trunk);
    }
  }

  /// A point of a wide slab, as far as the pass goes.
  NNP_DEVICE void wide_point(const TileSpan& tile, int point, bool idle) const {
    const WidePlaces<T> places(program_, places_.model, slab_);
    const std::uint64_t n =
        tile.first_point - this->tile(0).first_point + static_cast<unsigned>(point);
    const auto put = [&](T* to, int row, int rows) {
      for (int j = 0; j < rows && !idle; ++j)
        to[static_cast<unsigned>(j) * places.points + n] = plain(column(row)[j]);
    };
    const auto get = [&](const T* from, int row,
                         int rows) {  // what idle threads leave must not count
      for (int j = 0; j < rows; ++j)
        column(row)[j] = idle ? P(0) : P(from[static_cast<unsigned>(j) * places.points + n]);
    };
    const int H = net_.hidden_width, R = net_.regions;
    if (in_pass(WidePass::heads)) {
      get(places.z(0), at_.z, R);
      if (Rate) get(places.z(1), at_.dz, R);
      clear_loss();
      heads(program_.plan.weight + tile.first_weight + static_cast<std::uint64_t>(point),
            tile.count, idle);
      put(places.z(2), at_.gz, R);
      if (Rate) put(places.z(3), at_.gdz, R);
      return;
    }
    const auto layers = [&](P time, const LayerRows& at, int side) {
      const auto trunk = trunk_columns(at, nullptr);
      formulas::trunk_forward<Rate>(net_, time, h3(tile, point), bypass(tile, point), trunk);
      if (in_pass(WidePass::forward)) {
        put(places.layer(side), at.n2, H);
        if (Rate) put(places.layer(1), at.dn2, H);
        for (int s = side; s < (Rate ? 2 : side + 1) && !idle; ++s)
          places.layer(s)[static_cast<unsigned>(H) * places.points + n] = s == side ? T(1) : T(0);
        return;
      }
      get(places.adjoint(side), at.gn2, H);
      if (Rate) get(places.adjoint(1), at.gdn2, H);
      trunk_adjoint(net_, time, at, trunk);
    };
    layers(program_.plan.time[tile.first_point + static_cast<unsigned>(point)], at_.start, 0);
    if constexpr (Interval)
      layers(program_.plan.end[tile.first_interval + static_cast<unsigned>(point)], at_.end, 1);
  }

  /// A point's row of the table. Never written through; formulas' columns are of one kind.
  NNP_DEVICE Col h3(const TileSpan& tile, int point) const {
    const std::uint32_t stimulus =
        program_.plan.stimulus[tile.first_point + static_cast<unsigned>(point)];
    const T* row =
        places_.table + static_cast<std::uint64_t>(stimulus) * static_cast<unsigned>(table_width_);
    return {const_cast<P*>(reinterpret_cast<const P*>(row)), 1};
  }
  NNP_DEVICE Col bypass(const TileSpan& tile, int point) const {
    return {&h3(tile, point)[Width > 0 ? Width : net_.time_width], 1};
  }
  NNP_DEVICE void clear_loss() const {
    T* loss = numbers() + at_.loss * block_threads + thread();
    for (int k = 0; k < 3; ++k) loss[k * block_threads] = T(0);
  }

  NNP_DEVICE P* mine(int row) const {
    return reinterpret_cast<P*>(numbers()) + row * block_threads + thread();
  }
  NNP_DEVICE Col column(int row) const { return {mine(row), block_threads}; }

  NNP_DEVICE formulas::TrunkColumns<P> trunk_columns(const LayerRows& at, P* kept) const {
    if constexpr (Width > 0)
      return {column(at.m),      column(at.dm), {kept, 1},
              {kept + Width, 1}, column(at.n2), column(at.dn2)};
    else
      return {column(at.m),  column(at.dm), column(at.n1),
              column(at.du), column(at.n2), column(at.dn2)};
  }

  NNP_DEVICE void readout(const formulas::Network<T>& net, const LayerRows& at) const {
    const T* E = numbers() + at_.E;
    formulas::dense<Rate>(E, E + net.hidden_width * at_.columns, net.hidden_width, at_.columns,
                          column(at.n2), column(at.dn2), column(at.v), column(at.dv));
  }

  NNP_DEVICE static P weight(const T* weights, int k, std::uint32_t count, bool idle) {
    return idle ? P(0) : P(weights[static_cast<std::uint64_t>(k) * count]);
  }

  NNP_DEVICE P read(P v, P dv, P weight, P& gv, P& gdv) const {
    if constexpr (Rate) {
      const auto term = formulas::rate_term(v, dv, weight, P(program_.plan.eps));
      gv = term.gv;
      gdv = term.gdv;
      return term.loss;
    } else {
      const auto term = formulas::value_term(v, weight);
      gv = term.gv;
      return term.loss;
    }
  }

  NNP_DEVICE void neural_terms(const T* weights, std::uint32_t count, bool idle, T* loss) const {
    P sum(0), none(0);
    NNP_NO_UNROLL
    for (int k = 0; k < at_.columns; ++k) {
      const P w = weight(weights, k, count, idle);
      sum = sum + read(column(at_.start.v)[k], Rate ? column(at_.start.dv)[k] : w, w,
                       column(at_.start.gv)[k], Rate ? column(at_.start.gdv)[k] : none);
    }
    loss[0] = plain(sum);
  }

  NNP_DEVICE void interval_terms(const T* weights, std::uint32_t count, bool idle, P inverse_scale,
                                 P floor, T* loss) const {
    P sum(0);
    NNP_NO_UNROLL
    for (int k = 0; k < at_.columns; ++k) {
      const auto term =
          formulas::interval_term(column(at_.start.v)[k], column(at_.end.v)[k],
                                  weight(weights, k, count, idle), inverse_scale, floor);
      column(at_.start.gv)[k] = term.gv_start;
      column(at_.end.gv)[k] = term.gv_end;
      sum = sum + term.loss;
    }
    loss[0] = plain(sum);
  }

  NNP_DEVICE void behaviour_terms(const T* weights, std::uint32_t count, bool idle) const {
    const auto& x = at_.start;
    const formulas::ReadoutColumns<P> read_out{column(x.v),     column(x.dv),      column(at_.zu),
                                               column(at_.dzu), column(at_.slope), column(at_.z),
                                               column(at_.dz)};
    formulas::readout_forward<Rate>(net_, read_out);
    heads(weights, count, idle);
    formulas::readout_adjoint<Rate>(net_, read_out, column(at_.gz), column(at_.gdz), column(x.gv),
                                    column(x.gdv));
  }

  /// From z to the losses and back to gz.
  NNP_DEVICE void heads(const T* weights, std::uint32_t count, bool idle) const {
    const Col z = column(at_.z), dz = column(at_.dz), gz = column(at_.gz), gdz = column(at_.gdz);
    T* loss = numbers() + at_.loss * block_threads + thread();
    NNP_NO_UNROLL
    for (int g = 0; g < net_.regions; ++g) {
      gz[g] = P(0);
      if constexpr (Rate) gdz[g] = P(0);
    }
    NNP_NO_UNROLL
    for (int k = 0; k < static_cast<int>(slab_.columns); ++k) {
      const int action =
          static_cast<int>(program_.plan.column[slab_.first_column + static_cast<unsigned>(k)]);
      const HeadRows& h = at_.head[action];
      const formulas::HeadColumns<P> head{column(h.dy),    column(h.w), column(h.dw),
                                          column(h.slope), column(h.x), column(h.dx)};
      formulas::head_forward<Rate>(net_, action, z, dz, head);
      const P w = weight(weights, k, count, idle);
      P none(0);
      loss[(1 + action) * block_threads] = plain(
          read(*mine(h.x), Rate ? *mine(h.dx) : w, w, *mine(h.gx), Rate ? *mine(h.gdx) : none));
      formulas::head_adjoint<Rate>(net_, action, head, column(h.gx), column(h.gdx), column(h.gy),
                                   column(h.gdy), gz, gdz);
    }
  }

  NNP_DEVICE void adjoint(const formulas::Network<T>& net, P time, const LayerRows& at,
                          const formulas::TrunkColumns<P>& trunk) const {
    const T* E = numbers() + at_.E;
    formulas::dense_input_adjoint<Rate, false>(E, net.hidden_width, at_.columns, column(at.gv),
                                               column(at.gdv), column(at.gn2), column(at.gdn2));
    trunk_adjoint(net, time, at, trunk);
  }
  NNP_DEVICE void trunk_adjoint(const formulas::Network<T>& net, P time, const LayerRows& at,
                                const formulas::TrunkColumns<P>& trunk) const {
    P rates[Width > 0 ? Width : 1];
    const Col gdm = Width > 0 ? Col{rates, 1} : column(at_.gdm);
    formulas::trunk_adjoint<Rate>(net, time, trunk, column(at.gn2), column(at.gdn2), column(at.gp),
                                  column(at.gm), gdm, column(at.ga));
  }

  NNP_DEVICE void products(WarpTasks<Rows>& tasks, const LayerRows& at) {
    const int T_ = net().time_width, H = net().hidden_width;
    tasks.template products<Rate>(at.m, at.dm, T_, at.gn2, at.gdn2, H, sums() + at_.row.C);
    tasks.template products<Rate>(at.n2, at.dn2, H, at.gv, at.gdv, at_.columns, sums() + at_.row.E);
    tasks.row_sums(at.ga, T_, sums() + at_.row.a);
    tasks.row_sums(at.gn2, H, sums() + at_.row.c);
    tasks.row_sums(at.gv, at_.columns, sums() + at_.row.e);
  }

  /// Flat order of the heads: F1 f1 left, F1 f1 right, F2 f2 left, F2 f2 right.
  NNP_DEVICE void head_products(WarpTasks<Rows>& tasks) {
    const int W = net_.behaviour_width, first = (net_.regions + 1) * W;
    NNP_NO_UNROLL
    for (int k = 0; k < static_cast<int>(slab_.columns); ++k) {
      const int action =
          static_cast<int>(program_.plan.column[slab_.first_column + static_cast<unsigned>(k)]);
      const HeadRows& h = at_.head[action];
      double* F1 = sums() + at_.row.heads + action * first;
      double* F2 = sums() + at_.row.heads + 2 * first + action * (W + 1);
      tasks.template products<Rate>(at_.z, at_.dz, net_.regions, h.gy, h.gdy, W, F1);
      tasks.row_sums(h.gy, W, F1 + net_.regions * W);
      tasks.template products<Rate>(h.w, h.dw, W, h.gx, h.gdx, 1, F2);
      tasks.row_sums(h.gx, 1, F2 + W);
    }
  }

  /// Adds the chunk's adjoints of h3 and bypass to its stimuli. Points come in the order of
  /// stimuli, so most chunks have one.
  NNP_DEVICE void to_stimuli(WarpTasks<Rows>& tasks, std::uint64_t first, int count) {
    const int rank = program_.plan.rank[first];
    if (rank == program_.plan.rank[first + static_cast<std::uint64_t>(count - 1)]) {
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
    NNP_NO_UNROLL
    for (int i = thread(); i < block_threads * table_width_; i += block_threads) {
      const int p = i % block_threads, component = i / block_threads;
      if (p >= count) continue;
      const std::uint64_t point = first + static_cast<std::uint64_t>(p);
      const int r = program_.plan.rank[point];
      if (p > 0 && program_.plan.rank[point - 1] == r) continue;
      double sum = 0;
      NNP_NO_UNROLL
      for (int q = p; q < count && program_.plan.rank[first + static_cast<std::uint64_t>(q)] == r;
           ++q) {
        sum += static_cast<double>(stimulus_adjoint(at_.start, component)[q]);
        if constexpr (Interval) sum += static_cast<double>(stimulus_adjoint(at_.end, component)[q]);
      }
      put(r, component, sum);
    }
    written_ = program_.plan.rank[first + static_cast<std::uint64_t>(count - 1)];
  }
  NNP_DEVICE const T* stimulus_adjoint(const LayerRows& at, int component) const {
    return numbers() +
           (component < net_.time_width ? at.gm + component : at.gp + component - net_.time_width) *
               block_threads;
  }
  NNP_DEVICE void row_sums_of_stimulus(WarpTasks<Rows>& tasks, const LayerRows& at) {
    tasks.row_sums(at.gm, net_.time_width, sums() + at_.stimulus);
    if (net_.bypass)
      tasks.row_sums(at.gp, net_.hidden_width, sums() + at_.stimulus + net_.time_width);
  }

  /// Writes the sums of the stimulus under way; every thread of the block comes here.
  NNP_DEVICE void flush_stimulus() {
    if (rank_ < 0) return;
    __syncthreads();
    NNP_NO_UNROLL
    for (int i = thread(); i < table_width_; i += block_threads) {
      put(rank_, i, sums()[at_.stimulus + i]);
      sums()[at_.stimulus + i] = 0;
    }
    written_ = rank_;
    rank_ = -1;
    __syncthreads();
  }
  NNP_DEVICE void put(int rank, int component, double sum) {
    T& to = places_.stimulus_rows[rank * table_width_ + component];
    to = rank > written_ ? static_cast<T>(sum) : to + static_cast<T>(sum);
  }

  const ProgramView<T>& program_;
  formulas::Network<T> net_;
  const Slab& slab_;
  const SlabPlaces<T>& places_;
  int table_width_;
  SlabScratch at_;
  char* scratch_;
  int rank_ = -1;     // the stimulus whose sums are under way
  int written_ = -1;  // the last one that has its row
};

/// One slab; arguments as of SlabKernel.
template <class T, int Width, Reading reading>
NNP_DEVICE_CALL void run_slab_of(const ProgramView<T>& program, const formulas::Network<T>& net,
                                 const Slab& slab, const SlabPlaces<T>& places, char* scratch) {
  SlabKernel<T, Width, reading>(program, net, slab, places, scratch).run();
}
template <class T, int Width>
NNP_DEVICE void run_slab(const ProgramView<T>& program, const formulas::Network<T>& net,
                         const Slab& slab, const SlabPlaces<T>& places, char* scratch) {
  switch (slab.reading) {
    case Reading::rate:
      return run_slab_of<T, Width, Reading::rate>(program, net, slab, places, scratch);
    case Reading::value:
      return run_slab_of<T, Width, Reading::value>(program, net, slab, places, scratch);
    case Reading::interval:
      return run_slab_of<T, Width, Reading::interval>(program, net, slab, places, scratch);
  }
}

}  // namespace nnpoisson::kernels
