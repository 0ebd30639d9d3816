#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/settings.hpp"
#include "nnpoisson/train.hpp"

namespace nnpoisson::command {

/// Options of all commands that fit: settings, and what computes.
class FitCommandOptions {
 public:
  /// `seed`: what --seed is of; `gpus`: that the command can work on. The object must live as long
  /// as the command.
  void add(CLI::App& command, const std::string& seed, DevicesOption::Takes gpus);
  /// All throw UsageError; the last two ResourceError where a device is not there.
  [[nodiscard]] Settings settings() const;
  [[nodiscard]] BackendOptions backend() const;
  [[nodiscard]] std::vector<int> devices() const;  ///< those asked for

  /// --resume and --overwrite, with what each does.
  void add_folder_mode(CLI::App& command, const std::string& resume, const std::string& overwrite);
  [[nodiscard]] FolderMode folder_mode() const;  ///< throws UsageError where both are given

 private:
  std::optional<Preset> preset_;
  std::string config_;
  DevicesOption devices_;
  std::vector<std::string> assignments_;
  std::optional<std::uint64_t> seed_;
  BackendOptions options_;
  bool resume_ = false, overwrite_ = false;
};

}  // namespace nnpoisson::command
