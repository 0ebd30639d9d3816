#include "nnpoisson/report.hpp"

#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct ReportOptions {
  report::Request request;
  bool quiet = false;
};

}  // namespace

void add_report(CLI::App& app) {
  auto* command = app.add_subcommand(
      "report", "Make a page of figures and tables of a finished run, see docs/report.md");
  auto options = std::make_shared<ReportOptions>();
  report::Request& request = options->request;
  request.program = std::string("nnpoisson ") + NNPOISSON_VERSION;
  command->add_option("run", request.run, "Run folder")->required();
  command->add_option("--data", request.data,
                      "Dataset to evaluate (default: the run's test set, else its training set)");
  command->add_option("--train", request.train,
                      "Dataset that baselines are fitted on (default: the run's training set)");
  command->add_option("--out", request.out,
                      "Folder to make (default: RUN/report); an earlier report is replaced");
  command->add_option("--threads", request.threads, "0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "No progress, no summary");
  command->callback([options] {
    ProgressDisplay display(options->quiet);
    const auto message = [&](const std::string& text) { display.message(text); };
    const auto outcome = report::write(options->request, message, watch_on(display));
    if (!options->quiet) fmt::print("{} figures; {}\n", outcome.figures, outcome.page.string());
  });
}

}  // namespace nnpoisson::command
