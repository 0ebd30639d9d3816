#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson::command {

/// Options of all commands that fit: settings, and what computes.
class FitOptions {
 public:
  /// `seed`: what --seed is of. The object must live as long as the command.
  void add(CLI::App& command, const std::string& seed);
  /// Both throw UsageError.
  [[nodiscard]] Settings settings() const;
  [[nodiscard]] BackendOptions backend() const;

 private:
  std::string preset_, config_;
  std::vector<std::string> assignments_;
  std::optional<std::uint64_t> seed_;
  BackendOptions options_;
};

}  // namespace nnpoisson::command
