#include <fmt/format.h>

#include <algorithm>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "synthetic/journal.hpp"
#include "synthetic/missing_trials.hpp"
#include "synthetic/picture.hpp"
#include "synthetic/raw_file.hpp"
#include "synthetic/recording.hpp"
#include "wimmer/conditions.hpp"

namespace nnpoisson::wimmer {
namespace {

std::size_t all_trials(const Request& request) {
  return request.trials + request.test_trials;
}

void check(const Request& request) {
  check(request.conditions);
  if (request.trials < 1) throw UsageError("--trials: at least 1 is needed");
  if (request.backend.kind == BackendKind::reference)
    throw UsageError(
        "--backend reference: there is none for simulations; leave the choice open, or use cpu or "
        "cuda");
  for (const auto trial : request.picture_trials)
    if (trial >= all_trials(request))
      throw UsageError(fmt::format("--plot-trials: trial {} is not one of the {} simulated", trial,
                                   all_trials(request)));
}

std::size_t finished_trials(const Request& request, const Journal& journal) {
  std::size_t finished = 0;
  for (std::size_t n = 0; n < all_trials(request); ++n) finished += journal.has(n) ? 1 : 0;
  return finished;
}

std::string names_of(const std::vector<std::unique_ptr<kernels::SimulatorDevice>>& devices) {
  if (devices.empty()) return "cpu";
  std::string names;
  for (const auto& device : devices) names += (names.empty() ? "" : ", ") + device->name();
  return names;
}

/// The dataset of the trials [first, end).
void write_trials(const std::filesystem::path& file, const Request& request, const Journal& journal,
                  std::size_t first, std::size_t end, Outcome& outcome) {
  Recording recording(request.conditions, request.record, all_trials(request));
  for (std::size_t n = first; n < end; ++n) recording.add(n, journal.read(n));
  const Dataset& data = recording.dataset();

  auto attributes = attributes_of(request.conditions);
  attributes.push_back({"record", std::string(to_string(request.record))});
  attributes.push_back({"first_trial", static_cast<std::int64_t>(first)});
  write_dataset(file, data, attributes);

  for (const auto choice : data.trial.choice)
    ++(choice < 0 ? outcome.right : choice > 0 ? outcome.left : outcome.none);
  outcome.spikes += data.spike.time.size();
  outcome.units = data.units();
}

void write_raw(const Request& request, const Journal& journal) {
  RawFile raw(request.raw, attributes_of(request.conditions));
  for (std::size_t n = 0; n < all_trials(request); ++n)
    raw.add(n, coherence_of(request.conditions, n), journal.read(n));
  raw.commit();
}

void draw_pictures(const Request& request, const Journal& journal) {
  auto trials = request.picture_trials;
  if (trials.empty())
    for (std::size_t n = 0; n < std::min(all_trials(request), request.conditions.coherences.size());
         ++n)
      trials.push_back(n);
  for (const auto trial : trials)
    write_text_file(request.pictures / fmt::format("trial_{:05}.svg", trial),
                    picture(request.conditions, trial, journal.read(trial)));
}

}  // namespace

const char* to_string(Record record) {
  return record == Record::sample ? "sample" : "full";
}

Outcome simulate(const Request& request, const Watch& watch) {
  check(request);
  auto devices = devices_for(request);
  Journal journal(request.out.string() + ".trials", text_of(attributes_of(request.conditions)));

  Outcome outcome;
  outcome.backend = names_of(devices);
  outcome.resumed = finished_trials(request, journal);
  simulate_missing(journal, request, std::move(devices), watch);
  outcome.trials = finished_trials(request, journal);
  if (outcome.trials < all_trials(request)) throw SimulationInterrupted(outcome.trials);

  write_trials(request.out, request, journal, 0, request.trials, outcome);
  if (request.test_trials > 0)
    write_trials(request.test_out, request, journal, request.trials, all_trials(request), outcome);
  if (!request.raw.empty()) write_raw(request, journal);
  if (!request.pictures.empty()) draw_pictures(request, journal);
  journal.remove();
  return outcome;
}

}  // namespace nnpoisson::wimmer
