#include "train/run_folder.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "storage/csv.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

FolderKind run_kind() {
  return {.name = "run", .proof = "checkpoint.h5", .belongs = [](const std::string& name) {
            for (const char* known : {"config.toml", "run.log", "test.csv", "region_index.csv",
                                      "checkpoint.h5", "model.h5", "report"})
              if (name == known) return true;
            return name.starts_with("models-");
          }};
}

}  // namespace

RunFolder::RunFolder(fs::path folder, FolderMode mode)
    : folder_(std::move(folder), mode, run_kind()) {}

void RunFolder::write_config(const std::string& toml) const {
  write_text_file(folder_.path() / "config.toml", toml);
}

void RunFolder::write_region_index(const std::vector<std::string>& regions) const {
  std::string text = ",0\n";
  for (std::size_t g = 0; g < regions.size(); ++g)
    text += csv_field(regions[g]) + "," + std::to_string(g) + "\n";
  write_text_file(folder_.path() / "region_index.csv", text);
}

void RunFolder::write_weights(int iteration, const Model& model) const {
  const auto folder = folder_.path() / ("models-" + std::to_string(iteration));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw ResourceError(folder.string() + ": cannot be made (" + error.message() + ")");
  // Keras has no layers for the model by neuron: that file is a whole model.
  if (model.preset == Preset::neurons)
    write_model(folder / "model.h5", model);
  else
    write_keras_weights(folder / "model-fwd.h5", model.shape, model.parameters);
}

void RunFolder::begin_history(Preset preset, const std::vector<std::string>& head,
                              const std::vector<std::string>& regions,
                              const std::vector<IterationLosses>& done) {
  preset_ = preset;
  log_.open(folder_.path() / "run.log", std::ios::trunc);
  csv_.open(folder_.path() / "test.csv", std::ios::trunc);
  for (const auto& line : head) log_ << "# " << line << "\n";
  csv_ << csv_header(preset, regions);
  for (std::size_t i = 0; i < done.size(); ++i) {
    log_ << log_line(preset, static_cast<int>(i), done[i]);
    csv_ << csv_line(static_cast<int>(i), done[i]);
  }
  flush(log_, folder_.path() / "run.log");
  flush(csv_, folder_.path() / "test.csv");
}

void RunFolder::add(int iteration, const IterationLosses& losses) {
  log_ << log_line(preset_, iteration, losses);
  csv_ << csv_line(iteration, losses);
  flush(log_, folder_.path() / "run.log");
  flush(csv_, folder_.path() / "test.csv");
}

void RunFolder::note(const std::string& line) {
  log_ << "# " << line << "\n";
  flush(log_, folder_.path() / "run.log");
}

void RunFolder::flush(std::ofstream& stream, const fs::path& file) {
  if (!stream.flush())
    throw ResourceError(file.string() + ": cannot be written (" + std::strerror(errno) +
                        "); the last checkpoint is kept");
}

}  // namespace nnpoisson
