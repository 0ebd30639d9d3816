#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>

#include "data/table.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/report.hpp"
#include "nnpoisson/sample.hpp"
#include "nnpoisson/train.hpp"
#include "own_folder.hpp"
#include "random_dataset.hpp"
#include "report/markup.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;
using testing::random_dataset;

/// A run of preset neurons on datasets of its own, and its report.
class NeuronRun {
 public:
  NeuronRun(const std::string& name, const Dataset& training, const Dataset& test,
            const Settings::ModelSettings& network = {})
      : folder_(own_folder() / name) {
    fs::create_directories(folder_);
    write_dataset(folder_ / "train.h5", training);
    write_dataset(folder_ / "test.h5", test);
    TrainRequest request;
    request.train = folder_ / "train.h5";
    request.test = folder_ / "test.h5";
    request.run = folder_ / "run";
    request.mode = FolderMode::overwrite;
    request.settings = preset_settings(Preset::neurons);
    request.settings.model = network;
    request.settings.train.iterations = 10;
    train(request, std::atomic<bool>{false}, nullptr, [](const std::string&) {});
    outcome = report::write({.run = request.run}, [](const std::string&) {});

    std::ifstream stream(outcome.page, std::ios::binary);
    page = {std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(markup_error(page), "");
    for (const auto& entry : fs::directory_iterator(folder_ / "run" / "report" / "figures")) {
      EXPECT_GT(fs::file_size(entry), 0U) << entry.path();
      if (entry.path().extension() == ".csv") figures.insert(entry.path().stem().string());
    }
    EXPECT_EQ(figures.size(), outcome.figures);
  }

  [[nodiscard]] bool says(const std::string& words) const {
    return page.find(words) != std::string::npos;
  }
  [[nodiscard]] Model model() const { return read_model(folder_ / "run" / "model.h5"); }
  [[nodiscard]] Dataset data() const { return read_dataset(folder_ / "test.h5"); }
  [[nodiscard]] Dataset training() const { return read_dataset(folder_ / "train.h5"); }

  /// A column of the CSV behind a figure, of one panel and series.
  [[nodiscard]] std::vector<double> numbers(const std::string& figure, const std::string& panel,
                                            const std::string& series, std::size_t column) const {
    const Table table =
        read_text_table(folder_ / "run" / "report" / "figures" / (figure + ".csv"), ',');
    std::vector<double> found;
    for (std::size_t row = 0; row < table.rows; ++row)
      if (table.columns[0].text(row) == panel && table.columns[1].text(row) == series)
        found.push_back(table.columns[column].numbers[row]);
    EXPECT_FALSE(found.empty()) << figure << " " << panel << " " << series;
    return found;
  }

  /// The unit that a panel is named after; there are several sessions.
  [[nodiscard]] std::size_t unit_of(const std::string& panel) const {
    const Dataset data = this->data();
    for (std::size_t u = 0; u < data.units(); ++u)
      if (panel == "unit " + std::to_string(data.unit.id[u]) + " " +
                       data.region_names[static_cast<std::size_t>(data.unit.region[u])] + " (" +
                       std::to_string(data.unit.session[u] + 1) + ")")
        return u;
    throw std::out_of_range(panel + " is no unit's");
  }

  report::Outcome outcome;
  std::string page;
  std::set<std::string> figures;

 private:
  fs::path folder_;
};

/// Of the known model by neuron: two sessions, exact times, responses.
class NeuronReport : public ::testing::Test {
 protected:
  static const NeuronRun& known() {
    static const NeuronRun run = [] {
      const auto [model, like] = known_neurons(60);
      return NeuronRun("known", sample(model, like, {.seed = 1}), sample(model, like, {.seed = 2}));
    }();
    return run;
  }
};

TEST_F(NeuronReport, HasAllFigures) {
  const std::set<std::string> wanted{"learning",
                                     "bits-per-spike",
                                     "unit-bits",
                                     "unit-psth-stimulus",
                                     "psth-stimulus",
                                     "rasters",
                                     "latent-choice",
                                     "latent-response-time",
                                     "latent-time",
                                     "loadings",
                                     "drift",
                                     "psychometric",
                                     "calibration",
                                     "quantile-probability",
                                     "response-times",
                                     "noise-correlations",
                                     "population-correlations",
                                     "noise-correlation-matrix",
                                     "choice-probability",
                                     "information"};
  EXPECT_EQ(known().figures, wanted);
  EXPECT_TRUE(known().says("Sessions: (1) known_neurons_1"));
  EXPECT_TRUE(known().says("of 60 trials were answered inside the window"));
}

TEST_F(NeuronReport, SpikesAreTheEvaluations) {
  const Model model = known().model();
  const Dataset data = known().data(), training = known().training();
  const Evaluation whole = evaluate(model, data, {.training = &training});
  const NeuronEvaluation& e = *whole.neurons;
  std::vector<double> bits, low, glm, given;
  for (std::size_t g = 0; g < e.regions.size(); ++g) {
    bits.push_back(e.regions[g].score.bits.value);
    low.push_back(e.regions[g].score.bits.value - normal_95 * e.regions[g].score.bits.error);
    glm.push_back(e.baselines[0].region_bits[g].value);
  }
  for (const auto& unit : e.units) given.push_back(unit.score.bits_given_others.value);
  EXPECT_EQ(known().numbers("bits-per-spike", "", "this model", 2), bits);
  EXPECT_EQ(known().numbers("bits-per-spike", "", "this model", 4), low);
  EXPECT_EQ(known().numbers("bits-per-spike", "", "GLM", 2), glm);
  EXPECT_EQ(known().numbers("unit-bits", "", "given the other units", 3), given);
  EXPECT_EQ(known().numbers("learning", "behaviour", "test", 3).size(), 10U);
}

/// The rates of one unit in all trials of the figure's first stimulus, summed trial by trial.
TEST_F(NeuronReport, RatesOfUnitsAreExpectedInTheTrialsObserved) {
  const Model model = known().model();
  const Dataset data = known().data();
  const Table table = read_text_table(
      known().outcome.page.parent_path() / "figures" / "unit-psth-stimulus.csv", ',');
  const std::string panel = table.columns[0].text(0), series = table.columns[1].text(0);
  ASSERT_TRUE(series.ends_with(", observed"));
  const std::string stimulus = series.substr(0, series.size() - 10);
  const auto observed = known().numbers("unit-psth-stimulus", panel, series, 3),
             expected = known().numbers("unit-psth-stimulus", panel, stimulus + ", model", 3);

  const std::size_t unit = known().unit_of(panel);
  const NeuronGains gains(model);
  const auto place = session_places(data);
  constexpr double from = 0.2, until = 0.24;  // the bin whose middle is 0.22 s
  double seconds = 0, spikes = 0, mean = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (data.trial.session[n] != data.unit.session[unit] ||
        data.trial.stimulus[2 * n] - data.trial.stimulus[2 * n + 1] != std::stod(stimulus))
      continue;
    const double end = std::min(until, data.trial.observed_until[n]);
    if (end <= from) continue;
    seconds += end - from;
    for (auto i = data.spike.offset[n]; i < data.spike.offset[n + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      spikes += static_cast<std::size_t>(data.spike.unit[at]) == unit &&
                data.spike.time[at] >= from && data.spike.time[at] < end;
    }
    const NeuronCurves curves(model, std::span(data.trial.stimulus).subspan(2 * n, 2));
    double shared = 0;
    for (std::size_t k = 0; k < gains.nodes().size(); ++k)
      shared += std::exp(curves.log_prior()[k]) * gains.shared(unit, k);
    mean += shared * std::exp(gains.log_drift(unit, place[n])) *
            (curves.cumulative_intensities(end)[unit] - curves.cumulative_intensities(from)[unit]);
  }
  ASSERT_GT(seconds, 0);
  EXPECT_NEAR(observed[5], spikes / seconds, 1e-9);
  EXPECT_NEAR(expected[5], mean / seconds, 1e-9);
}

TEST_F(NeuronReport, LatentAndDriftAreTheModels) {
  const Model model = known().model();
  const Dataset data = known().data();
  const NeuronTrials trials(model, data);
  const NeuronGains gains(model);
  const auto mean = [&](const std::vector<double>& p) {
    return std::inner_product(p.begin(), p.end(), gains.nodes().begin(), 0.0);
  };
  std::vector<double> left, loading, at_0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (data.trial.choice[n] <= 0) continue;
    left.push_back(mean(trials.read(n).posterior_of_spikes()));
    at_0.push_back(mean(trials.read(n, 0).posterior_of_spikes()));
  }
  std::sort(left.begin(), left.end());
  for (std::size_t u = 0; u < data.units(); ++u) loading.push_back(gains.loading(u));
  const auto drawn = known().numbers("latent-choice", "", "left", 2);
  ASSERT_EQ(drawn.size(), left.size());
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_NEAR(drawn[i], left[i], 1e-9);
  EXPECT_EQ(known().numbers("loadings", "", "unit", 2), loading);
  EXPECT_NEAR(known().numbers("latent-time", "", "left", 3).front(), trial_mean(at_0).value, 1e-12);

