#pragma once

#include <cstdint>

#include "nnpoisson/formulas/neurons.hpp"

/// What the CPU backend asks of the code that is compiled once for each instruction set, for the
/// model by neuron. Plain pointers only, as in kernels.hpp.
namespace nnpoisson::simd {

inline constexpr int tile_size = 256;  ///< points of one stimulus that go through together
/// Values, and rows, that a stimulus has at most for one task to do all of it; others are wide.
inline constexpr int room_points = 512;
inline constexpr int run_points = 2048;  ///< of stimuli that a task takes one after another
inline constexpr int unit_block = 32;    ///< units of one session that a task takes
inline constexpr int trial_chunk = 64;   ///< trials that a task takes

/// Points of one stimulus, all of one kind: values or rates.
struct NeuronTile {
  std::uint32_t stimulus, first, count;  ///< first: of value_time or rate_time
  std::uint32_t row;                     ///< rates: where the first one's row lies
  bool rate;
  std::uint32_t sums;  ///< of tile_sums; tiles that one task takes add to the same
  bool opens;          ///< the first one of its sums
};

/// The points and rows that entries read, or those that trials do; of each stimulus rates, then
/// differences of values (NeuronBatch has the same of both).
template <class T>
struct NeuronRows {
  const T *value_time, *rate_time, *floor;
  const std::uint32_t *value_first, *rate_first, *difference_first;
  const std::uint32_t* difference;  ///< [2 x differences] high, low
  const NeuronTile* tiles;
  const std::uint32_t* tile_first;  ///< [S+1] tiles of a stimulus
  std::uint32_t first_tile;         ///< where they lie in g_h3

  [[nodiscard]] NNP_FORMULA std::uint32_t row_first(std::uint32_t s) const {
    return rate_first[s] + difference_first[s];
  }
};

/// Where values from first_value on and rows from first_row on lie, and the adjoints of the rows;
/// in the way back values are adjoints, too. [stride] each.
template <class T>
struct NeuronRoom {
  T* values;
  std::uint32_t first_value;
  T *row, *g_row;
  std::uint32_t first_row;
  T* layers;  ///< [tiles x tile_layers_size] kept for the way back; null: they are made anew
};

/// Units [first, end) of a session: places among its units.
struct NeuronUnits {
  std::uint32_t session, first, end;  ///< session: of the batch's list
};

struct NeuronPiece {
  std::uint32_t stimulus, session, first_pair, first_trial, trials;
};

struct NeuronSession {
  std::uint32_t first_block, end_block;  ///< of unit_blocks
  std::uint32_t first_trial, trials, units, first_piece, pieces;
  std::uint32_t stride;      ///< units, padded
  std::size_t first_count;   ///< of counts and totals: [trials x stride]
  std::uint32_t first_unit;  ///< of the session's units, in the plan's order of units
  std::uint32_t first_gain;  ///< the same in arrays padded by session
  std::uint32_t first_more;  ///< of more_first
};

struct NeuronTrial {
  std::uint32_t stimulus, piece, end_row, wait_row, response_row;
  int action;
  std::uint32_t bump;  ///< the two raised cosines that are not 0: this and the next
};

struct NeuronSegment {
  std::uint32_t piece, first_pair, end_pair;
};
inline constexpr std::uint32_t no_lone_points = 0xffffffff;
struct NeuronBlock {
  std::uint32_t stimulus, first_segment, end_segment;
  /// Where its parts of the rows' adjoints lie, in entry_parts and trial_parts; of a block that its
  /// stimulus has alone nowhere.
  std::size_t entry_rows, trial_rows;
  std::uint32_t lone;  ///< of lone_sums, or no_lone_points
};

/// Everything of one step. Rows of features and amplitudes are `stride` long, padded with zeros.
template <class T>
struct NeuronStep {
  // Sizes.
  int features, signals, width, stride, nodes, node_stride, rank, channels, gains;
  bool shared_gain, private_gain, drift;

