#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nnpoisson/network.hpp"
#include "train/history.hpp"
#include "train/locked_folder.hpp"

namespace nnpoisson {

/// The files of one run, in a folder locked for it.
class RunFolder {
 public:
  /// As LockedFolder; the proof is the checkpoint.
  RunFolder(std::filesystem::path folder, FolderMode mode);

  [[nodiscard]] std::filesystem::path checkpoint() const {
    return folder_.path() / "checkpoint.h5";
  }
  [[nodiscard]] std::filesystem::path model() const { return folder_.path() / "model.h5"; }

  void write_config(const std::string& toml) const;
  void write_region_index(const std::vector<std::string>& regions) const;
  /// models-<iteration>/model-fwd.h5, or of preset neurons model.h5: the weights before that
  /// iteration.
  void write_weights(int iteration, const Model& model) const;

  /// Starts run.log and test.csv anew: head of the log ("# " lines), column names, then the rows of
  /// the iterations already done.
  void begin_history(Preset preset, const std::vector<std::string>& head,
                     const std::vector<std::string>& alphabetical_regions,
                     const std::vector<IterationLosses>& done);
  void add(int iteration, const IterationLosses& losses);
  void note(const std::string& line);  ///< a "# " line of the log

 private:
  static void flush(std::ofstream& stream, const std::filesystem::path& file);
  LockedFolder folder_;
  Preset preset_ = Preset::exact;
  std::ofstream log_, csv_;
};

}  // namespace nnpoisson
