#include "kernels/wimmer_trials.hpp"

#include <algorithm>

#include "nnpoisson/random.hpp"
#include "wimmer/conditions.hpp"
#include "wimmer/inputs.hpp"
#include "wimmer/synapses.hpp"

namespace nnpoisson::kernels {
namespace {

using wimmer::padded_neurons;

template <class T>
class SynapseBuffers {
 public:
  SynapseBuffers() = default;
  SynapseBuffers(Device& device, const wimmer::SynapseTable<T>& table)
      : offset_(device, std::span(table.offset())),
        place_(device, std::span(table.place())),
        weight_(device, std::span(table.weight())) {}
  [[nodiscard]] SynapseView<T> view() const {
    return {offset_.data(), place_.data(), weight_.data()};
  }

 private:
  Buffer<std::uint32_t> offset_;
  Buffer<std::uint16_t> place_;
  Buffer<T> weight_;
};

template <class T>
class NetworkBuffers {
 public:
  NetworkBuffers(Device& device, const wimmer::Network<T>& network)
      : input_(device, network.input),
        excitation_(device, network.excitation),
        inhibition_(device, network.inhibition),
        up_(device, network.up),
        down_(device, network.down) {}
  [[nodiscard]] NetworkView<T> view() const {
    return {input_.view(), excitation_.view(), inhibition_.view(), up_.view(), down_.view()};
  }

 private:
  SynapseBuffers<T> input_, excitation_, inhibition_, up_, down_;
};

void copy_key(std::uint32_t (&to)[2], std::uint64_t seed, Purpose purpose) {
  std::ranges::copy(philox_key(seed, purpose), to);
}

}  // namespace

class WimmerTrials::Any {
 public:
  virtual ~Any() = default;
  [[nodiscard]] virtual std::size_t side_by_side() const = 0;
  [[nodiscard]] virtual std::vector<wimmer::TrialSpikes> run(
      std::span<const std::size_t> trials) = 0;
};

template <class T>
class WimmerTrials::Of final : public Any {
 public:
  Of(SimulatorDevice& device, const wimmer::Conditions& conditions)
      : device_(device), conditions_(conditions), steps_(wimmer::steps_in(conditions.duration)) {
    view_.shared_ring = wimmer_bytes<T>(true) <= device.shared_bytes();
    trials_ = static_cast<std::size_t>(
        device.resident_trials(sizeof(T), wimmer_bytes<T>(view_.shared_ring)));
    view_.steps = steps_;
    view_.stimulus_first = wimmer::steps_in(conditions.stimulus_from);
    view_.stimulus_end = wimmer::steps_in(conditions.stimulus_until);
    const auto stimulus =
        wimmer::stimulus_of(conditions, 0);  // but for the mean, of all coherences
    view_.path_step = stimulus.path_step;
    view_.gain = stimulus.gain;
    view_.input_scale = wimmer::sensory_input_scale(conditions);
    copy_key(view_.external_key, conditions.seed, Purpose::wimmer_external);
    copy_key(view_.input_key, conditions.seed, Purpose::wimmer_input);
    copy_key(view_.stimulus_key, conditions.seed, Purpose::wimmer_stimulus);
    std::vector<std::int32_t> threshold;
    for (int n = 0; n < steps_; ++n) {
      const auto [selected, others] = wimmer::external_threshold(conditions, n);
      threshold.insert(threshold.end(), {selected, others});
    }
    threshold_ = Buffer<std::int32_t>(device, std::span<const std::int32_t>(threshold));
    view_.threshold = threshold_.data();
    const std::size_t bytes = arrival_rings * arrivals_of_ring * sizeof(T) +
                              2 * sizeof(std::uint32_t) * usual_capacity() +
                              (conditions.network_per_trial ? bytes_of_network : 0);
    trials_ = std::clamp<std::size_t>(device.free_bytes() / 2 / bytes, 1, trials_);
    arrivals_ = Buffer<T>(device, trials_ * arrival_rings * arrivals_of_ring);
    view_.arrivals = arrivals_.data();
    view_.network_per_trial = conditions.network_per_trial;
    if (!conditions.network_per_trial)
      networks_.emplace_back(device,
                             wimmer::draw_network<T>(conditions.seed, 0, conditions.feedback));
  }

  [[nodiscard]] std::size_t side_by_side() const override { return trials_; }

  [[nodiscard]] std::vector<wimmer::TrialSpikes> run(std::span<const std::size_t> trials) override {
    std::uint32_t capacity = usual_capacity();
    while (true) {
      std::vector<wimmer::TrialSpikes> spikes;
      const std::uint32_t most = run(trials, capacity, spikes);
      if (most <= capacity) return spikes;
      capacity = most;
    }
  }

