#pragma once

#include "engine/simd/kernels.hpp"
#include "nnpoisson/formulas/adam.hpp"

/// The parts of a step that come once a stimulus or once a parameter, not once a point.
namespace nnpoisson::simd {

template <class P>
class StimulusKernel {
  using T = typename P::Scalar;
  using Col = formulas::Column<P>;
  static constexpr int L = P::lanes;
  static constexpr int B = stimulus_group / L;

 public:
  static int scratch_size(const formulas::NetworkSizes& net) {
    const int rows = net.features + net.time_width + net.hidden_width + net.width1 + net.width2;
    return rows * stimulus_group + formulas::stimulus_gradient_size(net) * L;
  }

  static void forward(const StimulusJob<T>& job) {
    StimulusKernel k(job);
    const auto& net = job.net;
    for (int p = 0; p * L < job.count; ++p) {
      k.load_input(p);
      formulas::stimulus_forward(net, k.columns(p));
      for (int lane = 0; lane < L && p * L + lane < job.count; ++lane) {
        T* row = job.table + static_cast<long>(job.rows[p * L + lane]) * net.stimulus_row();
        for (int i = 0; i < net.time_width; ++i) row[i] = k.h3_[i * B + p].v[lane];
        for (int j = 0; net.bypass && j < net.hidden_width; ++j)
          row[net.time_width + j] = k.bypass_[j * B + p].v[lane];
      }
    }
  }

  static void adjoint(const StimulusJob<T>& job) {
    using enum Tensor;
    using formulas::flat_size;
    StimulusKernel k(job);
    const auto& net = job.net;
    const int size = formulas::stimulus_gradient_size(net);
    for (int i = 0; i < size; ++i) k.gradient_[i] = P(0);

    const int packs = (job.count + L - 1) / L;
    for (int p = 0; p < packs; ++p) k.adjoint_of_pack(p);

    k.template add_layer<A1>(packs, k.s_, k.gu1_, k.gradient_ + flat_size<A1, A1>(net));
    k.template add_layer<A2>(packs, k.h1_, k.gu2_, k.gradient_ + flat_size<A1, A2>(net));
    k.template add_layer<A3>(packs, k.h2_, k.gh3_, k.gradient_ + flat_size<A1, A3>(net));
    if (net.bypass)
      k.template add_layer<R>(packs, k.s_ + (net.features - 1) * B, k.gp_,
                              k.gradient_ + flat_size<A1, a>(net));
    for (int i = 0; i < size; ++i) job.gradient[i] = k.gradient_[i].sum();
  }

 private:
  explicit StimulusKernel(const StimulusJob<T>& job) : job_(job) {
    const auto& net = job.net;
    P* kept = reinterpret_cast<P*>(job.layers);
    P* free = reinterpret_cast<P*>(job.scratch);
    const auto take = [](P*& from, int packs) {
      P* piece = from;
      from += packs;
      return piece;
    };
    for (P** a : {&u1_, &h1_}) *a = take(kept, net.width1 * B);
    for (P** a : {&u2_, &h2_}) *a = take(kept, net.width2 * B);
    h3_ = take(kept, net.time_width * B);
    bypass_ = take(kept, net.hidden_width * B);
    s_ = take(free, net.features * B);
    gh3_ = take(free, net.time_width * B);
    gp_ = take(free, net.hidden_width * B);
    gu1_ = take(free, net.width1 * B);
    gu2_ = take(free, net.width2 * B);
    gradient_ = take(free, formulas::stimulus_gradient_size(net));
  }

  void adjoint_of_pack(int p) {
    const auto& net = job_.net;
    load_input(p);
    for (int i = 0; i < net.time_width; ++i)
      gh3_[i * B + p] = P::load(job_.adjoint + i * stimulus_group + p * L);
    for (int j = 0; net.bypass && j < net.hidden_width; ++j)
      gp_[j * B + p] = P::load(job_.adjoint + (net.time_width + j) * stimulus_group + p * L);
    formulas::stimulus_adjoint(net, columns(p), column(gh3_, p), column(gu2_, p), column(gu1_, p));
  }
  /// Adds what the points give the kernel and its bias, which follows it. x, g: the layer's inputs
  /// and the adjoint of its pre-activations.
  template <Tensor Kernel>
  void add_layer(int packs, P* x, P* g, P* to) {
    const auto [in, out] = formulas::tensor_size(job_.net, Kernel);
    formulas::dense_parameter_adjoint(packs, in, out, column(x, 0), column(g, 0), to,
                                      to + in * out);
  }

  static Col column(P* rows, int p) { return {rows + p, B}; }
  void load_input(int p) {
    for (int f = 0; f < job_.net.features; ++f)
      s_[f * B + p] = P::load(job_.input + f * stimulus_group + p * L);
  }
  formulas::StimulusColumns<P> columns(int p) {
    return {column(s_, p),  column(u1_, p), column(h1_, p),    column(u2_, p),
            column(h2_, p), column(h3_, p), column(bypass_, p)};
  }

  const StimulusJob<T>& job_;
  P *u1_, *h1_, *u2_, *h2_, *h3_, *bypass_, *s_, *gh3_, *gp_, *gu1_, *gu2_, *gradient_;
};

template <class P>
bool adam_kernel(const AdamJob<typename P::Scalar>& job) {
  using T = typename P::Scalar;
  P zero(0);  // stays 0 as long as every gradient is finite
  for (int i = 0; i < job.n; i += P::lanes) zero = zero + P::load(job.gradient + i) * T(0);
  if (!(zero.sum() == T(0))) return false;
  for (int i = 0; i < job.n; i += P::lanes) {
    P weight = P::load(job.weight + i), first = P::load(job.first + i),
      second = P::load(job.second + i);
    formulas::adam(weight, first, second, P::load(job.gradient + i) * P::load(job.trained + i),
                   job.rate);
    // In this order NaN stays NaN, and the next step finds it.
    max(P::load(job.lowest + i), weight).store(job.weight + i);
    first.store(job.first + i);
    second.store(job.second + i);
  }
  return true;
}

}  // namespace nnpoisson::simd
