#pragma once

#include "kernels/simt.hpp"
#include "kernels/wimmer.hpp"
#include "wimmer/formulas.hpp"

/// The spiking network of docs/synthetic.md, a trial a block. Every sum is taken in the host's
/// order, so that spikes are the host's.
namespace nnpoisson::kernels {

struct DeviceNumber {};

template <class T, int Threads>
class WimmerKernel {
  using P = simd::Pack<T, 1, DeviceNumber>;
  using F = simd::Pack<float, 1, DeviceNumber>;
  static constexpr int each = wimmer::padded_neurons /
                              Threads;  ///< neurons of a thread: its number, and so many Threads on
  static constexpr int warps = Threads / 32;

 public:
  NNP_DEVICE explicit WimmerKernel(const WimmerView<T>& view)
      : v_(view),
        net_(view.network[view.network_per_trial ? blockIdx.x : 0]),
        mine_(*reinterpret_cast<WimmerShared<T>*>(shared_memory())),
        thread_(static_cast<int>(threadIdx.x)) {
    T* rings = v_.arrivals + std::uint64_t{blockIdx.x} * arrival_rings * arrivals_of_ring;
    to_xi_ = rings;
    to_ga_ = rings + arrivals_of_ring;
    to_xe_ = v_.shared_ring ? reinterpret_cast<T*>(shared_memory() + sizeof(WimmerShared<T>))
                            : rings + 2 * arrivals_of_ring;
  }

  NNP_DEVICE void run() {
    begin();
    for (int step = 0; step < v_.steps; ++step) {
      __syncthreads();
      const bool stimulated = step >= v_.stimulus_first && step < v_.stimulus_end;
      if (stimulated && (step - v_.stimulus_first) % wimmer::steps_per_ms == 0)
        draw_stimulus((step - v_.stimulus_first) / wimmer::steps_per_ms);
      update(step, stimulated);
      __syncthreads();
      arrive_and_sum(step);
      draw_external(step + 1);
      deliver(step);
    }
    if (thread_ == 0)
      for (int c = 0; c < 2; ++c) v_.count[2 * blockIdx.x + static_cast<unsigned>(c)] = found_[c];
  }

 private:
  NNP_DEVICE void begin() {
    const T* start = v_.start + std::uint64_t{blockIdx.x} * 3 * wimmer::padded_neurons;
    NNP_UNROLL
    for (int r = 0; r < each; ++r) {
      const int i = thread_ + r * Threads;
      sensory_[r] = {P(start[i]), P(start[wimmer::padded_neurons + i]), P(T(0)), P(T(0)), P(T(0))};
      integration_[r] = {P(start[2 * wimmer::padded_neurons + i]), P(T(0))};
      gate_[r] = {P(T(0)), P(T(0))};
      sensory_wait_[r] = integration_wait_[r] = P(T(0));
      for (int slot = 0; slot < arrival_slots; ++slot) {
        const int place = slot * wimmer::padded_neurons + i;
        to_xe_[place] = to_xi_[place] = to_ga_[place] = T(0);
      }
    }
    for (int k = thread_; k < WimmerShared<T>::past * wimmer::padded_neurons / 32; k += Threads)
      (&mine_.fired[0][0])[k] = 0;
    if (thread_ < WimmerShared<T>::past * wimmer::shared_populations)
      (&mine_.fired_count[0][0])[thread_] = 0;
    if (thread_ < wimmer::shared_populations) mine_.drive[thread_] = {T(0), T(0), T(0)};
    if (thread_ == 0) mine_.conductances = {};
    draw_external(0);
    draw_sensory_input(0);
  }

  NNP_DEVICE static unsigned slot(int step) {
    return static_cast<unsigned>(step) % arrival_slots * wimmer::padded_neurons;
  }
  NNP_DEVICE static unsigned past(int step) {
    return static_cast<unsigned>(step) % WimmerShared<T>::past;
  }

  // ---------------------------------------------------------------- draws

