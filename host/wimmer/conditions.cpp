#include "wimmer/conditions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <variant>

#include "nnpoisson/error.hpp"

namespace nnpoisson::wimmer {
namespace {

void require(bool met, const std::string& message) {
  if (!met) throw UsageError(message);
}

bool is_whole_ms(double seconds) {
  return std::abs(seconds * 1000 - std::round(seconds * 1000)) < 1e-6;
}

void check_times(const Conditions& conditions) {
  constexpr double longest = 200;  // s; a spike's step and neuron are one number of 32 bits
  const double from = conditions.stimulus_from, until = conditions.stimulus_until;
  require(conditions.duration >= 0.001 && conditions.duration <= longest &&
              is_whole_ms(conditions.duration),
          "--duration: must be whole ms, from 0.001 to 200 s");
  require(from >= 0 && from < until && until <= conditions.duration,
          "--stimulus-window: must begin before it ends and lie within the run, 0 to " +
              fmt::format("{} s", conditions.duration));
  require(is_whole_ms(from) && is_whole_ms(until),
          "--stimulus-window: must begin and end at whole ms");
}

void check_strengths(const Conditions& conditions) {
  constexpr double most = 1000 / step_ms;  // Hz; a train has at most one spike a step
  require(conditions.feedback >= 0 && conditions.feedback <= 1000,
          "--feedback: must be a number from 0 to 1000");
  require(conditions.stimulus_sd >= 0 && conditions.stimulus_sd <= 100,
          "--stimulus-sd: must be a number from 0 to 100");
  require(conditions.sensory_rate >= 0 && conditions.sensory_rate < most,
          "--sensory-rate: must be a number from 0 to below 10000 Hz");
  require(conditions.external_rate >= 0 && conditions.external_rate <= most,
          "--external-rate: must be a number from 0 to 10000 Hz");
}

void check_coherences(const std::vector<double>& coherences) {
  require(!coherences.empty(), "--coherence: at least one is needed");
  for (std::size_t k = 0; k < coherences.size(); ++k) {
    require(coherences[k] >= -1 && coherences[k] <= 1,
            "--coherence: each must be a number from -1 to 1");
    for (std::size_t j = 0; j < k; ++j)
      require(coherences[j] != coherences[k], "--coherence: each must be given once");
  }
}

}  // namespace

void check(const Conditions& conditions) {
  check_times(conditions);
  check_strengths(conditions);
  check_coherences(conditions.coherences);
}

int steps_in(double seconds) {
  return static_cast<int>(std::lround(seconds * 1000)) * steps_per_ms;
}

std::size_t coherence_number(const Conditions& conditions, std::size_t trial) {
  return trial % conditions.coherences.size();
}

double coherence_of(const Conditions& conditions, std::size_t trial) {
  return conditions.coherences[coherence_number(conditions, trial)];
}

std::vector<Attribute> attributes_of(const Conditions& conditions) {
  const std::string network = conditions.network_per_trial ? "per trial" : "one";
  return {{"simulator", std::string("wimmer")},
          {"seed", static_cast<std::int64_t>(conditions.seed)},
          {"coherences", fmt::format("{}", fmt::join(conditions.coherences, " "))},
          {"feedback", conditions.feedback},
          {"duration", conditions.duration},
          {"stimulus_from", conditions.stimulus_from},
          {"stimulus_until", conditions.stimulus_until},
          {"stimulus_sd", conditions.stimulus_sd},
          {"sensory_rate", conditions.sensory_rate},
          {"external_rate", conditions.external_rate},
          {"network", network},
          {"precision", std::string(to_string(conditions.precision))}};
}

std::string text_of(const std::vector<Attribute>& attributes) {
  std::string text;
  for (const Attribute& attribute : attributes)
    std::visit([&](const auto& value) { text += fmt::format("{} = {}\n", attribute.name, value); },
               attribute.value);
  return text;
}

}  // namespace nnpoisson::wimmer
