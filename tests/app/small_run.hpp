#pragma once

#include <string>
#include <vector>

#include "app/program.hpp"
#include "data/small_dataset.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson::app {

/// A model with random weights for testing::small_dataset().
inline Model small_model() {
  Model model;
  model.shape = {.features = 2,
                 .stimulus_widths = {3, 4},
                 .time_width = 5,
                 .hidden_width = 4,
                 .behaviour_width = 3,
                 .regions = 3};
  const Dataset data = testing::small_dataset();
  model.time_limit = data.time_limit;
  model.region_names = data.region_names;
  model.stimulus_names = data.stimulus_names;
  model.constant_rate = {1, 2, 3};
  model.parameters = initial_parameters(model.shape, 1);
  return model;
}

/// The words of a command of few steps that trains `train` into `out`, followed by `more`. Preset
/// exact, unless `more` has another.
inline std::vector<std::string> short_training(const std::filesystem::path& train,
                                               const std::filesystem::path& out,
                                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"train",     "--quiet",
                                 "--threads", "1",
                                 "--train",   train.string(),
                                 "--out",     out.string(),
                                 "--set",     "train.iterations=3",
                                 "--set",     "train.episodes=2",
                                 "--set",     "train.batches=2"};
  if (std::find(more.begin(), more.end(), "--preset") == more.end())
    words.insert(words.end(), {"--preset", "exact"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace nnpoisson::app