 private:
  static constexpr std::size_t bytes_of_network = std::size_t{20} << 20;  ///< rounded up
  /// Room for a circuit's spikes in a trial. Where they are more, the trials are simulated again.
  [[nodiscard]] std::uint32_t usual_capacity() const {
    constexpr double rate = 40;  // Hz, of a neuron on average; the first step's spikes of all
                                 // integration neurons are on top
    return static_cast<std::uint32_t>(rate * conditions_.duration * wimmer::neurons) +
           wimmer::neurons;
  }
  /// Returns the number of spikes of the circuit that had most; `spikes` is whole where the
  /// capacity holds it.
  std::uint32_t run(std::span<const std::size_t> trials, std::uint32_t capacity,
                    std::vector<wimmer::TrialSpikes>& spikes) {
    const std::size_t n = trials.size();
    std::vector<std::uint64_t> number(trials.begin(), trials.end());
    std::vector<float> mean;
    std::vector<T> start(n * 3 * padded_neurons, T(0));
    auto place = start.begin();
    const auto fill = [&place](const auto& values) {
      std::ranges::transform(values, place, [](double v) { return static_cast<T>(v); });
      place += padded_neurons;
    };
    for (const std::size_t trial : trials) {
      const auto stimulus =
          wimmer::stimulus_of(conditions_, wimmer::coherence_of(conditions_, trial));
      mean.insert(mean.end(), std::begin(stimulus.mean), std::end(stimulus.mean));
      const auto from = wimmer::start_of(conditions_, trial);
      fill(from.sensory_v);
      fill(from.sensory_ge);
      fill(from.integration_v);
    }
    if (conditions_.network_per_trial) {
      networks_.clear();
      for (const std::size_t trial : trials)
        networks_.emplace_back(
            device_, wimmer::draw_network<T>(conditions_.seed, 1 + trial, conditions_.feedback));
    }
    std::vector<NetworkView<T>> networks;
    for (const auto& network : networks_) networks.push_back(network.view());

    const Buffer<std::uint64_t> numbers(device_, std::span<const std::uint64_t>(number));
    const Buffer<float> means(device_, std::span<const float>(mean));
    const Buffer<T> starts(device_, std::span<const T>(start));
    const Buffer<NetworkView<T>> views(device_, std::span<const NetworkView<T>>(networks));
    const Buffer<std::uint32_t> counts(device_, 2 * n);
    Buffer<std::uint32_t> found(device_, 2 * n * capacity);
    view_.trial = numbers.data();
    view_.mean = means.data();
    view_.start = starts.data();
    view_.network = views.data();
    view_.spikes = found.data();
    view_.capacity = capacity;
    view_.count = counts.data();
    device_.run(view_, static_cast<int>(n), wimmer_bytes<T>(view_.shared_ring));

    const auto count = counts.get();
    const std::uint32_t most = *std::ranges::max_element(count);
    if (most > capacity) return most;
    for (std::size_t k = 0; k < n; ++k) {
      const auto circuit = [&](std::size_t c) {
        std::vector<std::uint32_t> kept(count[2 * k + c]);
        if (!kept.empty())
          device_.to_host(kept.data(), found.data() + (2 * k + c) * capacity,
                          kept.size() * sizeof(std::uint32_t));
        return kept;
      };
      spikes.push_back({circuit(0), circuit(1)});
    }
    return most;
  }

  SimulatorDevice& device_;
  const wimmer::Conditions conditions_;
  const int steps_;
  std::size_t trials_;
  WimmerView<T> view_{};
  Buffer<std::int32_t> threshold_;
  Buffer<T> arrivals_;
  std::vector<NetworkBuffers<T>> networks_;
};

WimmerTrials::WimmerTrials(std::unique_ptr<SimulatorDevice> device,
                           const wimmer::Conditions& conditions)
    : device_(std::move(device)) {
  check(conditions);
  if (conditions.precision == Precision::single_precision)
    trials_ = std::make_unique<Of<float>>(*device_, conditions);
  else
    trials_ = std::make_unique<Of<double>>(*device_, conditions);
}
WimmerTrials::~WimmerTrials() = default;

std::size_t WimmerTrials::side_by_side() const {
  return trials_->side_by_side();
}
std::vector<wimmer::TrialSpikes> WimmerTrials::operator()(std::span<const std::size_t> trials) {
  return trials_->run(trials);
}

}  // namespace nnpoisson::kernels
