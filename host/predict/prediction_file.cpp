#include "nnpoisson/error.hpp"
#include "nnpoisson/predict.hpp"
#include "predict/array_file.hpp"
#include "predict/csv_table.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

const std::vector<std::string> actions{"left", "right"};

ArrayFile arrays(const Prediction& p) {
  const std::size_t S = p.size(), K = p.times.size(), F = p.stimulus_names.size(),
                    G = p.region_names.size(), U = p.unit.id.size();
  ArrayFile file{"nnpoisson-prediction",
                 {{"observed_until", p.observed_until}},
                 {{"stimulus", "name", p.stimulus_names},
                  {"region", "name", p.region_names},
                  {"action", "name", actions}},
                 {},
                 {{"", "time", "s", p.times, {K}},
                  {"stimulus", "value", "1", p.stimuli, {S, F}},
                  {"region", "intensity", "Hz", p.region_intensity, {S, G, K}},
                  {"region", "cumulative", "1", p.region_cumulative, {S, G, K}},
                  {"action", "intensity", "Hz", p.action_intensity, {S, 2, K}},
                  {"action", "cumulative", "1", p.action_cumulative, {S, 2, K}},
                  {"response", "survival", "1", p.survival, {S, K}},
                  {"response", "density", "1/s", p.density, {S, 2, K}},
                  {"response", "probability", "1", p.probability, {S, 2}},
                  {"response", "median_time", "s", p.median_time, {S}}}};
  if (U > 0) {
    file.texts.push_back({"unit", "session", p.unit.session});
    file.integers.push_back({"unit", "id", p.unit.id});
    file.numbers.push_back({"unit", "intensity", "Hz", p.unit_intensity, {S, U, K}});
    file.numbers.push_back({"unit", "cumulative", "1", p.unit_cumulative, {S, U, K}});
  }
  return file;
}

std::string csv(const Prediction& p) {
  const std::size_t F = p.stimulus_names.size();
  CsvTable table(p.size(), p.times.size());
  for (std::size_t f = 0; f < F; ++f)
    table.column(p.stimulus_names[f],
                 [&](std::size_t s, std::size_t) { return p.stimuli[s * F + f]; });
  table.column("time (s)", [&](std::size_t, std::size_t k) { return p.times[k]; });

  table.curves(p.region_names, " (Hz)", p.region_intensity);
  table.curves(p.region_names, " (cumulative)", p.region_cumulative);
  std::vector<std::string> units;
  for (std::size_t u = 0; u < p.unit.id.size(); ++u)
    units.push_back(p.unit.session[u] + " " + std::to_string(p.unit.id[u]));
  table.curves(units, " (Hz)", p.unit_intensity);
  table.curves(units, " (cumulative)", p.unit_cumulative);

  table.curves(actions, " (Hz)", p.action_intensity);
  table.curves(actions, " (cumulative)", p.action_cumulative);
  table.column("survival",
               [&](std::size_t s, std::size_t k) { return p.survival[s * p.times.size() + k]; });
  table.curves(actions, " density (1/s)", p.density);

  for (const std::size_t a : {0U, 1U})
    table.column(actions[a] + " probability",
                 [&](std::size_t s, std::size_t) { return p.probability[2 * s + a]; });
  table.column("median response time (s)",
               [&](std::size_t s, std::size_t) { return p.median_time[s]; });
  return table.text();
}

}  // namespace

void require_prediction_file(const std::filesystem::path& file) {
  const auto ending = file.extension();
  if (ending != ".h5" && ending != ".csv" && ending != ".npz")
    throw UsageError(file.string() + ": must end in .h5, .csv or .npz, which says what to write");
}

void write_prediction(const std::filesystem::path& file, const Prediction& prediction) {
  require_prediction_file(file);
  if (file.extension() == ".csv") return write_text_file(file, csv(prediction));
  write_arrays(file, arrays(prediction));
}

}  // namespace nnpoisson
