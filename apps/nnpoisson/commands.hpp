#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"

/// One function for each subcommand, in a file of its own: it adds the subcommand with its options
/// and a callback that makes one call into the library. Callbacks throw nnpoisson::Error; to end
/// with another exit status (130, 143) they throw CLI::RuntimeError(status).
namespace nnpoisson::command {

void add_info(CLI::App& app);
void add_import(CLI::App& app);
void add_export(CLI::App& app);
void add_split(CLI::App& app);
void add_simulate(CLI::App& app);
void add_train(CLI::App& app);
void add_sweep(CLI::App& app);
void add_sample(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_report(CLI::App& app);
void add_predict(CLI::App& app);
void add_correlations(CLI::App& app);
void add_dependencies(CLI::App& app);
/// `simulate wimmer`.
void add_wimmer(CLI::App& simulate);

/// The backend of that name. Throws UsageError.
[[nodiscard]] BackendKind backend_kind(const std::string& name);

/// An option whose value is one of an enumeration's, by the name that to_string gives it. `value`,
/// of that type or an optional of it, must live as long as the command.
template <class Value, class T>
void add_choice(CLI::App& command, const std::string& option, Value& value,
                std::initializer_list<T> choices, const std::string& description) {
  std::vector<std::string> names;
  for (const T choice : choices) names.emplace_back(to_string(choice));
  const auto set = [&value, all = std::vector<T>(choices)](const std::string& name) {
    for (const T choice : all)
      if (name == to_string(choice)) value = choice;
  };
  command.add_option_function<std::string>(option, set, description)->check(CLI::IsMember(names));
}

/// The option by which a command is told its GPUs.
class DevicesOption {
 public:
  enum class Takes { one, several };
  /// --device N, and where the command can work on several --devices all|0,1. The object must live
  /// as long as the command.
  void add(CLI::App& command, Takes takes);
  /// The numbers asked for; none: nothing is. Throws UsageError where the processor is asked for,
  /// and as device_numbers.
  [[nodiscard]] std::vector<int> numbers(const BackendOptions& backend) const;

 private:
  std::string name_, text_;
};

/// What --seed may be; a minus sign would otherwise wrap around.
inline CLI::Range seeds() {
  return {std::uint64_t{0}, std::uint64_t{std::numeric_limits<std::int64_t>::max()}};
}

/// A number for a table, or a dash where the data give none.
[[nodiscard]] std::string cell(double value, int decimals = 3);

/// --threads of commands that compute on the processor alone.
void add_threads(CLI::App& command, int& threads);

/// Throws UsageError if two of a command's files, some of them yet to be written, are one and the
/// same. Empty names are no file.
void require_different(std::initializer_list<std::filesystem::path> files);

}  // namespace nnpoisson::command
