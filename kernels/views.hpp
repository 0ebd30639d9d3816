#pragma once

#include <cstdint>

#include "nnpoisson/formulas/batch_loss.hpp"
#include "nnpoisson/formulas/parameters.hpp"
#include "nnpoisson/plan.hpp"

/// What kernels read and write: plain numbers and pointers into the device's memory. T: float or
/// double.
namespace nnpoisson::kernels {

/// Threads of every block; sums over a tile's points are taken in an order that this number fixes.
inline constexpr int block_threads = 128;
inline constexpr int warp_threads = 32;
/// Of a step, in their order; the last sums the gradient and takes Adam's step.
enum class Phase : int { stimuli_forward, slabs, stimuli_back, update };
inline constexpr int phases = 4;

/// Rows of numbers, one number a point, of a layer's values and of their rates; -1: not needed.
struct DualRows {
  int value, rate;
};

struct TileSpan {
  std::uint32_t count;
  std::uint64_t first_point, first_weight, first_interval;
};

/// Which kernel takes a slab.
enum class SlabKind : std::uint8_t {
  any_widths,
  paper_widths  ///< the one that knows the paper's widths, all in shared memory
};

/// Neighbouring tiles of one reading, term and set of columns, which one block takes one after the
/// other into one row of gradients. It leaves a stimulus row for each of its distinct stimuli.
struct Slab {
  Term term;
  Reading reading;
  std::uint32_t first_tile, tiles;
  std::uint32_t first_column, columns;
  std::uint32_t row;           ///< first number of its gradient row, in its range
  std::uint32_t stimulus_row;  ///< first of its stimulus rows, in its range
  std::uint64_t bytes;         ///< of scratch that its block needs
  SlabKind kind;
};

struct SlabRange {
  std::uint32_t first, count;         ///< slabs
  std::uint32_t rows, stimulus_rows;  ///< sizes of what they leave
};

/// Where a column of E takes part: the slab of the batch's neural range in which it is column k.
struct ColumnSource {
  std::uint32_t slab, k;
};

struct BatchView {
  SlabRange range[2];  ///< neural, behaviour; their rows follow each other in the step's buffers
  double scale[2];     ///< what the adjoint of each range's sums starts from
  double neural_scale, action_scale, action_weight, neural_constant, action_constant[2];
  std::uint32_t first_stimulus, stimuli;  ///< into batch_stimulus
  std::uint32_t first_source;             ///< into source_first, [stimuli + 1]
  std::uint32_t first_column;             ///< into column_first, [columns of E + 1]
};

template <class T>
struct PlanView {
  T eps;
  const T* stimuli;                      ///< [S x F]
  const T* time;                         ///< [P]
  const std::uint32_t* stimulus;         ///< [P], ascending inside a slab
  const std::uint16_t* rank;             ///< [P] which of its slab's distinct stimuli
  const T* weight;                       ///< by tile, [columns x count]
  const T *end, *inverse_scale, *floor;  ///< by interval
  const std::uint32_t* column;
  const TileSpan* tiles;
  const Slab* slabs;
  const BatchView* batches;
  const std::uint32_t* batch_stimulus;  ///< distinct stimuli of each batch, ascending
  const std::uint32_t* source_first;    ///< into source
  const std::uint32_t* source;          ///< stimulus rows to add up, marked by behaviour_source
  const std::uint32_t* column_first;    ///< into column_source
  const ColumnSource* column_source;
};

/// What a model's team leaves: sums over its steps, and the step that was not finite.
struct TeamStatus {
  BatchLoss sum, failed_loss;
  std::uint32_t failed;  ///< its number, from 1; 0: none
};

/// Everything of one launch. A team of blocks has each model to itself; [M x ...] arrays lie
/// `..._stride` apart.
template <class T>
struct ProgramView {
  PlanView<T> plan;
  formulas::NetworkSizes sizes;
  formulas::TensorOffsets tensors;
  int models, team_blocks, padded_size;
  std::uint32_t steps;
  const std::uint32_t* batches;  ///< [steps]
  std::uint32_t* step;           ///< the step under way, where phases are launched one by one
  bool gradients, update;
  const T* rate;               ///< [steps x M], update only
  T *weight, *first, *second;  ///< [M x padded_size]
  const T *trained, *lowest;   ///< [padded_size] 0 where held; the least value it may take
  // The step's buffers.
  T *table, *layers, *stimulus_rows;
  double *rows, *losses;
  std::uint64_t table_stride, layers_stride, stimulus_rows_stride, rows_stride, losses_stride;
  unsigned* barrier;   ///< [M], zero at the start
  TeamStatus* status;  ///< [M]
  // What evaluation asks for; null in training.
  BatchLoss* step_losses;  ///< [steps x M]
  double* step_gradients;  ///< [steps x M x size]
  // The slabs whose points are there; of others the phase of slabs keeps off.
  std::uint32_t first_slab, end_slab;
  // Scratch of a block: in shared memory; for slabs that need more, in device memory.
  std::uint64_t shared_bytes;
  char* block_scratch;
  std::uint64_t block_scratch_stride;
};

}  // namespace nnpoisson::kernels
