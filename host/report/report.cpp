#include "nnpoisson/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "nnpoisson/correlations.hpp"
#include "nnpoisson/dependencies.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "report/figure.hpp"
#include "report/gnuplot.hpp"
#include "report/page.hpp"
#include "report/parts.hpp"
#include "report/run.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/pending_folder.hpp"

namespace nnpoisson::report {
namespace {

namespace fs = std::filesystem;
constexpr const char *page_name = "index.html", *figures_name = "figures";

Source chosen(const Request& request, const Run& run) {
  if (!request.data.empty()) return {request.data.string(), "given with --data"};
  if (!run.test.empty()) return {run.test.string(), "the run's test set"};
  return {run.train.string(),
          "the run's own training set, for it has no test set: how well it would describe other "
          "trials is not seen here"};
}

/// Paths in config.toml are as the fit was given them.
Dataset read(const std::string& file, const char* option, bool named_by_run) {
  if (named_by_run && !fs::exists(file))
    throw UsageError(
        file + ": is named by the run's config.toml and not to be found from here; give " + option);
  return read_dataset(file);
}

/// The folder's own name, also of ".".
std::string run_name(const fs::path& run) {
  const fs::path whole = fs::absolute(run).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

/// Nothing but what a report leaves may be replaced.
void require_replaceable(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return;
  if (!fs::is_directory(folder, error))
    throw UsageError(folder.string() + ": is a file; choose another --out");
  for (const auto& entry : fs::directory_iterator(folder))
    if (const auto name = entry.path().filename(); name != page_name && name != figures_name)
      throw UsageError(folder.string() + ": holds " + name.string() +
                       ", which is no report's; choose another --out");
}

bool answered(const Dataset& data) {
  for (std::size_t n = 0; n < data.trials(); ++n)
    if (data.responded(n)) return true;
  return false;
}

/// The whole window and its halves; the middle lies between bins where the dataset holds counts.
std::vector<Window> windows(const Dataset& data) {
  const double whole = data.time_limit;
  const double middle =
      data.binned() ? std::round(whole / 2 / data.bin_width) * data.bin_width : whole / 2;
  std::vector<Window> all{{0, whole}};
  if (middle > 0 && middle < whole) all.insert(all.end(), {{0, middle}, {middle, whole}});
  return all;
}

}  // namespace

Outcome write(const Request& request, const std::function<void(const std::string&)>& message) {
  const Run run = read_run(request.run);
  const fs::path out = request.out.empty() ? request.run / "report" : request.out;
  require_replaceable(out);
  PendingFolder pending(out);
  const fs::path folder = pending.temporary_name() / figures_name;
  fs::create_directory(folder);
  Gnuplot gnuplot(folder);

  const Source source = chosen(request, run);
  const Dataset data = read(source.file, "--data", request.data.empty());
  const std::string training_file = (request.train.empty() ? run.train : request.train).string();
  const Dataset training = read(training_file, "--train", request.train.empty());
  message("evaluating " + source.file);
  const Evaluation evaluation =
      evaluate(run.model, data,
               {.training = &training, .training_file = training_file, .threads = request.threads},
               source.file);

  std::vector<Section> sections{summary(evaluation, data, source)};
  sections.push_back(learning(run));
  sections.push_back(regions(evaluation));
  sections.push_back(rates(evaluation));
  sections.push_back(behaviour(evaluation));
  message("correlations and dependencies");
  sections.push_back(covariation(
      correlations(run.model, data, {.windows = windows(data), .threads = request.threads})));
  sections.push_back(dependence(dependencies({&run.model, 1}, data, {.threads = request.threads}),
                                answered(training)));
  sections.push_back(
      {.heading = "Settings",
       .words = {fmt::format("Made by {}. Training set {}, test set {}.", request.program,
                             run.train.string(), run.test.empty() ? "none" : run.test.string())},
       .verbatim = run.settings});

  message("drawing");
  Outcome outcome{out / page_name};
  for (const auto& section : sections)
    for (const auto& figure : section.figures) {
      for (std::size_t page = 0; page < figure.pages(); ++page)
        gnuplot.draw(gnuplot_commands(figure, page));
      write_text_file(folder / (figure.name + ".csv"), csv(figure));
      ++outcome.figures;
    }
  gnuplot.finish();
  write_text_file(pending.temporary_name() / page_name,
                  html("Report of " + run_name(request.run), sections, folder, figures_name));
  pending.commit();
  return outcome;
}

}  // namespace nnpoisson::report
