#include "train/checkpoint.hpp"

#include <algorithm>
#include <cmath>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

constexpr std::int32_t version = 1;
constexpr std::size_t losses_of_a_row = 12;

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const Checkpoint& c, std::size_t regions) {
  Hdf5Writer writer(file);
  writer.attribute("/", "version", version);
  writer.attribute("/", "settings", c.settings);
  writer.attribute("/", "data", static_cast<std::int64_t>(c.data));
  writer.attribute("/", "iterations", static_cast<std::int32_t>(c.iterations));
  writer.attribute("/", "step", static_cast<std::int64_t>(c.state.step));
  writer.attribute("/", "best_validation", c.best.validation);
  writer.attribute("/", "best_iteration", static_cast<std::int32_t>(c.best.iteration));
  writer.attribute("/", "error_at_start", c.error_at_start);
  writer.numbers("parameters", c.state.parameters);
  writer.numbers("first_moment", c.state.first_moment);
  writer.numbers("second_moment", c.state.second_moment);
  writer.numbers("best_parameters", c.best.parameters);
  std::vector<double> rows;
  for (const auto& row : c.history) {
    const auto numbers = row.numbers();
    rows.insert(rows.end(), numbers.begin(), numbers.end());
  }
  writer.numbers("history", rows, {c.history.size(), losses_of_a_row + regions});
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
  Checkpoint c;
  c.settings = reader.string_attribute("/", "settings");
  c.data = static_cast<std::uint64_t>(reader.integer_attribute("/", "data"));
  c.iterations = static_cast<int>(reader.integer_attribute("/", "iterations"));
  c.state.step = static_cast<std::uint64_t>(reader.integer_attribute("/", "step"));
  c.best.validation = reader.number_attribute("/", "best_validation");
  c.best.iteration = static_cast<int>(reader.integer_attribute("/", "best_iteration"));
  c.error_at_start = reader.number_attribute("/", "error_at_start");
  const auto weights = [&](const std::string& path, bool may_be_empty) {
    auto values = reader.numbers<double>(path, 1);
    if (values.size() != parameters && !(may_be_empty && values.empty()))
      refuse(path + ": has " + std::to_string(values.size()) + " numbers, the model " +
             std::to_string(parameters));
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) refuse(path + "[" + std::to_string(i) + "]: is not finite");
    return values;
  };
  c.state.parameters = weights("parameters", false);
  c.state.first_moment = weights("first_moment", false);
  c.state.second_moment = weights("second_moment", false);
  c.best.parameters = weights("best_parameters", true);
  const auto shape = reader.shape("history");
  const auto rows = reader.numbers<double>("history", 2);
  if (c.iterations < 0 || shape[0] != static_cast<std::size_t>(c.iterations) ||
      shape[1] != losses_of_a_row + regions)
    refuse("history: is not one row of losses for each finished iteration");
  if (c.best.iteration >= c.iterations || (c.best.iteration >= 0) != !c.best.parameters.empty())
    refuse("attribute best_iteration: is " + std::to_string(c.best.iteration) +
           ", which does not go with the rest");
  for (std::size_t i = 0; i < shape[0]; ++i)
    c.history.push_back(HistoryRow::from_numbers(rows.data() + i * shape[1], regions));
  return c;
}

}  // namespace nnpoisson
