#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/settings.hpp"
#include "nnpoisson/train.hpp"

namespace nnpoisson {

/// Cross-validation of a grid of configurations (docs/sweep.md): a fit for each configuration, fold
/// and seed.
struct SweepRequest {
  std::filesystem::path train, folder;        ///< dataset, sweep folder
  std::optional<std::filesystem::path> test;  ///< dataset; reported, never chosen by
  Settings settings;  ///< what the grid leaves as it is; its seed is that of folds and batches
  std::vector<std::string>
      grid;  ///< each the name of a grid, or "key=value,value"; all combinations are taken
  int folds = 5;
  std::vector<std::uint64_t> seeds{0};  ///< of initial weights
  BackendOptions
      backend;  ///< threads: of all fits together; precision: that of the settings is taken
  /// GPUs that work at once, numbers of cuda_devices(). Processes of one machine divide them; each
  /// takes one where they are fewer. Empty: one process takes backend.device, several divide all
  /// that can be used.
  std::vector<int> devices{};
  int side_by_side = 0;     ///< fits at once; 0: as many as threads, on GPUs a launch on each
  int models_a_launch = 0;  ///< at most so many fits of one plan and shape in one launch; 0: 1 on
                            ///< the processor, on GPUs each its share
  bool refit = true;        ///< fit the best configuration to all training trials, FOLDER/best
  FolderMode mode = FolderMode::create;
};

/// One fit: what its best iteration on the held-out fold gave.
struct SweepFit {
  int configuration = 0, fold = 0;
  std::uint64_t seed = 0;
  int iterations = 0;      ///< done
  int best_iteration = 0;  ///< counted from 0
  BatchLoss validation{}, test{};
  std::string failure{};  ///< why there are no losses; empty: there are
};

/// Mean over folds and seeds, and its standard error: standard deviation / sqrt(fits). NaN where
/// there are too few fits.
struct MeanLoss {
  BatchLoss mean, error;
};

struct SweepConfiguration {
  std::vector<std::string> values;  ///< of the grid's keys
  int fits = 0, failed = 0;
  double iterations =
      std::numeric_limits<double>::quiet_NaN();  ///< up to the best one, median over fits
  MeanLoss validation{}, test{};
  /// Validation total above the best configuration's, paired by fold and seed, and its standard
  /// error.
  double behind = std::numeric_limits<double>::quiet_NaN(),
         behind_error = std::numeric_limits<double>::quiet_NaN();
};

struct SweepTable {
  std::vector<std::string> keys;  ///< that the grid varies
  std::vector<SweepConfiguration> configurations;
  std::optional<std::size_t> best;  ///< lowest mean validation total of those without a failed fit
  bool tested = false;
};

struct SweepProgress {
  std::size_t done = 0, all = 0;  ///< fits
  double seconds = 0, seconds_left = 0;
  bool refit = false;  ///< the last fit is under way: `done` and `all` are its iterations
};

struct SweepOutcome {
  SweepTable table;
  std::size_t fits = 0, failed = 0;
  bool interrupted = false;   ///< `stop` was set; finished fits are kept
  bool first_process = true;  ///< false: another process of the same mpirun has the table
};

/// Throws any Error; a fit that ends in a numerical failure is noted in the table instead.
SweepOutcome sweep(const SweepRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const SweepProgress&)>& progress,
                   const std::function<void(const std::string&)>& message);

/// table.csv and table.json.
[[nodiscard]] std::string to_csv(const SweepTable& table);
[[nodiscard]] std::string to_json(const SweepTable& table, const std::vector<SweepFit>& fits);

}  // namespace nnpoisson
