#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// What to do about a command's folder that holds something already.
enum class FolderMode {
  create,    ///< refuse
  resume,    ///< continue what is there; nothing there: begin
  overwrite  ///< remove it, if it is such a command's
};

struct TrainRequest {
  std::filesystem::path train, run;           ///< dataset, run folder
  std::optional<std::filesystem::path> test;  ///< dataset
  std::optional<std::filesystem::path> init;  ///< Keras weights or model.h5 to start from
  Settings settings;
  BackendOptions backend;
  FolderMode mode = FolderMode::create;  ///< to resume is to continue from RUN/checkpoint.h5
  /// At least so long between checkpoints; each is of an iteration's end.
  int checkpoint_seconds = 10;
};

/// One line of progress, for a terminal or a log.
struct TrainProgress {
  int iteration = 0, iterations = 0;
  double seconds = 0;            ///< since training began
  double spikes_per_second = 0;  ///< of the training passes
  double seconds_left = 0;       ///< to the last iteration, if no early stop
  double train_total = 0, validation_total = 0, test_total = 0;  ///< NaN where there is none
};

struct TrainOutcome {
  int iterations = 0;        ///< finished
  bool interrupted = false;  ///< `stop` was set; a checkpoint was left
  bool stopped_early = false;
  double spikes_per_second = 0;  ///< of the training passes
  std::string backend;
};

/// `fit` with a run folder: reads, plans, trains, leaves the run folder (docs/run-folder.md).
/// Throws any Error.
TrainOutcome train(const TrainRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const TrainProgress&)>& progress,
                   const std::function<void(const std::string&)>& message);

}  // namespace nnpoisson
