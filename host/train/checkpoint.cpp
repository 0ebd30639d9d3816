#include "train/checkpoint.hpp"

#include <algorithm>
#include <cmath>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "train/history.hpp"

namespace nnpoisson {
namespace {

constexpr std::int32_t version = 1;

/// As float where that loses nothing, that is, where the fit was in float: half the file.
void write_weights(Hdf5Writer& writer, const std::string& path, const std::vector<double>& values) {
  const std::vector<float> shorter(values.begin(), values.end());
  if (std::ranges::equal(values, shorter))
    writer.numbers(path, shorter);
  else
    writer.numbers(path, values);
}

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const RunIdentity& run,
                      const FitCourse& course, std::size_t regions) {
  const auto& state = course.state;
  const auto& history = course.history;
  const auto& best = course.best;
  Hdf5Writer writer(file);
  writer.attribute("/", "version", version);
  writer.attribute("/", "settings", run.settings);
  writer.attribute("/", "data", static_cast<std::int64_t>(run.data));
  writer.attribute("/", "iterations", static_cast<std::int32_t>(history.size()));
  writer.attribute("/", "step", static_cast<std::int64_t>(state.step));
  writer.attribute("/", "best_validation", best.validation);
  writer.attribute("/", "best_iteration", static_cast<std::int32_t>(best.iteration));
  writer.attribute("/", "error_at_start", run.error_at_start);

  write_weights(writer, "parameters", state.parameters);
  write_weights(writer, "first_moment", state.first_moment);
  write_weights(writer, "second_moment", state.second_moment);
  write_weights(writer, "best_parameters", best.parameters);

  std::vector<double> rows;
  for (const auto& losses : history) {
    const auto row = numbers(losses);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  writer.numbers("history", rows, {history.size(), losses_beside_regions + regions});
  writer.commit();
}

Checkpoint read_checkpoint(const std::filesystem::path& file, std::size_t parameters,
                           std::size_t regions) {
  const Hdf5Reader reader(file);
  const auto refuse = [&](const std::string& what) {
    throw DataError(file.string() + ": " + what + "; the checkpoint cannot be used");
  };
  if (reader.integer_attribute("/", "version") != version)
    refuse("attribute version: is not " + std::to_string(version));

  Checkpoint checkpoint;
  auto& state = checkpoint.course.state;
  auto& history = checkpoint.course.history;
  auto& best = checkpoint.course.best;
  checkpoint.run.settings = reader.string_attribute("/", "settings");
  checkpoint.run.data = static_cast<std::uint64_t>(reader.integer_attribute("/", "data"));
  const std::int64_t iterations = reader.integer_attribute("/", "iterations");
  state.step = static_cast<std::uint64_t>(reader.integer_attribute("/", "step"));
  best.validation = reader.number_attribute("/", "best_validation");
  best.iteration = static_cast<int>(reader.integer_attribute("/", "best_iteration"));
  checkpoint.run.error_at_start = reader.number_attribute("/", "error_at_start");

  const auto weights = [&](const std::string& path, bool may_be_empty) {
    auto values = reader.numbers<double>(path, 1);
    if (values.size() != parameters && !(may_be_empty && values.empty()))
      refuse(path + ": has " + std::to_string(values.size()) + " numbers, the model " +
             std::to_string(parameters));
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) refuse(path + "[" + std::to_string(i) + "]: is not finite");
    return values;
  };
  state.parameters = weights("parameters", false);
  state.first_moment = weights("first_moment", false);
  state.second_moment = weights("second_moment", false);
  best.parameters = weights("best_parameters", true);

  const auto shape = reader.shape("history");
  const auto rows = reader.numbers<double>("history", 2);
  if (iterations < 0 || shape[0] != static_cast<std::size_t>(iterations) ||
      shape[1] != losses_beside_regions + regions)
    refuse("history: is not one row of losses for each finished iteration");
  if (best.iteration >= iterations || (best.iteration >= 0) != !best.parameters.empty())
    refuse("attribute best_iteration: is " + std::to_string(best.iteration) +
           ", which does not go with the rest");
  for (std::size_t row = 0; row < shape[0]; ++row)
    history.push_back(losses_from_numbers(std::span(rows).subspan(row * shape[1], shape[1])));
  return checkpoint;
}

}  // namespace nnpoisson