  // Parameters, in the order of the kernels.
  formulas::NeuronTrunk<T> trunk;
  formulas::NeuronHeads<T> heads;
  const T* region;        ///< [G x (Q+1) x stride]: alpha, then B by signal
  const T* channel_part;  ///< [channels x (Q+1) x stride], the same of the heads
  const T* unit;          ///< rank 0: [U x (Q+1) x stride]; else alphas [U x stride]
  const T* v;             ///< [U x rank]
  const T* beta;          ///< [rank x Q x stride]
  const T* prior;         ///< [K x F]
  const T *c, *lnq, *d;   ///< [gains], [gains], [8 x gains]: units padded by session
  const T* node;          ///< [node_stride]
  const T* mean_loading;  ///< [channels], heads by region
  const T *rate, *weight, *channel_base;     ///< [U] Hz times W; [stride]; [channels]
  const std::int32_t* unit_region;           ///< [U] in the plan's order
  T window, beta_weight, scale, rate_floor;  ///< rate_floor: eps W

  // The batch.
  std::uint32_t stimuli;
  const std::uint32_t* stimulus;
  const T* inputs;  ///< [all stimuli x F]
  NeuronRows<T> of_entries, of_trials;
  const NeuronUnits* unit_blocks;
  std::uint32_t unit_block_count;
  const NeuronPiece* pieces;
  const NeuronSession* sessions;
  const NeuronTrial* trials;
  const T* bumps;  ///< [trials x 2]
  std::uint32_t trial_count;
  const std::uint32_t *stimulus_trial_first, *stimulus_trial;
  const NeuronSegment* segments;
  const NeuronBlock* blocks;
  const std::uint32_t* block_first;
  const std::uint32_t *entry_first, *entry_row;  ///< rows count from the stimulus' first
  const T* entry_weight;
  const std::uint32_t* lone_first;  ///< [pairs + 1]
  const std::uint32_t* lone_pair;   ///< of spikes whose features no other entry reads
  const T* lone_time;
  const T* counts;
  const std::uint32_t* more_first;
  const T* more;

  // What the phases leave.
  T *h3, *phi, *log_prior, *channel;   ///< [S x H], [S x (Q+1)], [S x node_stride],
                                       ///< [S x channels x stride]
  T *trial_values, *trial_row;         ///< of all that trials read
  T *wide_values, *wide_row;           ///< of what entries read of wide stimuli
  T* amplitude;                        ///< [pairs x stride]
  T* gain;                             ///< [K x gains] exp of log_gain
  T* totals;                           ///< [trials x units]: Lambda, later its adjoint
  double* gain_sums;                   ///< [unit block][trials of session x node_stride]
  const std::size_t* gain_sums_first;  ///< [unit blocks]
  T* boost;                            ///< [node_stride x channels], by pack of nodes
  T* posterior;                        ///< [trials x node_stride], times scale
  T *gx, *gy;                          ///< [trials x channels]
  T* g_amplitude;                      ///< [pairs x stride], of the exponents
  T *g_trial_row, *g_wide_row;         ///< adjoints of rows
  T *entry_parts, *trial_parts;        ///< the same by block, of blocks that share a stimulus
  T *g_channel, *g_log_prior;          ///< of the exponents; of the prior's logits
  T* tile_sums;                        ///< [sums x tile_sum_size] packs: C, c, a
  T* g_h3;                             ///< [tiles x H]
  T* lone_sums;                        ///< [blocks with lone points x lone_sum_size]: C, c, a, h3
  T* g_phi;                            ///< [unit block][pieces x 10]
  const std::size_t* g_phi_first;      ///< [unit blocks]
  T* g_stimulus;                       ///< [groups x stimulus_sum_size]: A1, b1, A2, b2, A3, b3
  T* g_heads;                          ///< [trial chunks x head_sum_size]: delta; or F1, f1, F2 and
                                       ///< mean loadings
  T* g_beta;                           ///< [unit blocks x rank x Q x stride]
  // Gradient, in the order of the kernels.
  T *g_unit, *g_v, *g_c, *g_lnq, *g_d;
  T* unit_whole;   ///< [U x (Q+1) x stride]; g_unit where rank is 0
  double* losses;  ///< by task of each phase that has any

