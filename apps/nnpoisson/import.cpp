#include "nnpoisson/import.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::command {
namespace {

struct NpzOptions {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path out;
  NpzImport import;
};

StimulusEncoding encoding(const std::string& name) {
  if (name == "raw") return StimulusEncoding::raw;
  if (name == "one-hot") return StimulusEncoding::one_hot;
  if (name == "standardise") return StimulusEncoding::standardise;
  throw UsageError("--stimulus: must be raw, one-hot or standardise, not \"" + name + "\"");
}

void report(const Imported& imported) {
  if (imported.excluded > 0) fmt::print("{} trials left out: not included\n", imported.excluded);
  if (imported.unobserved > 0) fmt::print("{} trials left out: answered before anything could be observed\n", imported.unobserved);
  fmt::print("{} sessions, {} trials, {} units, {} regions\n", imported.data.sessions(), imported.data.trials(), imported.data.units(),
             imported.data.regions());
}

void add_npz(CLI::App& import) {
  auto* command = import.add_subcommand("npz", "NumPy archives, one session a file (docs/dataset.md)");
  auto options = std::make_shared<NpzOptions>();
  command->add_option("source", options->sources, "Recordings (.npz)")->required();
  command->add_option("--out", options->out, "Dataset to write")->required();
  command->add_option("--time-limit", options->import.time_limit, "Longest time looked at after stimulus onset, s");
  command->add_option("--region", options->import.regions, "Regions to keep; without it, all")->delimiter(',')->allow_extra_args(false);
  command->add_option("--region-name", options->import.region_name, "Region of recordings that name none")->capture_default_str();
  command->add_option_function<std::string>(
      "--stimulus", [options](const std::string& name) { options->import.stimulus = encoding(name); },
      "What the network sees of a stimulus: raw (default), one-hot, standardise");
  command->add_flag("--included-only", options->import.included_only, "Leave out trials whose `included` is false");
  command->callback([options] {
    for (const auto& source : options->sources) require_different({source, options->out});
    const Imported imported = import_npz(options->sources, options->import);
    write_dataset(options->out, imported.data);
    report(imported);
  });
}

}  // namespace

void add_import(CLI::App& app) {
  auto* command = app.add_subcommand("import", "Turn recordings into a dataset");
  command->require_subcommand(1);
  add_npz(*command);
}

}  // namespace nnpoisson::command
