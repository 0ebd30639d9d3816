#include "nnpoisson/report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "nnpoisson/correlations.hpp"
#include "nnpoisson/dependencies.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/neuron_dependencies.hpp"
#include "report/figure.hpp"
#include "report/gnuplot.hpp"
#include "report/neurons/sections.hpp"
#include "report/page.hpp"
#include "report/run.hpp"
#include "report/sections.hpp"
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

/// What the page is of.
struct Datasets {
  Dataset evaluated, training;
};

Section settings(const Run& run, const Request& request) {
  const std::string made_by =
      fmt::format("Made by {}. Training set {}, test set {}.", request.program, run.train.string(),
                  run.test.empty() ? "none" : run.test.string());
  return {.heading = "Settings", .words = {made_by}, .verbatim = run.settings};
}

/// Of a model by neuron.
std::vector<Section> neuron_sections(const Run& run, const Evaluation& evaluation,
                                     const Correlations& together, const Source& source,
                                     const Dataset& data, Workers& workers) {
  const NeuronPage page(run.model, data, *evaluation.neurons, workers);
  const TrialCounts counts = count_spikes(page, workers);
  return {neuron_summary(page, source),
          learning(run),
          neuron_spikes(page.evaluation),
          neuron_rates(page, counts),
          neuron_rasters(page),
          neuron_latent(page, workers),
          neuron_drift(page, counts),
          neuron_behaviour(page),
          correlations(together,
                       "In the model units share the trial's latent, when the trial ends, and the "
                       "drift over the session.")};
}

std::vector<Section> sections_of(const Run& run, const Request& request, const Source& source,
                                 const Datasets& data,
                                 const std::function<void(const std::string&)>& message,
                                 const Watch& watch) {
  const bool by_neuron = run.model.preset == Preset::neurons;
  message("evaluating " + source.file);
  const Evaluation evaluation = evaluate(
      run.model, data.evaluated, {.training = &data.training, .threads = request.threads}, watch);

  message("correlations and dependencies");
  const Correlations together = nnpoisson::correlations(
      run.model, data.evaluated, {.windows = windows(data.evaluated), .threads = request.threads},
      watch);
  if (by_neuron) {
    Workers workers(request.threads, watch);
    auto sections = neuron_sections(run, evaluation, together, source, data.evaluated, workers);
    const NeuronDependencies information =
        neuron_dependencies({&run.model, 1}, data.evaluated, {.threads = request.threads}, watch);
    sections.push_back(neuron_information(information, answered(data.training)));
    sections.push_back(settings(run, request));
    return sections;
  }
  const Dependencies drives =
      dependencies({&run.model, 1}, data.evaluated, {.threads = request.threads}, watch);
  return {summary(evaluation, data.evaluated, source),
          learning(run),
          regions(evaluation),
          rates(evaluation),
          behaviour(evaluation),
          correlations(together,
                       "In the model units share one thing that varies from trial to trial, when "
                       "the response comes and the trial ends."),
          dependence(drives, answered(data.training)),
          settings(run, request)};
}

/// Draws all figures into `folder`, where gnuplot runs, and writes their numbers beside them.
/// Returns how many there are.
std::size_t draw(const std::vector<Section>& sections, const fs::path& folder, Gnuplot& gnuplot) {
  std::size_t figures = 0;
  for (const auto& section : sections)
    for (const auto& figure : section.figures) {
      for (std::size_t page = 0; page < figure.pages(); ++page)
        gnuplot.draw(gnuplot_commands(figure, page));
      write_text_file(folder / (figure.name + ".csv"), csv(figure));
      ++figures;
    }
  gnuplot.finish();
  return figures;
}

}  // namespace

Outcome write(const Request& request, const std::function<void(const std::string&)>& message,
              const Watch& watch) {
  const Run run = read_run(request.run);
  const fs::path out = request.out.empty() ? request.run / "report" : request.out;
  require_replaceable(out);
  PendingFolder pending(out);
  const fs::path folder = pending.temporary_name() / figures_name;
  fs::create_directory(folder);
  Gnuplot gnuplot(folder);  // first of all: without it there is no report

  const Source source = chosen(request, run);
  const fs::path train = request.train.empty() ? run.train : request.train;
  const Datasets data{read(source.file, "--data", request.data.empty()),
                      read(train.string(), "--train", request.train.empty())};
  const auto sections = sections_of(run, request, source, data, message, watch);

  message("drawing");
  const std::size_t figures = draw(sections, folder, gnuplot);
  write_text_file(pending.temporary_name() / page_name,
                  html("Report of " + run_name(request.run), sections, folder, figures_name));
  pending.commit();
  return {out / page_name, figures};
}

}  // namespace nnpoisson::report
