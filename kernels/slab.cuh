#pragma once

#include "kernels/slab_stimuli.cuh"
#include "kernels/slab_terms.cuh"

/// The fused kernel: one block takes a slab of tiles through the network, its time derivative, the
/// likelihood and the adjoint, a thread a point. Layers that the outer products need go to the
/// block's scratch; the sums over points are then small matrix products by the block's warps, so
/// that no thread keeps sums of its own.
namespace nnpoisson::kernels {

/// Template arguments and constructor as of SlabBlock.
template <class T, int Width, Reading reading>
class SlabKernel {
  using Block = SlabBlock<T, Width, reading>;
  using P = typename Block::P;
  using Col = typename Block::Col;
  using Tasks = typename Block::Tasks;
  static constexpr bool Rate = Block::rate, Interval = Block::interval;

 public:
  NNP_DEVICE SlabKernel(const ProgramView<T>& program, const formulas::Network<T>& net,
                        const Slab& slab, const SlabPlaces<T>& places, char* memory)
      : x_(program, net, slab, places, memory) {}

  NNP_DEVICE void run() {
    NNP_NO_UNROLL
    for (int i = x_.thread(); i < x_.scratch.doubles; i += block_threads) x_.sums()[i] = 0;
    x_.gather_parameters();
    __syncthreads();

    for (std::uint32_t t = 0; t < x_.slab.tiles; ++t)
      for (int first = 0; first < static_cast<int>(x_.tile(t).count); first += block_threads)
        chunk(t, first);

    if (x_.program.gradients) {
      stimuli_.flush(x_);
      NNP_NO_UNROLL
      for (int i = x_.thread(); i < x_.scratch.row.size; i += block_threads)
        x_.places.row[i] = x_.sums()[i];
    }
    if (x_.thread() < 3) x_.places.losses[x_.thread()] = x_.sums()[x_.scratch.losses + x_.thread()];
    __syncthreads();  // the next slab takes the same scratch
  }

 private:
  NNP_DEVICE int points_from(std::uint32_t t, int first) const {
    const int left = static_cast<int>(x_.tile(t).count) - first;
    return left < block_threads ? left : block_threads;
  }

  /// Up to block_threads points of a tile.
  NNP_DEVICE void chunk(std::uint32_t t, int first) {
    const int count = points_from(t, first);
    // A thread without a point takes the last one with weight 0, so that nothing it leaves counts.
    const bool idle = x_.thread() >= count;
    const int point = first + (idle ? count - 1 : x_.thread());
    one_point(x_.tile(t), point, idle);
    __syncthreads();

    Tasks tasks(x_.rows());
    tasks.row_sums(x_.scratch.loss, 3, x_.sums() + x_.scratch.losses);
    if constexpr (Width == 0)
      if (x_.program.gradients && x_.slab.term == Term::behaviour) head_products(tasks);
    if (x_.program.gradients) {
      products(tasks, x_.scratch.start);
      if constexpr (Interval) {
        __syncthreads();  // both ends add to the same sums
        products(tasks, x_.scratch.end);
      }
      stimuli_.add(x_, tasks, x_.number_of(x_.tile(t), first), points_from(t, first));
    }
    __syncthreads();
  }

  NNP_DEVICE void one_point(const TileSpan& tile, int point, bool idle) {
    const auto net = x_.net();
    const LayerRows &start = x_.scratch.start, &end = x_.scratch.end;
    const Col h3 = x_.h3(tile, point), bypass = x_.bypass(tile, point);
    P registers[Width > 0 ? 2 : 1][Width > 0 ? 2 * Width : 1];  // for an interval's two ends
    const P time = x_.program.plan.time[x_.number_of(tile, point)];
    const auto trunk = x_.trunk_columns(start, registers[0]);
    formulas::trunk_forward<Rate>(net, time, h3, bypass, trunk);
    forget_registers();
    readout(x_, net, start);
    clear_losses(x_);

    const T* weights = x_.weights(tile, point);
    if constexpr (Interval) {
      const std::uint64_t interval = tile.first_interval + static_cast<std::uint64_t>(point);
      const P end_time = x_.program.plan.end[interval];
      const auto end_trunk = x_.trunk_columns(end, registers[Width > 0 ? 1 : 0]);
      formulas::trunk_forward<Rate>(net, end_time, h3, bypass, end_trunk);
      forget_registers();
      readout(x_, net, end);
      interval_terms(x_, weights, tile.count, idle, interval);
      if (!x_.program.gradients) return;
      forget_registers();
      adjoint(net, time, start, trunk);
      forget_registers();
      adjoint(net, end_time, end, end_trunk);
    } else {
      if (Width > 0 || x_.slab.term == Term::neural) {
        neural_terms(x_, weights, tile.count, idle);
      } else {
        if constexpr (Width == 0) behaviour_terms(x_, net, weights, tile.count, idle);
      }
      if (!x_.program.gradients) return;
      forget_registers();
      adjoint(net, time, start, trunk);
    }
  }

