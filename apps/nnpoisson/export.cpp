#include "nnpoisson/export.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

struct ExportOptions {
  std::filesystem::path file, out;
  NwbExport nwb;
};

}  // namespace

void add_export(CLI::App& app) {
  auto* command = app.add_subcommand("export", "Write a dataset for other programs");
  command->require_subcommand(1);
  auto* nwb = command->add_subcommand("nwb", "One session as an NWB 2 file (docs/importing.md)");
  auto options = std::make_shared<ExportOptions>();

  nwb->add_option("file", options->file, "Dataset (layout 1)")->required();
  nwb->add_option("--out", options->out, "NWB file to write")->required();
  nwb->add_option("--session", options->nwb.session,
                  "Session to write, by name; may be left out where there is one");
  nwb->add_option("--description", options->nwb.description, "session_description of the file")
      ->capture_default_str();
  nwb->add_option("--subject", options->nwb.subject, "subject_id; without it, the session's name");
  nwb->add_option("--species", options->nwb.species,
                  "Species of the subject in Latin, as \"Mus musculus\"");
  nwb->add_option("--age", options->nwb.age, "Age of the subject, ISO 8601, as P90D")
      ->capture_default_str();
  nwb->add_option("--start-time", options->nwb.start_time,
                  "session_start_time, ISO 8601; a dataset does not know it")
      ->capture_default_str();

  nwb->callback([options] {
    require_different({options->file, options->out});
    export_nwb(options->out, read_dataset(options->file), options->nwb);
  });
}

}  // namespace nnpoisson::command