  NNP_DEVICE formulas::PhiloxBlock block_of(const std::uint32_t (&key)[2], std::uint32_t block,
                                            std::uint32_t sub) const {
    const std::uint64_t trial = v_.trial[blockIdx.x];
    return formulas::philox(
        {{block, sub, static_cast<std::uint32_t>(trial), static_cast<std::uint32_t>(trial >> 32)}},
        key[0], key[1]);
  }

  NNP_DEVICE void draw_external(int step) {
    if (step >= v_.steps) return;
    for (int b = thread_; b < wimmer::padded_neurons / 8; b += Threads) {
      const auto words = block_of(v_.external_key, static_cast<std::uint32_t>(b),
                                  static_cast<std::uint32_t>(step));
      NNP_UNROLL
      for (int w = 0; w < 4; ++w) mine_.external[4 * b + w] = words.word[w];
    }
  }
  /// 1 where neuron i's private train has a spike: the place of its 16 bits is BernoulliJob's.
  NNP_DEVICE T external(int step, int i) const {
    const int block = i / 64 * 8 + i % 16 / 2, part = i % 64 / 16;
    const std::uint32_t word = mine_.external[4 * block + part / 2 * 2 + i % 2];
    const auto bits = static_cast<std::int32_t>((part % 2 == 0 ? word : word >> 16) & 0xFFFF);
    return T(bits < v_.threshold[2 * step + (i < 2 * wimmer::selective ? 0 : 1)] ? 1 : 0);
  }

  /// By one thread: each gap is drawn after the last.
  NNP_DEVICE void draw_sensory_input(int step) {
    if (thread_ != Threads - 1) return;
    int count = 0;
    if (v_.input_scale != 0 && step < v_.steps) {
      const std::uint64_t trial = v_.trial[blockIdx.x];
      formulas::PhiloxStream random(
          {{0, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(trial),
            static_cast<std::uint32_t>(trial >> 32)}},
          v_.input_key[0], v_.input_key[1]);
      wimmer::sensory_input(random, v_.input_scale,
                            [&](std::uint16_t neuron) { mine_.input[count++] = neuron; });
    }
    mine_.inputs = count;
  }

  NNP_DEVICE void draw_normals(std::uint32_t sample) {
    for (int k = thread_; k < stimulus_normals / 2; k += Threads) {
      const int group = k / 16, lane = k % 16;
      const auto words =
          block_of(v_.stimulus_key, static_cast<std::uint32_t>(8 * group + lane / 2), sample);
      const bool odd = lane % 2 != 0;  // no index into the words: they stay in registers
      const auto pair =
          wimmer::normal_pair<F>(static_cast<std::int32_t>(odd ? words.word[1] : words.word[0]),
                                 static_cast<std::int32_t>(odd ? words.word[3] : words.word[2]));
      mine_.normal[32 * group + lane] = pair.first.v;
      mine_.normal[32 * group + 16 + lane] = pair.second.v;
    }
    __syncthreads();
  }
  NNP_DEVICE void draw_stimulus(int sample) {
    using namespace wimmer;
    if (sample == 0) {
      draw_normals(before_stimulus);
      for (int k = thread_; k < stimulus_normals; k += Threads)
        mine_.path[k] = k < excitatory && k % sensory_half != 0
                            ? mine_.normal[k]
                            : 0.0F;  // common ones and a half's first begin at 0
      __syncthreads();
    }
    draw_normals(static_cast<std::uint32_t>(sample));
    for (int k = thread_; k < stimulus_normals; k += Threads)
      mine_.path[k] = v_.path_step(mine_.path[k], mine_.normal[k]);
    __syncthreads();
    NNP_UNROLL
    for (int r = 0; r < each; ++r) {
      const int i = thread_ + r * Threads, half = i < sensory_half ? 0 : 1;
      if (i >= excitatory) continue;
      const float common = v_.mean[2 * blockIdx.x + static_cast<unsigned>(half)] +
                           v_.gain * mine_.path[excitatory + half];
      current_[r] = static_cast<T>(common + v_.gain * mine_.path[i]);
    }
  }

