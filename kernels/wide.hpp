#pragma once

#include "kernels/views.hpp"

namespace nnpoisson::kernels {

/// Where the points of a wide slab keep what goes into the matrix products of its readout, all by
/// columns: point fastest.
template <class T>
struct WidePlaces {
  NNP_FORMULA WidePlaces(const ProgramView<T>& program, int model, const Slab& slab)
      : points(slab.points),
        before_(static_cast<std::uint64_t>(model) * program.wide.points + slab.wide_point),
        program_(program) {}
  /// [points x (hidden + 1)]: 0 n2 and 1; 1 dn2 and 0 (rate), or those of an interval's end.
  NNP_FORMULA T* layer(int side) const {
    return matrix(program_.wide.layer, 2, side, program_.sizes.hidden_width + 1);
  }
  /// [points x hidden] of their adjoints.
  NNP_FORMULA T* adjoint(int side) const {
    return matrix(program_.wide.adjoint, 2, side, program_.sizes.hidden_width);
  }
  /// [points x regions]: z, dz and, from 2 on, their adjoints.
  NNP_FORMULA T* z(int which) const {
    return matrix(program_.wide.z, 4, which, program_.sizes.regions);
  }
  std::uint64_t points;

 private:
  NNP_FORMULA T* matrix(T* first, unsigned matrices, int number, int columns) const {
    return first + (before_ * matrices + static_cast<unsigned>(number) * points) *
                       static_cast<unsigned>(columns);
  }
  std::uint64_t before_;
  const ProgramView<T>& program_;
};

/// Matrices of a slab's layer: one, or one for the rate or the interval's end beside it.
NNP_FORMULA int sides(Reading reading) {
  return reading == Reading::value ? 1 : 2;
}

enum class WideStep { gather, terms, loss, softplus, back, store };

/// Columns that a block takes of a tile, and the number of such parts.
inline constexpr unsigned wide_part = 64;
NNP_FORMULA int wide_parts(int columns) {
  return (columns + static_cast<int>(wide_part) - 1) / static_cast<int>(wide_part);
}
inline constexpr std::uint32_t chunks_of_tile = tile_points / block_threads;

/// One step on the readout of one slab and model.
template <class T>
struct WideView {
  WideStep step;
  PlanView<T> plan;
  formulas::NetworkSizes sizes;
  Slab slab;
  int columns;           ///< the slab's, or for behaviour all
  std::uint32_t points;  ///< of the slab
  const T* weight;       ///< [(hidden + 1) x all columns] E and e
  T* E;                  ///< [(hidden + 1) x columns] the slab's columns of them
  T* value[2];  ///< [columns x points] v, and dv or that of an interval's end; then their adjoints
  T* gz[2];     ///< [regions x points]
  T* product;   ///< [(hidden + 1) x columns] gradient of E and e
  double *partial, *losses, *row;
};

}  // namespace nnpoisson::kernels
