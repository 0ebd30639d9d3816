#include "nnpoisson/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "fit_options.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct SweepOptions {
  SweepRequest request;
  FitCommandOptions fit;
  std::string test;
  bool no_refit = false, quiet = false;
};

/// A mean with its standard error, or a dash where there is none.
std::string cell(double mean, double error) {
  if (std::isnan(mean)) return "-";
  return std::isnan(error) ? fmt::format("{:.6g}", mean)
                           : fmt::format("{:.6g} +- {:.2g}", mean, error);
}

using Row = std::vector<std::string>;

Row heading(const SweepTable& table) {
  Row row{"", "configuration"};
  for (const auto& key : table.keys) row.push_back(key.substr(key.find('.') + 1));
  for (const char* name : {"validation", "neural", "left", "right", "behind the best"})
    row.emplace_back(name);
  if (table.tested) row.emplace_back("test");
  row.emplace_back("iterations");
  row.emplace_back("failed");
  return row;
}

/// Configuration `number`; the best is marked with a star.
Row row_of(const SweepTable& table, std::size_t number) {
  const auto& configuration = table.configurations[number];
  const auto& [mean, error] = configuration.validation;
  const bool is_best = table.best == number;
  Row row{is_best ? "*" : "", std::to_string(number)};
  row.insert(row.end(), configuration.values.begin(), configuration.values.end());
  for (const auto term :
       {&BatchLoss::total, &BatchLoss::neural, &BatchLoss::left, &BatchLoss::right})
    row.push_back(cell(mean.*term, error.*term));
  row.push_back(is_best ? "" : cell(configuration.behind, configuration.behind_error));
  if (table.tested)
    row.push_back(cell(configuration.test.mean.total, configuration.test.error.total));
  row.push_back(cell(configuration.iterations, std::nan("")));
  row.push_back(configuration.failed > 0
                    ? fmt::format("{} of {}", configuration.failed, configuration.fits)
                    : "");
  return row;
}

void print_table(const SweepTable& table) {
  std::vector<Row> rows{heading(table)};
  for (std::size_t c = 0; c < table.configurations.size(); ++c) rows.push_back(row_of(table, c));

  // Every column is as wide as its widest cell.
  std::vector<std::size_t> width(rows[0].size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += fmt::format("{}{:<{}}", i > 0 ? "  " : "", row[i], width[i]);
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

void run(SweepOptions& options) {
  SweepRequest& request = options.request;
  request.settings = options.fit.settings();
  request.backend = options.fit.backend();
  request.mode = options.fit.folder_mode();
  request.devices = options.fit.devices();
  request.refit = !options.no_refit;
  if (!options.test.empty()) request.test = options.test;

  ProgressDisplay display(options.quiet);
  const auto show = [&](const SweepProgress& p) {
    display.show(p.done, p.all, p.seconds,
                 fmt::format("{}{}/{}{}  {} left", p.refit ? "last fit: iteration " : "", p.done,
                             p.all, p.refit ? "" : " fits", clock(p.seconds_left)));
  };
  const auto outcome = sweep(request, stop_on_signals(), show,
                             [&](const std::string& text) { display.message(text); });

  if (outcome.interrupted) {
    if (outcome.first_process)
      display.message("interrupted; continue with the same command and --resume");
    throw CLI::RuntimeError(signal_status());
  }
  if (!outcome.first_process) return;  // of those under mpirun only one speaks

  if (!options.quiet) {
    print_table(outcome.table);
    fmt::print("{}{}\n", (request.folder / "table.csv").string(),
               request.refit && outcome.table.best
                   ? "; " + (request.folder / "best" / "model.h5").string()
                   : "");
  }
  if (outcome.failed > 0)
    throw NumericalError(
        fmt::format("{}: {} of {} fits ended in a loss or gradient that is not finite; the table "
                    "tells which, try a "
                    "smaller train.learning_rate",
                    request.folder.string(), outcome.failed, outcome.fits));
}

}  // namespace

void add_sweep(CLI::App& app) {
  auto* command = app.add_subcommand(
      "sweep",
      "Cross-validate a grid of settings and fit the best; mpirun shares it among processes");
  auto options = std::make_shared<SweepOptions>();
  SweepRequest& request = options->request;
  command
      ->add_option("--train", request.train,
                   "Dataset whose trials are divided into folds (layout 1)")
      ->required();
  command->add_option("--test", options->test, "Test set, reported and never chosen by");
  command->add_option("--out", request.folder, "Sweep folder to make")->required();
  command
      ->add_option("--grid", request.grid,
                   "paper (16 configurations), or a setting and its values, e.g. "
                   "model.hidden_width=5,10,20; given again: all combinations")
      ->allow_extra_args(false);
  command->add_option("--folds", request.folds, "Parts of the trials, each held out once")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  command->add_option("--seeds", request.seeds, "Initial weights, e.g. 0,1,2; a fit for each")
      ->delimiter(',')
      ->check(seeds())
      ->default_str("0");
  options->fit.add(*command, "Folds and batches (default 0)", DevicesOption::Takes::several);
  command
      ->add_option("--side-by-side", request.side_by_side,
                   "Fits at once; 0: one for each thread, on GPUs a launch on each")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--no-refit", options->no_refit,
                    "Do not fit the best configuration to all trials");
  options->fit.add_folder_mode(*command, "Keep the fits that the folder holds and do the others",
                               "Replace the sweep in the folder");
  command->add_flag("--quiet", options->quiet, "No progress, no table");
  command->callback([options] { run(*options); });
}

}  // namespace nnpoisson::command
