#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

/// Time courses of the trunk: a transient after onset, one visual response and one accumulation of
/// evidence for each side, a ramp. A greater contrast moves its side's courses to earlier times,
/// and the other side's to later ones.
Model known_model() {
  Model model;
  model.shape = {.features = 2,
                 .stimulus_widths = {2, 2},
                 .time_width = 6,
                 .hidden_width = 6,
                 .behaviour_width = 2,
                 .regions = 6};
  model.time_limit = 1;
  model.region_names = {"ACA", "CP", "MOs", "SCm", "VISal", "VISp"};
  model.stimulus_names = {"contrast_left", "contrast_right"};

  const ParameterLayout layout(model.shape);
  model.parameters.assign(layout.size(), 0.0);
  const auto set = [&](Tensor tensor, std::initializer_list<double> values) {
    std::copy(values.begin(), values.end(),
              model.parameters.begin() + static_cast<std::ptrdiff_t>(layout[tensor].offset));
  };
  using enum Tensor;
  set(A1, {4, 0,  //
           0, 4});
  set(b1, {-1, -1});
  set(A2, {1, -0.6,  //
           -0.6, 1});
  //        onset visual: left right  ramp  evidence: left right
  set(A3, {0, 1.1, 0, 0, 0.8, 0,  //
           0, 0, 1.1, 0, 0, 0.8});
  set(b3, {-1, -4.6, -4.6, -0.5, -2.9, -2.9});
  set(a, {8, 6, 6, 1, 2.5, 2.5});
  for (std::size_t i = 0; i < 6; ++i) model.parameters[layout[C].offset + 7 * i] = 1.2;
  //       ACA  CP  MOs  SCm VISal VISp
  set(E, {0.4, 0.5, 0.4, 0.6, 1.0, 1.3,  //
          0.2, 0.3, 0.2, 0.2, 3.0, 0.6,  //
          0.2, 0.3, 0.2, 0.2, 0.6, 2.8,  //
          8.0, 5.0, 4.0, 3.2, 4.0, 3.0,  //
          0.5, 2.0, 5.0, 0.6, 0.3, 0.3,  //
          0.5, 2.0, 0.6, 5.0, 0.3, 0.3});
  set(e, {7, 7, 7, 7, 7, 7});
  // MOs drives choices to the left, SCm to the right; CP brings either forward.
  set(F1_left, {0, 0, 0.03, 0, 0.30, 0.20, 0, 0, 0, 0.06, 0, 0});
  set(F1_right, {0, 0, 0.03, 0, 0, 0, 0.31, 0.205, 0, 0, 0, 0.06});
  for (const auto bias : {f1_left, f1_right}) set(bias, {-2.5, -2.2});
  for (const auto kernel : {F2_left, F2_right}) set(kernel, {2, 1.6});
  for (const auto bias : {f2_left, f2_right}) set(bias, {-0.3});
  return model;
}

constexpr std::size_t sessions = 4;
/// Units of each region in each session.
constexpr std::array<std::array<int, 6>, sessions> units{{{5, 4, 6, 0, 4, 0},  //
                                                          {0, 5, 4, 6, 0, 5},
                                                          {4, 0, 5, 5, 5, 0},
                                                          {5, 0, 0, 4, 0, 6}}};

Dataset known_trials(const Model& model, std::size_t count) {
  Dataset trials;
  trials.time_limit = model.time_limit;
  trials.region_names = model.region_names;
  trials.stimulus_names = model.stimulus_names;

  std::int64_t id = 0;
  for (std::size_t s = 0; s < sessions; ++s) {
    trials.session_names.push_back("known_" + std::to_string(s + 1));
    for (std::size_t g = 0; g < units[s].size(); ++g)
      for (int u = 0; u < units[s][g]; ++u) {
        trials.unit.session.push_back(static_cast<std::int32_t>(s));
        trials.unit.region.push_back(static_cast<std::int32_t>(g));
        trials.unit.id.push_back(id++);
      }
  }

  constexpr std::array contrasts{0.0, 0.25, 0.5, 1.0};
  for (std::size_t n = 0; n < count; ++n) {
    trials.trial.session.push_back(static_cast<std::int32_t>(n * sessions / count));
    trials.trial.stimulus.push_back(contrasts[n % 4]);
    trials.trial.stimulus.push_back(contrasts[n / 4 % 4]);
    trials.trial.response_time.push_back(std::numeric_limits<double>::quiet_NaN());
    trials.trial.choice.push_back(0);
    trials.trial.observed_until.push_back(trials.time_limit);
  }
  trials.spike.offset.assign(count + 1, 0);
  return trials;
}

}  // namespace

Demonstration demonstration(std::size_t trials) {
  if (trials < 1) throw UsageError("trials: at least 1 is needed");
  Demonstration known{known_model(), {}};
  known.trials = known_trials(known.model, trials);
  return known;
}

}  // namespace nnpoisson
