#include "data/layout.hpp"
#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

constexpr const char* format_name = "nnpoisson-dataset";
constexpr std::int32_t format_version = 1;

/// A member that a file may lack; empty: it does. One without values is refused, since in memory it
/// would pass for a member that is not there.
std::vector<std::int64_t> optional_numbers(const Hdf5Reader& in, const std::string& path,
                                           std::size_t count, const char* of_what) {
  if (!in.exists(path)) return {};
  std::vector<std::int64_t> values = in.numbers<std::int64_t>(path, 1);
  if (values.empty() && count > 0) {
    throw DataError(in.file() + ": " + path + ": has 0 values, not " + std::to_string(count) +
                    " (" + of_what + ")");
  }
  return values;
}

}  // namespace

Dataset read_dataset(const std::filesystem::path& file) {
  const Hdf5Reader in(file);
  if (!in.has_attribute("/", "format") || in.string_attribute("/", "format") != format_name) {
    throw DataError(in.file() + ": /: attribute format is not \"" + format_name +
                    "\"; give a file that `nnpoisson import` wrote");
  }
  if (const std::int64_t version = in.integer_attribute("/", "version");
      version != format_version) {
    throw DataError(in.file() + ": /: attribute version is " + std::to_string(version) +
                    ", this program reads layout " + std::to_string(format_version));
  }
  Dataset data;
  data.source = in.file();
  data.time_limit = in.number_attribute("/", "time_limit");
  data.bin_width = in.number_attribute("/", "bin_width");
  data.session_names = in.strings("session/name");
  data.session_trials = optional_numbers(in, "session/trials", data.sessions(), "sessions");
  data.region_names = in.strings("region/name");
  data.stimulus_names = in.strings("stimulus/name");

  data.trial.session = in.numbers<std::int32_t>("trial/session", 1);
  data.trial.stimulus = in.numbers<double>("trial/stimulus", 2);
  // Only its product would reach validate(): 2 x 3 must not pass for 3 x 2.
  if (const auto shape = in.shape("trial/stimulus");
      shape[0] != data.trials() || shape[1] != data.features()) {
    throw DataError(in.file() + ": trial/stimulus: has the shape " + std::to_string(shape[0]) +
                    " x " + std::to_string(shape[1]) + ", not " + std::to_string(data.trials()) +
                    " x " + std::to_string(data.features()) + " (trials x features)");
  }
  data.trial.response_time = in.numbers<double>("trial/response_time", 1);
  data.trial.choice = in.numbers<std::int8_t>("trial/choice", 1);
  data.trial.observed_until = in.numbers<double>("trial/observed_until", 1);
  data.trial.number = optional_numbers(in, "trial/number", data.trials(), "trials");

  data.unit.session = in.numbers<std::int32_t>("unit/session", 1);
  data.unit.region = in.numbers<std::int32_t>("unit/region", 1);
  data.unit.id = in.numbers<std::int64_t>("unit/id", 1);

  if (in.exists(data.binned() ? "spike" : "count")) {
    throw DataError(
        in.file() +
        (data.binned()
             ? ": spike: must not be there where bin_width > 0; counts belong in count/"
             : ": count: must not be there where bin_width is 0; exact times belong in spike/"));
  }
  if (data.binned()) {
    data.count.offset = in.numbers<std::int64_t>("count/offset", 1);
    data.count.bin = in.numbers<std::int32_t>("count/bin", 1);
    data.count.unit = in.numbers<std::int32_t>("count/unit", 1);
    data.count.value = in.numbers<std::int32_t>("count/value", 1);
  } else {
    data.spike.offset = in.numbers<std::int64_t>("spike/offset", 1);
    data.spike.time = in.numbers<double>("spike/time", 1);
    data.spike.unit = in.numbers<std::int32_t>("spike/unit", 1);
  }
  validate(data);
  return data;
}

void write_dataset(const std::filesystem::path& file, const Dataset& data,
                   std::span<const Attribute> attributes) {
  validate_as(file.string(), data);
  Hdf5Writer out(file);
  out.attribute("/", "format", std::string(format_name));
  out.attribute("/", "version", format_version);
  out.attribute("/", "time_limit", data.time_limit);
  out.attribute("/", "bin_width", data.bin_width);
  for (const auto& [name, value] : attributes)
    std::visit([&, &key = name](const auto& v) { out.attribute("/", key, v); }, value);

  out.strings("session/name", data.session_names);
  if (!data.session_trials.empty()) out.numbers("session/trials", data.session_trials);
  out.strings("region/name", data.region_names);
  out.strings("stimulus/name", data.stimulus_names);

  out.numbers("trial/session", data.trial.session);
  out.numbers("trial/stimulus", data.trial.stimulus, {data.trials(), data.features()});
  out.numbers("trial/response_time", data.trial.response_time);
  out.numbers("trial/choice", data.trial.choice);
  out.numbers("trial/observed_until", data.trial.observed_until);
  if (!data.trial.number.empty()) out.numbers("trial/number", data.trial.number);

  out.numbers("unit/session", data.unit.session);
  out.numbers("unit/region", data.unit.region);
  out.numbers("unit/id", data.unit.id);

  if (data.binned()) {
    out.numbers("count/offset", data.count.offset);
    out.numbers("count/bin", data.count.bin);
    out.numbers("count/unit", data.count.unit);
    out.numbers("count/value", data.count.value);
  } else {
    out.numbers("spike/offset", data.spike.offset);
    out.numbers("spike/time", data.spike.time);
    out.numbers("spike/unit", data.spike.unit);
  }

  out.commit();
}

}  // namespace nnpoisson
