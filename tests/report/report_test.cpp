#include "nnpoisson/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "data/table.hpp"
#include "nnpoisson/correlations.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/dependencies.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/sample.hpp"
#include "nnpoisson/train.hpp"
#include "own_folder.hpp"
#include "report/markup.hpp"
#include "report/run.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(stream) << file << " is not there";
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A short fit of the known model's data, made once; one region's name is as awkward as it can be.
class Report : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto draw = [](std::uint64_t seed) {
      const auto [model, like] = demonstration(120);
      Dataset data = sample(model, like, {.seed = seed});
      data.region_names[2] = awkward;
      return data;
    };
    write_dataset(train_file(), draw(1));
    write_dataset(test_file(), draw(2));
    TrainRequest request;
    request.train = train_file();
    request.test = test_file();
    request.run = run();
    request.mode = FolderMode::overwrite;
    request.settings = preset_settings(Preset::exact);
    request.settings.train.iterations = 5;
    train(request, std::atomic<bool>{false}, nullptr, [](const std::string&) {});
  }
  static fs::path train_file() { return own_folder() / "report-train.h5"; }
  static fs::path test_file() { return own_folder() / "report-test.h5"; }
  static fs::path run() { return own_folder() / "report-run"; }
  static report::Outcome write(report::Request request = {}) {
    if (request.run.empty()) request.run = run();
    request.program = "nnpoisson <test>";
    return report::write(request, [](const std::string&) {});
  }

  /// A column of the CSV behind a figure, of one panel and series; an empty cell is NaN.
  static std::vector<double> numbers(const std::string& figure, const std::string& panel,
                                     const std::string& series, std::size_t column) {
    const Table table = read_text_table(run() / "report" / "figures" / (figure + ".csv"), ',');
    std::vector<double> found;
    for (std::size_t row = 0; row < table.rows; ++row)
      if (table.columns[0].text(row) == panel && table.columns[1].text(row) == series)
        found.push_back(table.columns[column].numbers[row]);
    return found;
  }
  static void expect_same(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
          << a[i] << " is not " << b[i];
  }

  static constexpr const char* awkward = R"-(<b onload="x('y')">&amp; {a}_b^c \n, %d)-";
};