  const Table drift =
      read_text_table(known().outcome.page.parent_path() / "figures" / "drift.csv", ',');
  const auto factor = known().numbers("drift", drift.columns[0].text(0), "model", 3);
  std::vector<double> first;
  for (std::size_t u = 0; u < data.units(); ++u) first.push_back(std::exp(gains.log_drift(u, 0)));
  EXPECT_NE(std::find(first.begin(), first.end(), factor.front()), first.end());
}

/// All spikes of a unit, coloured by the choice of their trials.
TEST_F(NeuronReport, RastersHaveTheSpikes) {
  const Dataset data = known().data();
  const Table table =
      read_text_table(known().outcome.page.parent_path() / "figures" / "rasters.csv", ',');
  const std::string panel = table.columns[0].text(0);
  const auto unit = known().unit_of(panel);
  std::multiset<double> left, drawn;
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (auto i = data.spike.offset[n]; i < data.spike.offset[n + 1]; ++i)
      if (const auto at = static_cast<std::size_t>(i);
          data.trial.choice[n] > 0 && static_cast<std::size_t>(data.spike.unit[at]) == unit)
        left.insert(data.spike.time[at]);
  for (const double time : known().numbers("rasters", panel, "left", 2)) drawn.insert(time);
  EXPECT_EQ(drawn, left);
}

