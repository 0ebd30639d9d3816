#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nnpoisson/network.hpp"
#include "train/history.hpp"

namespace nnpoisson {

/// The files of one run, and the lock that keeps other runs out of them.
class RunFolder {
 public:
  enum class If { absent, resume, overwrite };

  /// Takes the folder. If::absent: it must not exist or be empty; resume: it may hold a run with a checkpoint; overwrite: that run's
  /// files are removed. Throws UsageError (taken, nothing to resume, or not a run's), ResourceError (in use by another process, not
  /// writable).
  RunFolder(std::filesystem::path folder, If what);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] std::filesystem::path checkpoint() const { return folder_ / "checkpoint.h5"; }
  [[nodiscard]] std::filesystem::path model() const { return folder_ / "model.h5"; }

  void write_config(const std::string& toml) const;
  void write_region_index(const std::vector<std::string>& regions) const;
  /// models-<iteration>/model-fwd.h5: the weights before that iteration.
  void write_weights(int iteration, const NetworkShape& shape, const std::vector<double>& parameters) const;

  /// Starts run.log and test.csv anew: head of the log ("# " lines), column names, then the rows of the iterations already done.
  void begin_history(const std::vector<std::string>& head, const std::vector<std::string>& alphabetical_regions,
                     const std::vector<HistoryRow>& done);
  void add(int iteration, const HistoryRow& row);
  void note(const std::string& line);  ///< a "# " line of the log

 private:
  static void flush(std::ofstream& stream, const std::filesystem::path& file);
  std::filesystem::path folder_;
  int lock_ = -1;
  std::ofstream log_, csv_;
};

}  // namespace nnpoisson