TEST_F(Report, IsWholeAndNeedsNothingElse) {
  const auto outcome = write();
  EXPECT_EQ(outcome.page, run() / "report" / "index.html");
  const std::string page = content(outcome.page);
  EXPECT_EQ(markup_error(page), "");
  EXPECT_NE(page.find("&lt;b onload=&quot;x('y')&quot;&gt;&amp;amp; {a}_b^c \\n, %d"),
            std::string::npos);
  EXPECT_EQ(page.find("<b "), std::string::npos);
  for (const char* word : {"src=", "url(", "@import", "<script", "<link", "<img", "<image"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;

  const std::set<std::string> namespaces{
      "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"};
  for (auto at = page.find("://"); at != std::string::npos; at = page.find("://", at + 1)) {
    const auto begin = page.rfind('"', at) + 1;
    EXPECT_TRUE(namespaces.contains(page.substr(begin, page.find('"', begin) - begin)))
        << page.substr(begin, 80);
  }

  std::size_t svg = 0, csv = 0;
  for (const auto& entry : fs::directory_iterator(run() / "report" / "figures")) {
    EXPECT_GT(fs::file_size(entry), 0U) << entry.path();
    const auto kind = entry.path().extension();
    csv += kind == ".csv";
    if (kind != ".svg") continue;
    ++svg;
    EXPECT_EQ(markup_error(content(entry.path())), "") << entry.path();
    EXPECT_TRUE(fs::exists(fs::path(entry.path()).replace_extension(".png"))) << entry.path();
    EXPECT_NE(page.find("href=\"figures/" + entry.path().filename().string() + "\""),
              std::string::npos)
        << entry.path();
  }
  EXPECT_EQ(csv, outcome.figures);
  EXPECT_GE(svg, csv);
}

TEST_F(Report, LearningCurvesAreTheRunsOwn) {
  write();
  const auto losses = numbers("learning", "spikes", "test", 3);
  ASSERT_EQ(losses.size(), 5U);
  std::ifstream log(run() / "test.csv");
  std::string line;
  std::getline(log, line);
  for (const double loss : losses) {
    std::getline(log, line);
    EXPECT_NE(line.find("," + shortest(loss)), std::string::npos) << loss << " in " << line;
  }
}

/// A folder like the run's whose test.csv holds this.
fs::path with_losses(const fs::path& run, const std::string& text) {
  const fs::path folder = own_folder() / "report-other-run";
  fs::remove_all(folder);
  fs::copy(run, folder);
  std::ofstream(folder / "test.csv") << text;
  return folder;
}

/// Also where regions' names are written as they are, without quotes.
TEST_F(Report, LossesAreFoundByTheNamesOfTheirColumns) {
  Model model = read_model(run() / "model.h5");
  std::sort(model.region_names.begin(), model.region_names.end());
  std::string regions, of_regions;
  for (const auto& name : model.region_names) regions += "," + name, of_regions += ",7";

  const auto folder = with_losses(
      run(), "iter,test loss right,validation loss neural" + regions +
                 ",test loss left,test loss total,test loss neural,train loss neural,train loss "
                 "total,train loss left,train loss right,validation loss total,validation loss "
                 "left,validation loss right\n0,1," +
                 of_regions + ",2,3,4,5,6,8,9,,,\n");
  const auto read = report::read_run(folder);
  EXPECT_EQ(read.iteration, std::vector{0.0});
  EXPECT_EQ(read.testing.right, std::vector{1.0});
  EXPECT_EQ(read.testing.left, std::vector{2.0});
  EXPECT_EQ(read.testing.total, std::vector{3.0});
  EXPECT_EQ(read.testing.neural, std::vector{4.0});
  EXPECT_EQ(read.training.neural, std::vector{5.0});
  EXPECT_EQ(read.training.right, std::vector{9.0});
  EXPECT_TRUE(read.validation.total.empty());
}

TEST_F(Report, LossesOfOtherColumnsAreRefused) {
  const std::string table = content(run() / "test.csv");
  for (const auto& text : {std::string("iter,a,b\n0,1,2\n"), table + "1,2,3\n"})
    EXPECT_THROW(static_cast<void>(report::read_run(with_losses(run(), text))), DataError) << text;
}

TEST_F(Report, EndsWhenStopped) {
  const std::atomic<bool> stop{true};
  const auto out = fresh_file("out");
  EXPECT_THROW(report::write({.run = run(), .out = out}, [](const std::string&) {}, {{}, &stop}),
               Interrupted);
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Report, FiguresHoldWhatTheLibraryReturns) {
  write();
  const Model model = read_model(run() / "model.h5");
  const Dataset data = read_dataset(test_file()), training = read_dataset(train_file());
  EvaluationOptions options;
  options.training = &training;
  const Evaluation e = evaluate(model, data, options);

  std::vector<double> bits, low, high;
  for (const auto& region : e.regions) {
    const Estimate& estimate = region.scores.front().bits_per_spike;
    bits.push_back(estimate.value), low.push_back(estimate.interval.low),
        high.push_back(estimate.interval.high);
  }
  EXPECT_EQ(numbers("bits-per-spike", "", "network", 2), bits);
  EXPECT_EQ(numbers("bits-per-spike", "", "network", 4), low);
  EXPECT_EQ(numbers("bits-per-spike", "", "network", 5), high);

  std::size_t groups = 0;
  for (std::size_t k = 0; k < e.groups.size(); ++k) {
    if (e.groups[k].grouping != TrialGrouping::stimulus) continue;
    ++groups;
    for (const std::size_t g : {0U, 2U}) {  // 2: the awkward name
      expect_same(numbers("psth-stimulus", e.regions[g].name, e.groups[k].name + ", observed", 3),
                  e.regions[g].psth[k].observed);
      expect_same(numbers("psth-stimulus", e.regions[g].name, e.groups[k].name + ", model", 3),
                  e.regions[g].psth[k].predicted);
    }
  }
  EXPECT_GT(groups, 2U);

  std::vector<double> observed, predicted;
  for (const auto& point : e.behaviour.psychometric)
    observed.push_back(point.observed), predicted.push_back(point.predicted);
  expect_same(numbers("psychometric", "", "observed", 3), observed);
  expect_same(numbers("psychometric", "", "model", 3), predicted);
  expect_same(numbers("response-times", "all (120 trials)", "left, model", 3),
              e.behaviour.response_times[0].action[0].predicted_cumulative);

  const auto d = dependencies({&model, 1}, data);
  expect_same(numbers("share", "", "right", 2), {d.mean.share.begin() + 6, d.mean.share.end()});
  const auto c = correlations(model, data);
  observed.clear(), predicted.clear();
  for (const auto& pair : c.windows[0].pairs)
    if (pair.first != pair.second && pair.unit_pairs > 0)
      observed.push_back(pair.units.observed.value), predicted.push_back(pair.units.implied);
  expect_same(numbers("noise-correlations", "0 to 1 s", "between two", 3), observed);
  expect_same(numbers("noise-correlations", "0 to 1 s", "between two", 2), predicted);
}

TEST_F(Report, TakesTheDatasetThatIsAskedFor) {
  const auto out = fresh_file("out");
  write({.run = run(), .data = train_file(), .out = out});
  EXPECT_NE(content(out / "index.html").find("report-train.h5 (given with --data)"),
            std::string::npos);
  write({.run = run(), .out = out});
  EXPECT_NE(content(out / "index.html").find("report-test.h5 (the run's test set)"),
            std::string::npos);
}

TEST_F(Report, ReplacesOnlyReports) {
  const auto out = fresh_file("out");
  write({.run = run(), .out = out});
  std::ofstream(out / "mine.txt") << "kept";
  EXPECT_THROW(write({.run = run(), .out = out}), UsageError);
  EXPECT_EQ(content(out / "mine.txt"), "kept");
  EXPECT_TRUE(fs::exists(out / "index.html"));
  EXPECT_FALSE(fs::exists(out.string() + ".partial"));
}

TEST_F(Report, OfAnotherDatasetThanTheModelsLeavesNothing) {
  Dataset other = read_dataset(test_file());
  other.time_limit = 2;
  const auto file = fresh_file("other.h5"), out = fresh_file("out");
  write_dataset(file, other);
  EXPECT_THROW(write({.run = run(), .data = file, .out = out}), DataError);
  EXPECT_FALSE(fs::exists(out));
  EXPECT_FALSE(fs::exists(out.string() + ".partial"));
}

TEST_F(Report, IsRemovedWithTheRunThatItIsOf) {
  write();
  SetUpTestSuite();  // --overwrite
  EXPECT_FALSE(fs::exists(run() / "report"));
}

}  // namespace
}  // namespace nnpoisson
