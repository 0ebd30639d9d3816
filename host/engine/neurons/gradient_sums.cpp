#include "engine/neurons/gradient_sums.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace nnpoisson {
namespace {

/// to = the sum over rows, `size` numbers of each.
template <class T>
void sum_rows(const T* from, std::size_t rows, long stride, T* to, std::size_t size) {
  std::fill(to, to + size, T(0));
  for (std::size_t r = 0; r < rows; ++r, from += stride)
    for (std::size_t k = 0; k < size; ++k) to[k] += from[k];
}

}  // namespace

template <class T>
void NeuronGradientSums<T>::clear_absent() {
  for (const std::uint32_t s : batch_.absent) {
    const std::size_t first = places_.plan.session_first[s],
                      end = places_.plan.session_first[s + 1];
    const auto clear = [](T* to, std::size_t from, std::size_t until) {
      std::fill(to + from, to + until, T(0));
    };
    clear(step_.unit_whole, first * whole_, end * whole_);
    if (step_.rank > 0) {
      clear(step_.g_unit, first * number(step_.stride), end * number(step_.stride));
      clear(step_.g_v, first * number(step_.rank), end * number(step_.rank));
    }
    const std::size_t gain = places_.packing.first_gain(s), gains = gain + end - first;
    if (step_.shared_gain) clear(step_.g_c, gain, gains);
    if (step_.private_gain) clear(step_.g_lnq, gain, gains);
    for (std::size_t j = 0; step_.drift && j < formulas::drift_bumps; ++j)
      clear(step_.g_d + j * number(step_.gains), gain, gains);
  }
}

template <class T>
void NeuronGradientSums<T>::sum_region(std::size_t g) {
  std::vector<T> sum(whole_);
  for (std::size_t j = 0; j < places_.plan.unit.size(); ++j) {
    if (number(step_.unit_region[j]) != g) continue;
    const T* part = step_.unit_whole + j * whole_;
    for (std::size_t k = 0; k < whole_; ++k) sum[k] += part[k];
  }
  if (step_.heads.kind == HeadKind::regions) add_channel(g, sum);
  unpack_rows(sum, g, NeuronTensor::region_alpha, NeuronTensor::region_B);
}

template <class T>
void NeuronGradientSums<T>::sum_action(std::size_t a) {
  std::vector<T> sum(whole_);
  add_channel(a, sum);
  unpack_rows(sum, a, NeuronTensor::head_alpha, NeuronTensor::head_B);
}

template <class T>
void NeuronGradientSums<T>::add_channel(std::size_t c, std::vector<T>& sum) const {
  const auto channels = number(step_.channels), stride = number(step_.stride),
             signals = number(step_.signals + 1);
  for (std::size_t s = 0; s < step_.stimuli; ++s) {
    const T* g = step_.g_channel + (s * channels + c) * stride;
    for (std::size_t q = 0; q < signals; ++q)
      for (std::size_t k = 0; k < stride; ++k)
        sum[q * stride + k] += step_.phi[s * signals + q] * g[k];
  }
}

template <class T>
void NeuronGradientSums<T>::unpack_rows(const std::vector<T>& from, std::size_t g,
                                        NeuronTensor alpha, NeuronTensor B) {
  const auto rows = number(step_.width + 1), stride = number(step_.stride),
             Q = number(step_.signals);
  T *a = to(alpha) + g * rows, *b = to(B) + g * rows * Q;
  for (std::size_t k = 0; k < rows; ++k) {
    a[k] = from[k];
    for (std::size_t q = 0; q < Q; ++q) b[k * Q + q] = from[(q + 1) * stride + k];
  }
}

template <class T>
void NeuronGradientSums<T>::sum_prior_and_times() {
  using enum NeuronTensor;
  const auto F = number(step_.features), H = number(step_.width), K = number(step_.nodes);
  T* prior = to(prior_P);
  std::fill(prior, prior + K * F, T(0));
  for (std::size_t s = 0; s < step_.stimuli; ++s)
    for (std::size_t k = 0; k < K; ++k)
      for (std::size_t f = 0; f < F; ++f)
        prior[k * F + f] += step_.g_log_prior[s * number(step_.node_stride) + k] *
                            step_.phi[s * number(step_.signals + 1) + 1 + f];

  std::vector<T> packs(number(step_.tile_sum_size()) * batch_.pack_lanes);
  sum_rows(step_.tile_sums, batch_.tile_sums, static_cast<long>(packs.size()), packs.data(),
           packs.size());
  std::vector<T> lone(number(step_.tile_sum_size()));
  sum_rows(step_.lone_sums, batch_.lone_blocks, step_.lone_sum_size(), lone.data(), lone.size());
  const T *from = packs.data(), *more = lone.data();
  for (const auto& [tensor, size] : {std::pair{C, H * H}, {c, H}, {a, H}})
    for (std::size_t k = 0; k < size; ++k, from += batch_.pack_lanes)
      to(tensor)[k] = std::accumulate(from, from + batch_.pack_lanes, *more++);
}

template <class T>
void NeuronGradientSums<T>::sum_rest() {
  sum_stimuli();
  sum_heads();
  if (step_.rank > 0) sum_signals();
}

template <class T>
void NeuronGradientSums<T>::sum_stimuli() {
  using enum NeuronTensor;
  std::size_t first = 0;
  for (const auto tensor : {A1, b1, A2, b2, A3, b3}) {
    const std::size_t size = places_.layout[tensor].size;
    sum_rows(step_.g_stimulus + first, groups_, step_.stimulus_sum_size(), to(tensor), size);
    first += size;
  }
}

template <class T>
void NeuronGradientSums<T>::sum_heads() {
  using enum NeuronTensor;
  std::size_t first = 0;
  const auto sum = [&](T* to, std::size_t size) {
    sum_rows(step_.g_heads + first, batch_.chunks(), step_.head_sum_size(), to, size);
    first += size;
  };
  for (const auto tensor : {head_delta, head_F1, head_f1, head_F2})  // without those of other heads
    sum(to(tensor), places_.layout[tensor].size);
  if (step_.heads.kind == HeadKind::trunk || !step_.shared_gain) return;
  std::vector<T> means(number(step_.channels));
  sum(means.data(), means.size());
  const auto& region = places_.shape.unit_region;
  for (std::size_t i = 0; i < region.size(); ++i) {
    const auto g = number(region[i]);
    gradient_[places_.packing.place(places_.layout[gain_c].offset + i)] +=
        means[g] / places_.region_units[g];
  }
}

template <class T>
void NeuronGradientSums<T>::sum_signals() {
  const auto rows = number(step_.width + 1), stride = number(step_.stride),
             Q = number(step_.signals), L = number(step_.rank);
  std::vector<T> sum(L * Q * stride);
  sum_rows(step_.g_beta, batch_.unit_blocks.size(), static_cast<long>(sum.size()), sum.data(),
           sum.size());
  T* beta = to(NeuronTensor::signal_beta);
  for (std::size_t l = 0; l < L; ++l)
    for (std::size_t k = 0; k < rows; ++k)
      for (std::size_t q = 0; q < Q; ++q) *beta++ = sum[(l * Q + q) * stride + k];
}

template class NeuronGradientSums<float>;
template class NeuronGradientSums<double>;

}  // namespace nnpoisson