  // ---------------------------------------------------------------- neurons

  NNP_DEVICE static T rate_of(const wimmer::Membrane& m) {
    return static_cast<T>(wimmer::step_ms / m.time_constant);
  }

  /// A whole warp together: the bits of its neurons that fire.
  NNP_DEVICE static std::uint32_t fire(P free, T reset, int hold, bool exists, P& v, P& wait) {
    v = wimmer::held(free, P(reset), wait);
    const bool fires = exists && v.v > T(wimmer::firing_threshold);
    if (fires) {
      v = P(reset);
      wait = P(T(hold));
    }
    return __ballot_sync(~0U, fires);
  }

  NNP_DEVICE void update(int step, bool stimulated) {
    using namespace wimmer;
    const T ms = static_cast<T>(step_ms);
    constexpr Membrane membrane_de = integration_e, membrane_di = integration_i,
                       membrane_se = sensory_e, membrane_si = sensory_i;
    const int lane = thread_ % 32;
    NNP_UNROLL
    for (int r = 0; r < each; ++r) {
      const int i = thread_ + r * Threads, place = static_cast<int>(slot(step)) + i;
      const bool excites = i < excitatory, exists = i < neurons;
      const int population = exists ? population_of(i) : shared_populations - 1;
      {
        const P to_ga(population < 2 ? to_ga_[place] : T(0));
        if (population < 2) to_ga_[place] = T(0);
        const P free = integration_[r].step(
            ms, excites ? rate_of(membrane_de) : rate_of(membrane_di), mine_.drive[population],
            static_cast<T>(excites ? external_onto_e : external_onto_i), P(external(step, i)),
            to_ga);
        if (excites) {
          gate_[r].step(ms);
          mine_.gate[i] = gate_[r].s.v;
        }
        const auto fired =
            fire(free, T(membrane_de.reset),
                 excites ? membrane_de.refractory_steps : membrane_di.refractory_steps, exists,
                 integration_[r].v, integration_wait_[r]);
        if (lane == 0) mine_.fired[past(step)][i / 32] = fired;
        if ((fired >> lane & 1) != 0) atomicAdd(&mine_.fired_count[past(step)][population], 1U);
      }
      const P to_xe(to_xe_[place]), to_xi(to_xi_[place]),
          current(excites && stimulated ? current_[r] : T(0));
      to_xe_[place] = to_xi_[place] = T(0);
      const P free = sensory_[r].step(ms, excites ? rate_of(membrane_se) : rate_of(membrane_si),
                                      current, to_xe, to_xi);
      const auto fired = fire(free, T(membrane_se.reset),
                              excites ? membrane_se.refractory_steps : membrane_si.refractory_steps,
                              exists, sensory_[r].v, sensory_wait_[r]);
      if (lane == 0) mine_.sensory_fired[i / 32] = fired;
    }
  }

  /// Within the integration circuit.
  NNP_DEVICE void arrive_and_sum(int step) {
    using namespace wimmer;
    const unsigned then = past(step - integration_delay);  // before the first step none fired
    NNP_UNROLL
    for (int r = 0; r < each; ++r) {
      const int i = thread_ + r * Threads;
      if (i < excitatory && (mine_.fired[then][i / 32] >> i % 32 & 1) != 0)
        gate_[r].x = gate_[r].x + P(T(1));
    }
    if (thread_ / 32 != warps - 1) return;
    // One warp for all that happens once: the host adds the gates by columns of a row, then the
    // columns.
    const int lane = thread_ % 32;
    for (int c = lane; c < 3 * row; c += 32) {
      const int p = c / row;
      P sum(T(0));
      for (int i = first_of(p) + c % row; i < first_of(p + 1); i += row)
        sum = sum + P(mine_.gate[i]);
      mine_.column[p][c % row] = static_cast<double>(sum.v);
    }
    __syncwarp();
    if (lane < 3) {
      double sum = 0;
      for (int k = 0; k < row; ++k) sum += mine_.column[lane][k];
      mine_.conductances.gates[lane] = sum;
    }
    if (lane == 3) {
      const unsigned(&n)[shared_populations] = mine_.fired_count[then];
      mine_.conductances.arrive(n[0], n[1], n[2], n[3]);
    }
    __syncwarp();
    if (lane < shared_populations) {
      mine_.drive[lane] = mine_.conductances.template onto<T>(lane);
      mine_.fired_count[past(step + 1)][lane] = 0;
    }
  }

