#include "wimmer/raw_file.hpp"

#include <fmt/format.h>

#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

RawFile::RawFile(const std::filesystem::path& file, std::span<const Attribute> attributes)
    : out_(file) {
  out_.attribute("/", "format", std::string("nnpoisson-wimmer-spikes"));
  out_.attribute("/", "version", std::int32_t{1});
  for (const auto& [name, value] : attributes)
    std::visit([&, &key = name](const auto& v) { out_.attribute("/", key, v); }, value);
}

void RawFile::add(std::size_t trial, double coherence, const TrialSpikes& spikes) {
  const std::string group = fmt::format("trial_{:05}", trial);
  out_.group(group);
  out_.attribute(group, "coherence", coherence);
  for (const auto& population : populations) {
    std::vector<double> time;
    std::vector<std::int32_t> neuron;
    for (const auto spike : population.circuit == 0 ? spikes.sensory : spikes.integration) {
      const int k = neuron_of(spike);
      if (k < population.first || k >= population.end) continue;
      time.push_back(static_cast<double>(step_of(spike)) / (1000 * steps_per_ms));
      neuron.push_back(k - population.first);
    }
    out_.numbers(group + "/" + population.name + "/time", time);
    out_.numbers(group + "/" + population.name + "/neuron", neuron);
  }
}

void RawFile::commit() {
  out_.commit();
}

}  // namespace nnpoisson::wimmer