  NNP_DEVICE void adjoint(const formulas::Network<T>& net, P time, const LayerRows& rows,
                          const formulas::TrunkColumns<P>& trunk) const {
    formulas::dense_input_adjoint<Rate, false>(x_.numbers() + x_.scratch.E, net.hidden_width,
                                               x_.scratch.columns, x_.column(rows.gv),
                                               x_.column(rows.gn2));
    P rates[Width > 0 ? Width : 1];
    const Col rate_of_gm = Width > 0 ? Col{rates, 1} : x_.column(x_.scratch.gdm);
    formulas::trunk_adjoint<Rate>(
        net, time, trunk, x_.column(rows.gn2),
        {{x_.column(rows.gm), rate_of_gm}, x_.column(rows.ga), x_.column(rows.gp)});
  }

  /// The gradient of the trunk and the readout, summed over a chunk.
  NNP_DEVICE void products(Tasks& tasks, const LayerRows& rows) {
    const int T_ = x_.time_width(), H = x_.hidden_width(), columns = x_.scratch.columns;
    const formulas::GradientRow& row = x_.scratch.row;
    double* sums = x_.sums();
    tasks.template products<Rate>(rows.m, T_, rows.gn2, H, sums + row.C);
    tasks.template products<Rate>(rows.n2, H, rows.gv, columns, sums + row.E);
    tasks.row_sums(rows.ga, T_, sums + row.a);
    tasks.row_sums(rows.gn2.value, H, sums + row.c);
    tasks.row_sums(rows.gv.value, columns, sums + row.e);
  }

  NNP_DEVICE void head_products(Tasks& tasks) {
    const auto net = x_.net();
    const int W = net.behaviour_width;
    NNP_NO_UNROLL
    for (int k = 0; k < static_cast<int>(x_.slab.columns); ++k) {
      const int action =
          static_cast<int>(x_.program.plan.column[x_.slab.first_column + static_cast<unsigned>(k)]);
      const HeadRows& rows = x_.scratch.head[action];
      const auto place = formulas::head_row(net, action);
      double* sums = x_.sums() + x_.scratch.row.heads;
      tasks.template products<Rate>(x_.scratch.z, net.regions, rows.gy, W, sums + place.F1);
      tasks.row_sums(rows.gy.value, W, sums + place.f1);
      tasks.template products<Rate>(rows.w, W, rows.gx, 1, sums + place.F2);
      tasks.row_sums(rows.gx.value, 1, sums + place.f2);
    }
  }

  Block x_;
  StimulusSums stimuli_;
};

/// One slab; arguments as of SlabBlock.
template <class T, int Width, Reading reading>
NNP_DEVICE_CALL void run_slab_of(const ProgramView<T>& program, const formulas::Network<T>& net,
                                 const Slab& slab, const SlabPlaces<T>& places, char* memory) {
  SlabKernel<T, Width, reading>(program, net, slab, places, memory).run();
}
template <class T, int Width>
NNP_DEVICE void run_slab(const ProgramView<T>& program, const formulas::Network<T>& net,
                         const Slab& slab, const SlabPlaces<T>& places, char* memory) {
  switch (slab.reading) {
    case Reading::rate:
      return run_slab_of<T, Width, Reading::rate>(program, net, slab, places, memory);
    case Reading::value:
      return run_slab_of<T, Width, Reading::value>(program, net, slab, places, memory);
    case Reading::interval:
      return run_slab_of<T, Width, Reading::interval>(program, net, slab, places, memory);
  }
}

}  // namespace nnpoisson::kernels
