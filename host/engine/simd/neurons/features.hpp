#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Tiles of points: the features in time, and what differences of them are.
template <class P>
class NeuronFeatures {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using Rows = NeuronRows<T>;
  using Room = NeuronRoom<T>;
  using R = RowPack<P>;
  using Col = formulas::Column<P>;
  using Dual = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;

 public:
  /// Rates go to rows, values to values.
  static void forward(const Step& s, const Rows& rows, Index number, Room room, void* memory) {
    NeuronFeatures tile(s, rows, number, room, memory);
    if (tile.t_.rate)
      tile.write<true>(room.row + long(tile.t_.row - room.first_row) * s.stride);
    else
      tile.write<false>(room.values + long(tile.t_.first - room.first_value) * s.stride);
  }
  /// From there the adjoints come back.
  static void back(const Step& s, const Rows& rows, Index number, Room room, void* memory) {
    NeuronFeatures tile(s, rows, number, room, memory);
    T* of_h3 = s.g_h3 + long(rows.first_tile + number) * s.width;
    if (tile.t_.rate)
      tile.read_back<true>(room.g_row + long(tile.t_.row - room.first_row) * s.stride, of_h3);
    else
      tile.read_back<false>(room.values + long(tile.t_.first - room.first_value) * s.stride, of_h3);
  }

  static void differences(const Step& s, const Rows& rows, Index k, Room room) {
    const Index first = rows.difference_first[k], end = rows.difference_first[k + 1];
    T* row = room.row + long(first + rows.rate_first[k + 1] - room.first_row) * s.stride;
    for (Index d = first; d < end; ++d, row += s.stride) {
      const T* high = room.values + long(rows.difference[2 * d] - room.first_value) * s.stride;
      const T* low = room.values + long(rows.difference[2 * d + 1] - room.first_value) * s.stride;
      for (int j = 0; j < s.stride; j += R::lanes)
        (R::load(high + j) - R::load(low + j)).store(row + j);
    }
  }

 private:
  NeuronFeatures(const Step& s, const Rows& rows, Index number, const Room& room, void* memory)
      : s_(s),
        t_(rows.tiles[number]),
        time_(t_.rate ? rows.rate_time : rows.value_time),
        packs_((int(t_.count) + L - 1) / L),
        kept_(room.layers != nullptr),
        pool_{static_cast<char*>(memory)} {
    NeuronPool<P> kept{reinterpret_cast<char*>(
        kept_ ? room.layers + long(number - rows.tile_first[t_.stimulus]) * s.tile_layers_size()
              : nullptr)};
    auto& from = kept_ ? kept : pool_;
    m_ = dual_feature_layer<P>(s, packs_, from);
    n_ = dual_feature_layer<P>(s, packs_, from);
    h3_ = stimulus_layer<P>(s, t_.stimulus, pool_);
    f_ = row_columns<P>(s, pool_);
  }

  [[nodiscard]] P times(long p) const {
    T tau[L];
    for (int lane = 0; lane < L; ++lane) {
      const Index at = Index(p * L + lane);
      tau[lane] = time_[t_.first + (at < t_.count ? at : t_.count - 1)];
    }
    return load_any<P>(tau);
  }

  template <bool Rate>
  void make(long p) const {
    formulas::neuron_features<Rate>(s_.trunk, times(p), h3_, {at_pack(m_, p), at_pack(n_, p)}, f_);
  }

  template <bool Rate>
  void write(T* out) {
    T* const last = reinterpret_cast<T*>(row_columns<P>(s_, pool_).first);
    for (int h = s_.width + 1; h < s_.stride; ++h) f_[h] = P(0);
    for (long p = 0; p < packs_; ++p, out += L * s_.stride) {
      make<Rate>(p);
      f_[s_.width] = Rate ? P(1) : times(p);  // the last feature is the time itself
      const long rows = long(t_.count) - p * L;
      columns_to_rows<P>(s_.stride, f_.first, rows < L ? last : out);
      for (long j = 0; rows < L && j < rows * s_.stride; ++j) out[j] = last[j];
    }
  }

  template <bool Rate>
  void read_back(const T* in, T* to_h3) {
    const int H = s_.width;
    const Col ga = feature_layer<P>(s_, 1, pool_), of_h3 = feature_layer<P>(s_, 1, pool_);
    const Dual gm = dual_feature_layer<P>(s_, 1, pool_),
               gn = dual_feature_layer<P>(s_, packs_, pool_);
    T* const none = reinterpret_cast<T*>(row_columns<P>(s_, pool_).first);
    clear<R>(none, s_.stride);
    for (int h = 0; h < H; ++h) of_h3[h] = P(0);
    P* sums = packs_at<P>(s_.tile_sums, t_.sums, int(s_.tile_sum_size()));
    P *of_c = sums + H * H, *of_a = of_c + H;
    if (t_.opens) clear<P>(reinterpret_cast<T*>(sums), s_.tile_sum_size() * L);

    for (long p = 0; p < packs_; ++p) {
      if (!kept_) make<Rate>(p);
      const T* row[L];
      for (long lane = 0; lane < L; ++lane)
        row[lane] = p * L + lane < long(t_.count) ? in + (p * L + lane) * s_.stride : none;
      rows_to_columns<P>(s_.stride, row, f_.first);
      formulas::neuron_features_adjoint<Rate>(s_.trunk, times(p), {at_pack(m_, p), at_pack(n_, p)},
                                              f_, at_pack(gn, p), gm, ga);
      for (int h = 0; h < H; ++h) {
        of_h3[h] = of_h3[h] + gm.value[h];
        of_a[h] = of_a[h] + ga[h];
      }
    }
    formulas::dense_kernel_adjoint<Rate>(packs_, H, H, m_, gn, sums);
    formulas::dense_bias_adjoint(packs_, H, gn.value, of_c);
    for (int h = 0; h < H; ++h) to_h3[h] = lane_sum(of_h3[h]);
  }

  const Step& s_;
  const NeuronTile& t_;
  const T* time_;
  int packs_;
  bool kept_;  ///< the layers, from forward to back
  NeuronPool<P> pool_;
  Dual m_, n_;  ///< of all packs
  Col h3_, f_;  ///< of one
};

}  // namespace nnpoisson::simd
