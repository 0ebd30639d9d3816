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

struct TrainRequest {
  std::filesystem::path train, run;           ///< dataset, run folder
  std::optional<std::filesystem::path> test;  ///< dataset
  std::optional<std::filesystem::path> init;  ///< Keras weights or model.h5 to start from
  Settings settings;
  BackendOptions backend;
  bool resume = false;     ///< continue from RUN/checkpoint.h5
  bool overwrite = false;  ///< replace another run's folder
  int checkpoint_seconds =
      10;  ///< at least so long between checkpoints; each is of an iteration's end
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

/// The training app: reads, plans, trains, leaves the run folder (docs/run-folder.md). Throws any
/// Error.
TrainOutcome train(const TrainRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const TrainProgress&)>& progress,
                   const std::function<void(const std::string&)>& message);

}  // namespace nnpoisson
