#include "train/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;
constexpr const char* lock_name = ".lock";

bool belongs_to_a_run(const fs::path& entry) {
  const fs::path file = entry.filename();
  const std::string name = (file.extension() == ".partial" ? file.stem() : file).string();  // left by a run that was killed
  for (const char* known : {"config.toml", "run.log", "test.csv", "region_index.csv", "checkpoint.h5", "model.h5", lock_name})
    if (name == known) return true;
  return name.starts_with("models-");
}

}  // namespace

RunFolder::RunFolder(fs::path folder, If what) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error || !fs::is_directory(folder_))
    throw ResourceError(folder_.string() + ": cannot be made (" + error.message() + "); choose another --out");
  const auto lock = folder_ / lock_name;
  bool taken = false;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename() == lock_name || entry.path().filename() == "checkpoint.h5.partial") continue;
    taken = true;
    if (what == If::overwrite && !belongs_to_a_run(entry.path()))
      throw UsageError(folder_.string() + ": holds " + entry.path().filename().string() +
                       ", which is no run's; --overwrite replaces runs only");
  }
  if (taken && what == If::absent) throw UsageError(folder_.string() + ": already holds a run; use --resume, --overwrite or another --out");
  if (taken && what == If::resume && !fs::exists(checkpoint()))
    throw UsageError(checkpoint().string() + ": is missing, so there is nothing to resume; use --overwrite or another --out");

  lock_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (lock_ < 0) throw ResourceError(lock.string() + ": cannot be written (" + std::strerror(errno) + ")");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw ResourceError(folder_.string() + ": another process is running in this folder; wait for it or choose another --out");
  }
  if (what != If::overwrite) return;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().filename() != lock_name) fs::remove_all(entry.path());
}

/// The lock's file stays: were it removed, two later runs could each lock a file of that name.
RunFolder::~RunFolder() { ::close(lock_); }

void RunFolder::write_config(const std::string& toml) const { write_text_file(folder_ / "config.toml", toml); }

void RunFolder::write_region_index(const std::vector<std::string>& regions) const {
  std::string text = ",0\n";
  for (std::size_t g = 0; g < regions.size(); ++g) text += regions[g] + "," + std::to_string(g) + "\n";
  write_text_file(folder_ / "region_index.csv", text);
}

void RunFolder::write_weights(int iteration, const NetworkShape& shape, const std::vector<double>& parameters) const {
  const auto folder = folder_ / ("models-" + std::to_string(iteration));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw ResourceError(folder.string() + ": cannot be made (" + error.message() + ")");
  write_keras_weights(folder / "model-fwd.h5", shape, parameters);
}

void RunFolder::begin_history(const std::vector<std::string>& head, const std::vector<std::string>& regions,
                              const std::vector<HistoryRow>& done) {
  log_.open(folder_ / "run.log", std::ios::trunc);
  csv_.open(folder_ / "test.csv", std::ios::trunc);
  for (const auto& line : head) log_ << "# " << line << "\n";
  csv_ << csv_header(regions);
  for (std::size_t i = 0; i < done.size(); ++i) {
    log_ << log_line(static_cast<int>(i), done[i]);
    csv_ << csv_line(static_cast<int>(i), done[i]);
  }
  flush(log_, folder_ / "run.log");
  flush(csv_, folder_ / "test.csv");
}

void RunFolder::add(int iteration, const HistoryRow& row) {
  log_ << log_line(iteration, row);
  csv_ << csv_line(iteration, row);
  flush(log_, folder_ / "run.log");
  flush(csv_, folder_ / "test.csv");
}

void RunFolder::note(const std::string& line) {
  log_ << "# " << line << "\n";
  flush(log_, folder_ / "run.log");
}

void RunFolder::flush(std::ofstream& stream, const fs::path& file) {
  if (!stream.flush())
    throw ResourceError(file.string() + ": cannot be written (" + std::strerror(errno) + "); the last checkpoint is kept");
}

}  // namespace nnpoisson