  [[nodiscard]] NNP_FORMULA NeuronRoom<T> trial_room() const {
    return {trial_values, 0, trial_row, g_trial_row, 0, nullptr};
  }
  /// Blocks of a stimulus.
  [[nodiscard]] NNP_FORMULA std::uint32_t blocks_of(std::uint32_t s) const {
    return block_first[s + 1] - block_first[s];
  }
  [[nodiscard]] NNP_FORMULA long tile_sum_size() const {
    return static_cast<long>(width) * (width + 2);
  }
  /// Numbers in the layers of a tile: m, n and their rates. The last pack may be filled up.
  [[nodiscard]] NNP_FORMULA long tile_layers_size() const { return 4L * width * (tile_size + 16); }
  [[nodiscard]] NNP_FORMULA long lone_sum_size() const { return tile_sum_size() + width; }
  [[nodiscard]] NNP_FORMULA long stimulus_sum_size() const {
    constexpr long n = formulas::neuron_width;
    return (features + 1) * n + n * n + n + (n + 1) * width;
  }
  [[nodiscard]] NNP_FORMULA long head_sum_size() const {
    return heads.kind == formulas::HeadKind::trunk ? 2
                                                   : 2L * heads.hidden * (channels + 2) + channels;
  }
};

/// A piece of the parameters for Adam: [first, first + count), all of one penalty.
template <class T>
struct NeuronAdamJob {
  std::size_t first, count;  ///< count: at most a chunk, padded
  T *weight, *moment1, *moment2;
  T* gradient;
  const T *centre, *decay;  ///< null: 0, 0
  T centre_value, decay_value;
  T lowest, penalty_scale, rate;
  bool held;
};
struct NeuronAdamSum {
  double penalty;  ///< before the step, without scale
  bool finite;
};

template <class T>
struct NeuronKernels {
  int lanes, row_lanes;  ///< row_lanes: of packs that rows are made of
  /// Bytes of scratch for a worker.
  std::size_t (*scratch)(const NeuronStep<T>&, int pieces_most, int entries_most);
  void (*stimuli)(const NeuronStep<T>&, std::uint32_t group, void* scratch);
  void (*tile)(const NeuronStep<T>&, const NeuronRows<T>&, std::uint32_t tile, NeuronRoom<T>,
               void* scratch);
  void (*amplitudes)(const NeuronStep<T>&, std::uint32_t block, void* scratch);
  void (*differences)(const NeuronStep<T>&, const NeuronRows<T>&, std::uint32_t stimulus,
                      NeuronRoom<T>);
  /// Return the block's loss; leave adjoints where they are asked for. A block's lone points come
  /// before its events.
  double (*lone_points)(const NeuronStep<T>&, std::uint32_t block, bool back, void* scratch);
  double (*events)(const NeuronStep<T>&, std::uint32_t block, bool back, NeuronRoom<T>,
                   void* scratch);
  /// What entries give a stimulus' rows, on to values.
  void (*entry_rows_back)(const NeuronStep<T>&, std::uint32_t stimulus, NeuronRoom<T>);
  double (*gains)(const NeuronStep<T>&, std::uint32_t block, void* scratch);
  /// Spikes' and behaviour's losses of a chunk into two numbers.
  void (*trials)(const NeuronStep<T>&, std::uint32_t chunk, bool back, double* losses,
                 void* scratch);
  void (*gains_back)(const NeuronStep<T>&, std::uint32_t block, void* scratch);
  void (*totals_back)(const NeuronStep<T>&, std::uint32_t block);
  /// The same of what trials give.
  void (*trial_rows_back)(const NeuronStep<T>&, std::uint32_t stimulus);
  void (*tile_back)(const NeuronStep<T>&, const NeuronRows<T>&, std::uint32_t tile, NeuronRoom<T>,
                    void* scratch);
  void (*amplitudes_back)(const NeuronStep<T>&, std::uint32_t block, void* scratch);
  void (*stimuli_back)(const NeuronStep<T>&, std::uint32_t group, void* scratch);
  NeuronAdamSum (*adam)(const NeuronAdamJob<T>&);
};

}  // namespace nnpoisson::simd
