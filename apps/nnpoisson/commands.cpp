#include "commands.hpp"

#include <fmt/format.h>

#include <cmath>

#include "nnpoisson/error.hpp"

namespace nnpoisson::command {
namespace {

namespace fs = std::filesystem;

/// Also of a file that is yet to be written.
fs::path one_name(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(file, ignored), ignored);
}

}  // namespace

std::string cell(double value, int decimals) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "0: one for each processor")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void require_different(std::initializer_list<fs::path> files) {
  for (auto a = files.begin(); a != files.end(); ++a)
    for (auto b = files.begin(); b != a; ++b)
      if (!a->empty() && one_name(*a) == one_name(*b))
        throw UsageError(a->string() +
                         ": is named twice; a file that is written must be none of the others");
}

void DevicesOption::add(CLI::App& command, Takes takes) {
  name_ = takes == Takes::one ? "--device" : "--devices";
  if (takes == Takes::one)
    command
        .add_option(
            "--device", text_,
            "GPU, a number of nnpoisson info --devices (default: the first that can be used)")
        ->check(CLI::Range(0, 9999));
  else
    command.add_option(
        "--devices,--device", text_,
        "GPUs that work at once: all, or numbers of nnpoisson info --devices, e.g. 0,1");
}

std::vector<int> DevicesOption::numbers(const BackendOptions& backend) const {
  if (text_.empty()) return {};
  if (backend.kind == BackendKind::cpu || backend.kind == BackendKind::reference)
    throw UsageError(name_ + " is of --backend cuda; leave one of the two out");
  if (!backend.instruction_set.empty())
    throw UsageError(name_ +
                     " and --instruction-set are of different backends; leave one of the two out");
  return device_numbers(text_, name_);
}

BackendKind backend_kind(const std::string& name) {
  if (name == "auto") return BackendKind::automatic;
  if (name == "reference") return BackendKind::reference;
  if (name == "cpu") return BackendKind::cpu;
  if (name == "cuda") return BackendKind::cuda;
  throw UsageError("--backend: must be auto, reference, cpu or cuda, not \"" + name + "\"");
}

}  // namespace nnpoisson::command
