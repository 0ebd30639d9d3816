#include "fit_options.hpp"

#include "commands.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::command {

void FitCommandOptions::add(CLI::App& command, const std::string& seed, DevicesOption::Takes gpus) {
  add_choice(command, "--preset", preset_, {Preset::neurons, Preset::exact, Preset::authors},
             "neurons (default): the model by neuron; exact: the joint likelihood by region; "
             "authors: the published program's");
  command.add_option("--config", config_, "TOML file of settings (docs/settings.md)");
  command
      .add_option("--set", assignments_,
                  "One setting, e.g. train.iterations=21; may be given again")
      ->allow_extra_args(false);

  command.add_option_function<std::string>(
      "--backend", [this](const std::string& name) { options_.kind = backend_kind(name); },
      "auto (default), reference, cpu or cuda");
  devices_.add(command, gpus);
  command.add_option("--threads", options_.threads, "CPU threads; 0: one for each processor")
      ->check(CLI::Range(0, 1024));
  command.add_option("--instruction-set", options_.instruction_set,
                     "CPU kernels: sse2, avx2 or avx512 (default: the machine's best)");

  command.add_option("--seed", seed_, seed)->check(seeds());
}

Settings FitCommandOptions::settings() const {
  Settings settings = preset_settings(preset_.value_or(default_preset));
  if (!config_.empty()) {
    apply_toml(settings, config_);
    if (preset_ && *preset_ != settings.preset)
      throw UsageError(config_ + ": preset: is \"" + to_string(settings.preset) +
                       "\", but --preset asks for " + to_string(*preset_));
  }
  for (const auto& assignment : assignments_) apply_assignment(settings, assignment);
  if (seed_) settings.seed = *seed_;
  check(settings);
  return settings;
}

BackendOptions FitCommandOptions::backend() const {
  if (!options_.instruction_set.empty() && options_.kind != BackendKind::cpu &&
      options_.kind != BackendKind::automatic)
    throw UsageError("--instruction-set is of --backend cpu; leave one of the two out");
  BackendOptions backend = options_;
  backend.precision = settings().train.precision;
  if (const auto numbers = devices(); !numbers.empty()) backend.device = numbers[0];
  return backend;
}

std::vector<int> FitCommandOptions::devices() const {
  return devices_.numbers(options_);
}

void FitCommandOptions::add_folder_mode(CLI::App& command, const std::string& resume,
                                        const std::string& overwrite) {
  command.add_flag("--resume", resume_, resume);
  command.add_flag("--overwrite", overwrite_, overwrite);
}

FolderMode FitCommandOptions::folder_mode() const {
  if (resume_ && overwrite_) throw UsageError("--resume and --overwrite exclude each other");
  if (resume_) return FolderMode::resume;
  return overwrite_ ? FolderMode::overwrite : FolderMode::create;
}

}  // namespace nnpoisson::command