  // ---------------------------------------------------------------- spikes

  /// Adds a source's weights to a ring. Its synapses have different places, or weights of 0.
  NNP_DEVICE void add(const SynapseView<T>& from, int source, int step, T* ring) const {
    const std::uint32_t end = from.offset[source + 1];
    for (std::uint32_t k = from.offset[source] + static_cast<unsigned>(thread_); k < end;
         k += Threads) {
      const T weight = from.weight[k];
      if (weight != 0)
        ring[(slot(step) + from.place[k]) % static_cast<unsigned>(arrivals_of_ring)] += weight;
    }
  }

  /// For each that fired, ascending; every thread together.
  template <class Visit>
  NNP_DEVICE static void for_each_fired(const std::uint32_t (&fired)[wimmer::padded_neurons / 32],
                                        const Visit& visit) {
    for (int half = 0; half < wimmer::padded_neurons / 32; half += 32) {
      unsigned some = __ballot_sync(~0U, fired[half + static_cast<int>(threadIdx.x) % 32] != 0);
      for (; some != 0; some &= some - 1) {
        const int word = half + __ffs(static_cast<int>(some)) - 1;
        for (std::uint32_t bits = fired[word]; bits != 0; bits &= bits - 1)
          visit(32 * word + __ffs(static_cast<int>(bits)) - 1);
      }
    }
  }
  NNP_DEVICE void keep(int circuit, int step, int neuron) {
    if (thread_ == 0 && found_[circuit] < v_.capacity)
      v_.spikes[(2 * std::uint64_t{blockIdx.x} + static_cast<unsigned>(circuit)) * v_.capacity +
                found_[circuit]] = static_cast<std::uint32_t>(step) << wimmer::neuron_bits |
                                   static_cast<std::uint32_t>(neuron);
    ++found_[circuit];
  }

  /// In the host's order; two sources may reach one place, so threads meet between them.
  NNP_DEVICE void deliver(int step) {
    using namespace wimmer;
    const int inputs = mine_.inputs;
    for (int k = 0; k < inputs; ++k) {
      add(net_.input, mine_.input[k], step, to_xe_);
      __syncthreads();
    }
    for_each_fired(mine_.sensory_fired, [&](int i) {
      if (i < excitatory) {
        add(net_.excitation, i, step, to_xe_);
        add(net_.up, i, step, to_ga_);
      } else {
        add(net_.inhibition, i - excitatory, step, to_xi_);
      }
      keep(0, step, i);
      __syncthreads();
    });
    const bool back = net_.down.offset != nullptr;
    for_each_fired(mine_.fired[past(step)], [&](int i) {
      keep(1, step, i);
      if (!back || i >= 2 * selective) return;
      add(net_.down, i, step, to_xe_);
      __syncthreads();
    });
    if (inputs == 0) __syncthreads();  // all have read their number
    draw_sensory_input(step + 1);
  }

  const WimmerView<T>& v_;
  const NetworkView<T>& net_;
  WimmerShared<T>& mine_;
  const int thread_;
  T *to_xe_, *to_xi_, *to_ga_;
  wimmer::SensoryNeuron<P> sensory_[each];
  wimmer::IntegrationNeuron<P> integration_[each];
  wimmer::NmdaGate<P> gate_[each];
  P sensory_wait_[each], integration_wait_[each];
  T current_[each];
  std::uint32_t found_[2] = {0, 0};
};

}  // namespace nnpoisson::kernels
