#include "synthetic/raw_file.hpp"

#include <fmt/format.h>

#include "wimmer/conditions.hpp"
#include "wimmer/spikes.hpp"

namespace nnpoisson::wimmer {

RawFile::RawFile(const std::filesystem::path& file, std::span<const Attribute> attributes)
    : out_(file) {
  out_.attribute("/", "format", std::string("nnpoisson-wimmer-spikes"));
  out_.attribute("/", "version", std::int32_t{1});
  for (const Attribute& attribute : attributes)
    std::visit([&](const auto& value) { out_.attribute("/", attribute.name, value); },
               attribute.value);
}

void RawFile::add(std::size_t trial, double coherence, const TrialSpikes& spikes) {
  const std::string group = fmt::format("trial_{:05}", trial);
  out_.group(group);
  out_.attribute(group, "coherence", coherence);
  for (const auto& population : populations) {
    std::vector<double> time;
    std::vector<std::int32_t> neuron;
    for (const auto spike : spikes_around(population, spikes)) {
      if (!population.contains(neuron_of(spike))) continue;
      time.push_back(seconds_in(step_of(spike)));
      neuron.push_back(neuron_of(spike) - population.first);
    }
    out_.numbers(group + "/" + population.name + "/time", time);
    out_.numbers(group + "/" + population.name + "/neuron", neuron);
  }
}

void RawFile::commit() {
  out_.commit();
}

}  // namespace nnpoisson::wimmer
