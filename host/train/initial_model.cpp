#include "train/initial_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "fit/unfitted_model.hpp"
#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {

Model read_initial_model(const std::filesystem::path& file, const Settings& settings,
                         const Dataset& training) {
  if (Hdf5Reader(file).exists("nnpoisson")) return read_model(file);

  auto weights = read_keras_weights(file);
  Model model = unfitted_model(settings, training);
  const auto require = [&](const char* tensor, const char* what, int count, int wanted,
                           const char* wanted_what) {
    if (count != wanted)
      throw DataError(fmt::format("{}: {}: has {} {}, where the training set has {} {}",
                                  file.string(), tensor, count, what, wanted, wanted_what));
  };
  require("neuro0/kernel", "inputs", weights.shape.features, model.shape.features,
          "stimulus features");
  require("neuro6/kernel", "outputs", weights.shape.regions, model.shape.regions, "regions");

  weights.shape.stimulus_bypass = weights.shape.stimulus_bypass || model.shape.stimulus_bypass;
  model.shape = weights.shape;
  model.parameters = std::move(weights.parameters);
  model.source = file.string();
  return model;
}

}  // namespace nnpoisson
