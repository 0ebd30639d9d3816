#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::command {
namespace {

struct SplitOptions {
  std::filesystem::path file, train, test;
  double fraction = 0.25;
  std::uint64_t seed = 0;
};

}  // namespace

void add_split(CLI::App& app) {
  auto* command = app.add_subcommand("split",
                                     "Divide the trials of a dataset at random into a training and "
                                     "a test set, each session alike");
  auto options = std::make_shared<SplitOptions>();

  command->add_option("file", options->file, "Dataset (layout 1)")->required();
  command
      ->add_option("--test", options->fraction,
                   "Fraction of each session's trials that goes to the test set")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Same seed, same division")
      ->check(seeds())
      ->capture_default_str();
  command->add_option("--out-train", options->train, "Training set to write")->required();
  command->add_option("--out-test", options->test, "Test set to write")->required();

  command->callback([options] {
    require_different({options->file, options->train, options->test});

    const Dataset data = read_dataset(options->file);
    const TrialSplit split = split_trials(data, options->fraction, options->seed);
    if (split.train.empty() || split.test.empty()) {
      throw UsageError(fmt::format(
          "--test {} leaves {} training and {} test trials of {}; both need at least one",
          options->fraction, split.train.size(), split.test.size(), data.trials()));
    }

    write_dataset(options->train, select_trials(data, split.train));
    write_dataset(options->test, select_trials(data, split.test));
    fmt::print("{} training trials, {} test trials\n", split.train.size(), split.test.size());
  });
}

}  // namespace nnpoisson::command
