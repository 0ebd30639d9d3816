#include "nnpoisson/predict.hpp"
#include "predict/array_file.hpp"
#include "predict/csv_table.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

ArrayFile trial_arrays(const TrialPrediction& p) {
  const std::size_t T = p.size(), K = p.times.size();
  return {"nnpoisson-trial-prediction",
          {},
          {{"trial", "session", p.session}},
          {{"trial", "number", p.number}, {"trial", "choice", p.choice}},
          {{"", "time", "s", p.times, {K}},
           {"trial", "response_time", "s", p.response_time, {T}},
           {"latent", "mean", "1", p.latent, {T, K}},
           {"latent", "deviation", "1", p.latent_deviation, {T, K}},
           {"response", "left", "1", p.left, {T, K}},
           {"latent_of_spikes", "mean", "1", p.latent_of_spikes, {T}},
           {"latent_of_spikes", "deviation", "1", p.latent_of_spikes_deviation, {T}},
           {"latent_of_all", "mean", "1", p.latent_of_all, {T}},
           {"latent_of_all", "deviation", "1", p.latent_of_all_deviation, {T}}}};
}

std::string trial_csv(const TrialPrediction& p) {
  CsvTable table(p.size(), p.times.size());
  const auto of_trial = [&](const std::string& name, const auto& values) {
    table.column(name, [&](std::size_t n, std::size_t) { return static_cast<double>(values[n]); });
  };
  table.text_column("session", [&](std::size_t n, std::size_t) { return p.session[n]; });
  of_trial("trial", p.number);
  of_trial("choice", p.choice);
  of_trial("response time (s)", p.response_time);
  table.column("time (s)", [&](std::size_t, std::size_t k) { return p.times[k]; });
  table.curves({"latent"}, "", p.latent);
  table.curves({"latent"}, " deviation", p.latent_deviation);
  table.curves({"P(left)"}, "", p.left);
  of_trial("latent of spikes", p.latent_of_spikes);
  of_trial("latent of spikes deviation", p.latent_of_spikes_deviation);
  of_trial("latent of all", p.latent_of_all);
  of_trial("latent of all deviation", p.latent_of_all_deviation);
  return table.text();
}

}  // namespace

void write_trial_prediction(const std::filesystem::path& file, const TrialPrediction& prediction) {
  require_prediction_file(file);
  if (file.extension() == ".csv") return write_text_file(file, trial_csv(prediction));
  write_arrays(file, trial_arrays(prediction));
}

}  // namespace nnpoisson