/// Each with units that never spike.
TEST_F(NeuronReport, SaysWhatTheDataCannotGive) {
  using testing::Responses;
  const auto run_of = [](const std::string& name, testing::RandomDataset like,
                         const Settings::ModelSettings& network = {}) {
    const Dataset training = random_dataset(like);
    Dataset test = training;  // units are those of the seed
    return NeuronRun(name, training, test, network);
  };
  const auto silent = run_of("silent", {.responses = Responses::none});
  EXPECT_TRUE(silent.says("no trial was answered inside the window"));
  EXPECT_TRUE(silent.says("too few choices or spikes"));
  EXPECT_TRUE(silent.figures.contains("latent-choice"));
  EXPECT_FALSE(silent.figures.contains("latent-response-time"));
  EXPECT_FALSE(silent.figures.contains("psychometric"));

  const auto counts = run_of("counts", {.bin_width = 0.05});
  EXPECT_TRUE(counts.says("Spike counts of single trials"));
  EXPECT_TRUE(counts.figures.contains("rasters"));

  const auto plain = run_of("plain", {.stimuli = 0},
                            {.shared_gain = false, .private_gain = false, .drift = false});
  EXPECT_TRUE(plain.says("model.shared_gain is off"));
  EXPECT_TRUE(plain.says("model.drift is off"));
  EXPECT_FALSE(plain.figures.contains("drift"));

  const auto none = run_of("none", {.spikes_per_unit = 0});
  EXPECT_TRUE(none.says("There are no spikes in these trials"));
  EXPECT_FALSE(none.figures.contains("rasters"));
}

TEST_F(NeuronReport, OfOneUnitInOneSession) {
  const Dataset all = random_dataset({.sessions = 1, .regions = 1, .stimuli = 1});
  Dataset one = all;
  one.unit.session = {0}, one.unit.region = {0}, one.unit.id = {7};
  for (auto& unit : one.spike.unit) unit = 0;
  const NeuronRun run("one", one, one);
  EXPECT_TRUE(run.says("1 unit in 1 region"));
  EXPECT_TRUE(run.figures.contains("unit-psth"));
  EXPECT_FALSE(run.says("Sessions:"));
}

}  // namespace
}  // namespace nnpoisson
