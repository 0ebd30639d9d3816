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

class WimmerTrials::AnyPrecision {
 public:
  virtual ~AnyPrecision() = default;
  [[nodiscard]] virtual std::size_t side_by_side() const = 0;
  [[nodiscard]] virtual std::vector<wimmer::TrialSpikes> run(
      std::span<const std::size_t> trials) = 0;
};

template <class T>
class WimmerTrials::InPrecision final : public AnyPrecision {
 public:
  InPrecision(SimulatorDevice& device, const wimmer::Conditions& conditions)
      : device_(device), conditions_(conditions) {
    describe_stimulus();
    describe_external_trains();

    view_.shared_ring = wimmer_bytes<T>(true) <= device.shared_bytes();
    const auto resident = static_cast<std::size_t>(
        device.resident_trials(sizeof(T), wimmer_bytes<T>(view_.shared_ring)));
    trials_ = std::clamp<std::size_t>(device.free_bytes() / 2 / bytes_of_trial(), 1, resident);
    arrivals_ = Buffer<T>(device, trials_ * arrival_rings * arrivals_of_ring);
    view_.arrivals = arrivals_.data();

    view_.network_per_trial = conditions.network_per_trial;
    if (!conditions.network_per_trial) add_network(0);
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
  /// Per neuron on average, Hz: the room for a circuit's spikes. Where they are more, the trials
  /// are simulated again.
  static constexpr double usual_rate = 40;
  static constexpr std::size_t bytes_of_network = std::size_t{20} << 20;  ///< rounded up

  /// The first step's spikes of all integration neurons are on top.
  [[nodiscard]] std::uint32_t usual_capacity() const {
    return static_cast<std::uint32_t>(usual_rate * conditions_.duration * wimmer::neurons) +
           wimmer::neurons;
  }
  [[nodiscard]] std::size_t bytes_of_trial() const {
    return arrival_rings * arrivals_of_ring * sizeof(T) +
           2 * sizeof(std::uint32_t) * usual_capacity() +
           (conditions_.network_per_trial ? bytes_of_network : 0);
  }

  void describe_stimulus() {
    view_.steps = wimmer::steps_in(conditions_.duration);
    view_.stimulus_first = wimmer::steps_in(conditions_.stimulus_from);
    view_.stimulus_end = wimmer::steps_in(conditions_.stimulus_until);
    // But for the mean, that of all coherences.
    const auto stimulus = wimmer::stimulus_of(conditions_, 0);
    view_.path_step = stimulus.path_step;
    view_.gain = stimulus.gain;
    view_.input_scale = wimmer::sensory_input_scale(conditions_);
    copy_key(view_.input_key, conditions_.seed, Purpose::wimmer_input);
    copy_key(view_.stimulus_key, conditions_.seed, Purpose::wimmer_stimulus);
  }

  void describe_external_trains() {
    copy_key(view_.external_key, conditions_.seed, Purpose::wimmer_external);
    std::vector<std::int32_t> threshold;
    for (int n = 0; n < view_.steps; ++n) {
      const auto [selected, others] = wimmer::external_threshold(conditions_, n);
      threshold.insert(threshold.end(), {selected, others});
    }
    threshold_ = Buffer<std::int32_t>(device_, std::span<const std::int32_t>(threshold));
    view_.threshold = threshold_.data();
  }

  void add_network(std::uint64_t number) {
    networks_.emplace_back(device_,
                           wimmer::draw_network<T>(conditions_.seed, number, conditions_.feedback));
  }

  /// Mean currents of the stimulus, [trials][2].
  [[nodiscard]] std::vector<float> means_of(std::span<const std::size_t> trials) const {
    std::vector<float> means;
    for (const std::size_t trial : trials) {
      const auto stimulus =
          wimmer::stimulus_of(conditions_, wimmer::coherence_of(conditions_, trial));
      means.insert(means.end(), std::begin(stimulus.mean), std::end(stimulus.mean));
    }
    return means;
  }
  /// As WimmerView::start.
  [[nodiscard]] std::vector<T> starts_of(std::span<const std::size_t> trials) const {
    std::vector<T> starts(trials.size() * 3 * padded_neurons, T(0));
    auto place = starts.begin();
    const auto fill = [&place](const auto& values) {
      std::ranges::transform(values, place, [](double v) { return static_cast<T>(v); });
      place += padded_neurons;
    };
    for (const std::size_t trial : trials) {
      const auto start = wimmer::start_of(conditions_, trial);
      fill(start.sensory_v);
      fill(start.sensory_ge);
      fill(start.integration_v);
    }
    return starts;
  }
  [[nodiscard]] std::vector<NetworkView<T>> networks_of(std::span<const std::size_t> trials) {
    if (conditions_.network_per_trial) {
      networks_.clear();
      for (const std::size_t trial : trials) add_network(1 + trial);
    }
    std::vector<NetworkView<T>> views;
    for (const auto& network : networks_) views.push_back(network.view());
    return views;
  }

  /// Returns the number of spikes of the circuit that had most; `spikes` is whole where the
  /// capacity holds it.
  std::uint32_t run(std::span<const std::size_t> trials, std::uint32_t capacity,
                    std::vector<wimmer::TrialSpikes>& spikes) {
    const std::size_t n = trials.size();
    const std::vector<std::uint64_t> number(trials.begin(), trials.end());
    const Buffer<std::uint64_t> numbers(device_, number);
    const Buffer<float> means(device_, means_of(trials));
    const Buffer<T> starts(device_, starts_of(trials));
    const Buffer<NetworkView<T>> networks(device_, networks_of(trials));
    const Buffer<std::uint32_t> counts(device_, 2 * n);
    const Buffer<std::uint32_t> found(device_, 2 * n * capacity);
    view_.trial = numbers.data();
    view_.mean = means.data();
    view_.start = starts.data();
    view_.network = networks.data();
    view_.spikes = found.data();
    view_.capacity = capacity;
    view_.count = counts.data();
    device_.run(view_, static_cast<int>(n), wimmer_bytes<T>(view_.shared_ring));

    const auto count = counts.get();
    const std::uint32_t most = *std::ranges::max_element(count);
    if (most > capacity) return most;
    const auto spikes_of = [&](std::size_t circuit) {
      std::vector<std::uint32_t> kept(count[circuit]);
      if (!kept.empty())
        device_.to_host(kept.data(), found.data() + circuit * capacity,
                        kept.size() * sizeof(std::uint32_t));
      return kept;
    };
    for (std::size_t k = 0; k < n; ++k) spikes.push_back({spikes_of(2 * k), spikes_of(2 * k + 1)});
    return most;
  }

  SimulatorDevice& device_;
  const wimmer::Conditions conditions_;
  std::size_t trials_ = 1;
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
    trials_ = std::make_unique<InPrecision<float>>(*device_, conditions);
  else
    trials_ = std::make_unique<InPrecision<double>>(*device_, conditions);
}
WimmerTrials::~WimmerTrials() = default;

std::size_t WimmerTrials::side_by_side() const {
  return trials_->side_by_side();
}
std::vector<wimmer::TrialSpikes> WimmerTrials::operator()(std::span<const std::size_t> trials) {
  return trials_->run(trials);
}

}  // namespace nnpoisson::kernels
