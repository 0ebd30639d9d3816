#include "nnpoisson/import.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::command {
namespace {

StimulusEncoding encoding(const std::string& name) {
  if (name == "raw") return StimulusEncoding::raw;
  if (name == "one-hot") return StimulusEncoding::one_hot;
  if (name == "standardise") return StimulusEncoding::standardise;
  throw UsageError("--stimulus: must be raw, one-hot or standardise, not \"" + name + "\"");
}

void report(const Imported& imported) {
  for (const std::string& note : imported.notes) fmt::print("{}\n", note);
  if (imported.excluded > 0) fmt::print("{} trials left out: not included\n", imported.excluded);
  if (imported.unobserved > 0)
    fmt::print("{} trials left out: answered before anything could be observed\n",
               imported.unobserved);
  fmt::print("{} sessions, {} trials, {} units, {} regions\n", imported.data.sessions(),
             imported.data.trials(), imported.data.units(), imported.data.regions());
}

/// A subcommand of `import`, its sources and the options that all formats share; `Options` is the
/// library's.
template <class Options>
struct Format {
  using Read = Imported (*)(std::span<const std::filesystem::path>, const Options&);
  std::vector<std::filesystem::path> sources;
  std::filesystem::path out;
  Options import;
  CLI::App* command = nullptr;

  static std::shared_ptr<Format> add(CLI::App& to, const std::string& name, const std::string& what,
                                     Read read) {
    auto format = std::make_shared<Format>();
    Options& import = format->import;
    CLI::App* command = format->command = to.add_subcommand(name, what + " (docs/importing.md)");

    command->add_option("source", format->sources, "Recordings")->required();
    command->add_option("--out", format->out, "Dataset to write")->required();
    command->add_option("--time-limit", import.time_limit,
                        "Longest time looked at after stimulus onset, s");
    command->add_option("--region", import.regions, "Regions to keep; without it, all")
        ->delimiter(',')
        ->allow_extra_args(false);
    command
        ->add_option("--region-name", import.region_name,
                     "Region of units for which the recording names none")
        ->capture_default_str();
    command->add_option_function<std::string>(
        "--stimulus", [&import](const std::string& text) { import.stimulus = encoding(text); },
        "What the network sees of a stimulus: raw (default), one-hot, standardise");

    command->callback([format, read] {
      for (const auto& source : format->sources) require_different({source, format->out});
      const Imported imported = read(format->sources, format->import);
      write_dataset(format->out, imported.data);
      report(imported);
    });
    return format;
  }
};

template <class Options>
void add_bin_width(Format<Options>& format) {
  format.command->add_option("--bin-width", format.import.bin_width,
                             "Count spikes in bins of this width, s; without it, exact times");
}

void add_npz(CLI::App& import) {
  const auto format =
      Format<NpzImport>::add(import, "npz", "NumPy archives, one session a file", import_npz);
  format->command->add_flag("--included-only", format->import.included_only,
                            "Leave out trials whose `included` is false");
}

void add_nwb(CLI::App& import) {
  const auto format =
      Format<NwbImport>::add(import, "nwb", "NWB 2 files, one session a file", import_nwb);

  NwbImport& options = format->import;
  add_bin_width(*format);
  format->command
      ->add_option_function<std::vector<std::string>>(
          "--map",
          [&options](const std::vector<std::string>& pairs) {
            for (const std::string& pair : pairs) {
              const auto equals = pair.find('=');
              if (equals == std::string::npos)
                throw UsageError("--map " + pair + ": give WHAT=COLUMN, as onset=stim_on_time");
              options.columns[pair.substr(0, equals)] = pair.substr(equals + 1);
            }
          },
          "WHAT=COLUMN: which column holds onset, response, reaction, choice, region, stimulus "
          "(several with commas)")
      ->allow_extra_args(false);

  format->command->add_option("--left", options.left, "The value of choice that means left");
  format->command->add_option("--right", options.right, "The value of choice that means right");
  format->command->add_option("--missing-stimulus", options.missing_stimulus,
                              "What a missing number in a stimulus column means");
  format->command
      ->add_option("--units-where", options.units_where,
                   "Keep units for which this holds, as 'quality == good'")
      ->allow_extra_args(false);
  format->command
      ->add_option("--trials-where", options.trials_where, "Keep trials for which this holds")
      ->allow_extra_args(false);

  format->command
      ->add_option("--trials-table", options.trials_table,
                   "The table of /intervals that holds the trials")
      ->capture_default_str();
  format->command
      ->add_option("--trials", options.trials_files,
                   "Text files (.csv) with the trials, one for each recording")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void add_alf(CLI::App& import) {
  const auto format = Format<AlfImport>::add(
      import, "alf", "Folders laid out as in Steinmetz et al. 2019, one session each", import_alf);

  AlfImport& options = format->import;
  add_bin_width(*format);
  format->command->add_option_function<std::string>(
      "--response",
      [&options](const std::string& name) {
        if (name != "registered" && name != "movement")
          throw UsageError("--response: must be registered or movement, not \"" + name + "\"");
        options.response =
            name == "movement" ? AlfImport::Response::movement : AlfImport::Response::registered;
      },
      "When a trial was answered: registered (default), or the movement to the registered side");
  format->command
      ->add_option("--annotation", options.least_annotation,
                   "Least _phy_annotation of the clusters kept")
      ->capture_default_str();
  format->command->add_flag("--hemispheres", options.hemispheres,
                            "Name regions left-NAME and right-NAME");
  format->command->add_flag("--paper-regions", options.paper_regions,
                            "Keep the 42 regions, all left-NAME, of the model's paper");
  format->command->add_flag("--included-only", options.included_only,
                            "Leave out trials whose trials.included is false");
}

void add_nma(CLI::App& import) {
  (void)Format<NmaImport>::add(
      import, "nma", "Neuromatch sessions as archives of plain arrays, one session a file",
      import_nma);
}

}  // namespace

void add_import(CLI::App& app) {
  auto* command = app.add_subcommand("import", "Turn recordings into a dataset");
  command->require_subcommand(1);
  add_npz(*command);
  add_nwb(*command);
  add_alf(*command);
  add_nma(*command);
}

}  // namespace nnpoisson::command
