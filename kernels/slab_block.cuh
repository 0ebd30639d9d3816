#pragma once

#include <type_traits>

#include "kernels/number.cuh"
#include "kernels/slab_scratch.hpp"
#include "kernels/warp.cuh"

/// What a block knows of the slab that it takes, and where its numbers lie.
namespace nnpoisson::kernels {

/// What a slab reads of its model and where it leaves its results.
template <class T>
struct SlabPlaces {
  const T* table;    ///< of the stimuli
  double* row;       ///< its gradient
  T* stimulus_rows;  ///< adjoint of the table, a row for each of its distinct stimuli
  double* losses;    ///< neural, left, right
};

/// Width > 0: both trunk widths are this number, known to the compiler, and layers that only their
/// thread reads stay in registers; then the slab is one of neural terms.
template <class T, int Width, Reading reading>
struct SlabBlock {
  using Number = T;
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;
  using DualCol = formulas::DualColumn<P>;
  using Rows = std::conditional_t<(Width > 0), SharedRows<T>, AnyRows<T>>;
  using Tasks = WarpTasks<Rows>;
  static constexpr int width = Width;
  static constexpr bool rate = reading == Reading::rate, interval = reading == Reading::interval;

  /// memory: of Width 0; the others take shared memory.
  NNP_DEVICE SlabBlock(const ProgramView<T>& of_program, const formulas::Network<T>& network,
                       const Slab& of_slab, const SlabPlaces<T>& of_places, char* memory)
      : program(of_program),
        slab(of_slab),
        places(of_places),
        network_(network),
        bypass_(network.bypass),
        a_(network.a),
        C_(network.C),
        c_(network.c),
        scratch(slab_scratch(net(), Width > 0 ? Term::neural : slab.term, reading,
                             static_cast<int>(slab.columns),
                             Width > 0 ? SlabKind::paper_widths : slab.kind)),
        memory_(memory) {}

  static NNP_DEVICE int thread() { return static_cast<int>(threadIdx.x); }

  /// The network with its widths as constants where they are known.
  NNP_DEVICE formulas::Network<T> net() const {
    formulas::Network<T> fixed = network_;
    fixed.bypass = bypass_;
    fixed.a = a_;
    fixed.C = C_;
    fixed.c = c_;
    if constexpr (Width > 0) fixed.time_width = fixed.hidden_width = Width;
    return fixed;
  }

  NNP_DEVICE int time_width() const { return Width > 0 ? Width : network_.time_width; }
  NNP_DEVICE int hidden_width() const { return Width > 0 ? Width : network_.hidden_width; }
  NNP_DEVICE bool has_bypass() const { return bypass_; }
  NNP_DEVICE int stimulus_row() const { return time_width() + (bypass_ ? hidden_width() : 0); }

  // ---------------------------------------------------------------- scratch

  NNP_DEVICE double* sums() const {
    return reinterpret_cast<double*>(Width > 0 ? shared_memory() : memory_);
  }
  NNP_DEVICE Rows rows() const {
    const int bytes_before = scratch.doubles * static_cast<int>(sizeof(double));
    if constexpr (Width > 0)
      return {bytes_before};
    else
      return {reinterpret_cast<T*>(memory_ + bytes_before)};
  }
  NNP_DEVICE T* numbers() const { return rows().numbers(); }

  /// This thread's place in a row, and its columns from there on.
  NNP_DEVICE P* own_place(int row) const {
    return reinterpret_cast<P*>(numbers()) + row * block_threads + thread();
  }
  NNP_DEVICE Col column(int row) const { return {own_place(row), block_threads}; }
  NNP_DEVICE DualCol column(DualRows row) const { return {column(row.value), column(row.rate)}; }

  /// registers: of Width > 0, for n1.
  NNP_DEVICE formulas::TrunkColumns<P> trunk_columns(const LayerRows& rows, P* registers) const {
    if constexpr (Width > 0)
      return {column(rows.m), {{registers, 1}, {registers + Width, 1}}, column(rows.n2)};
    else
      return {column(rows.m), column(rows.n1), column(rows.n2)};
  }

  /// The slab's columns of E side by side, so that the readout is one dense layer; all of E for
  /// behaviour. Beside them the trunk's parameters, if they are few.
  NNP_DEVICE void gather_parameters() {
    const int k = scratch.columns, H = network_.hidden_width;
    T* E = numbers() + scratch.E;
    NNP_NO_UNROLL
    for (int i = thread(); i < (H + 1) * k; i += block_threads) {
      const int column =
          slab.term == Term::neural
              ? static_cast<int>(
                    program.plan.column[slab.first_column + static_cast<unsigned>(i % k)])
              : i % k;
      E[i] = i < H * k ? network_.E[(i / k) * network_.regions + column] : network_.e[column];
    }

    T* trunk = numbers() + scratch.trunk;
    const int C = scratch.row.C, c = scratch.row.c;  // a, C, c lie here as in a gradient row
    NNP_NO_UNROLL
    for (int i = thread(); i < scratch.trunk_size; i += block_threads)
      trunk[i] = i < C ? a_[i] : i < c ? C_[i - C] : c_[i - c];
    if (scratch.trunk_size > 0) {
      a_ = trunk;
      C_ = trunk + C;
      c_ = trunk + c;
    }
  }

  // ---------------------------------------------------------------- points

  /// Read anew wherever it is needed: registers are short.
  NNP_DEVICE const TileSpan& tile(std::uint32_t t) const {
    return program.plan.tiles[slab.first_tile + t];
  }
  NNP_DEVICE static std::uint64_t number_of(const TileSpan& tile, int point) {
    return tile.first_point + static_cast<unsigned>(point);
  }
  NNP_DEVICE const T* weights(const TileSpan& tile, int point) const {
    return program.plan.weight + tile.first_weight + static_cast<unsigned>(point);
  }

  /// A point's row of the table. Never written through; formulas' columns are of one kind.
  NNP_DEVICE Col h3(const TileSpan& tile, int point) const {
    const std::uint32_t stimulus = program.plan.stimulus[number_of(tile, point)];
    const T* row =
        places.table + static_cast<std::uint64_t>(stimulus) * static_cast<unsigned>(stimulus_row());
    return {const_cast<P*>(reinterpret_cast<const P*>(row)), 1};
  }
  NNP_DEVICE Col bypass(const TileSpan& tile, int point) const {
    return {&h3(tile, point)[time_width()], 1};
  }

  const ProgramView<T>& program;
  const Slab& slab;
  const SlabPlaces<T>& places;

 private:
  const formulas::Network<T>& network_;
  // Of the network, kept in registers; a, C, c where they are copied to.
  bool bypass_;
  const T *a_, *C_, *c_;

 public:
  SlabScratch scratch;

 private:
  char* memory_;
};

}  // namespace nnpoisson::kernels
