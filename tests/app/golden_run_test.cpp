#include <gtest/gtest.h>

#include "app/program.hpp"
#include "app/tables.hpp"
#include "nnpoisson/model.hpp"
#include "tolerance.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

/// A log line with every number replaced by "#": its wording, and where the numbers stand.
std::string wording(const std::string& line) {
  std::string words;
  for (const char c : line) {
    const bool digit = (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!digit)
      words += c;
    else if (words.empty() || words.back() != '#')
      words += '#';
  }
  return words;
}

/// The numbers of a log line, in order.
std::vector<double> numbers(const std::string& line) {
  std::vector<double> found;
  for (const auto& word : cut(line, ' '))
    if (!word.empty() && word.find_first_not_of("0123456789.-") == std::string::npos)
      found.push_back(std::stod(word));
  return found;
}

void expect_same_table(const fs::path& run, const fs::path& golden) {
  const auto theirs = cut(bytes_of(golden / "test.csv"), '\n'),
             ours = cut(bytes_of(run / "test.csv"), '\n');
  ASSERT_EQ(ours.size(), theirs.size());
  ASSERT_EQ(theirs.size(), 22U);
  EXPECT_TRUE(ours[0].starts_with(theirs[0] + ",")) << ours[0];
  expect_close_rows(ours, theirs);
}

void expect_same_log(const fs::path& run, const fs::path& golden) {
  std::vector<std::string> log;
  for (const auto& line : cut(bytes_of(run / "run.log"), '\n'))
    if (!line.starts_with("# ")) log.push_back(line);
  const auto their_log = cut(bytes_of(golden / "run.log"), '\n');
  ASSERT_EQ(log.size(), their_log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(wording(log[i]), wording(their_log[i]));
    const auto wanted = numbers(their_log[i]), got = numbers(log[i]);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k)  // three decimals
      EXPECT_TRUE(std::abs(got[k] - wanted[k]) <=
                  1.1e-3 + tolerance::run_history * std::abs(wanted[k]))
          << log[i] << "\n"
          << their_log[i];
  }
}

void expect_same_weights(const fs::path& run, const fs::path& golden) {
  for (const char* when : {"models-0", "models-20"}) {
    const auto theirs = read_keras_weights(golden / when / "model-fwd.h5"),
               ours = read_keras_weights(run / when / "model-fwd.h5");
    ASSERT_EQ(ours.shape, theirs.shape);
    for (std::size_t i = 0; i < theirs.parameters.size(); ++i)
      ASSERT_TRUE(std::abs(ours.parameters[i] - theirs.parameters[i]) <= tolerance::run_weight)
          << when << ", parameter " << i << ": " << ours.parameters[i] << ", theirs "
          << theirs.parameters[i];
  }
}

struct Case {
  const char *name, *batches;
};

/// The whole command from the authors' own first weights, against what their program wrote.
class GoldenRun : public ::testing::TestWithParam<Case> {};

TEST_P(GoldenRun, LeavesWhatTheAuthorsProgramLeft) {
  const auto golden = fs::path(NNPOISSON_SHARED_DIR) / "golden" / GetParam().name,
             theirs = golden / "run", run = fresh_folder() / "run";
  expect_done({"train", "--quiet", "--preset", "authors", "--train", golden / "train.h5", "--test",
               golden / "test.h5", "--out", run, "--init", theirs / "models-0" / "model-fwd.h5",
               "--set", "train.iterations=21", "--set", "train.episodes=2", "--set",
               std::string("train.batches=") + GetParam().batches});
  expect_same_table(run, theirs);
  EXPECT_EQ(bytes_of(run / "region_index.csv"), bytes_of(theirs / "region_index.csv"));
  expect_same_log(run, theirs);
  expect_same_weights(run, theirs);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenRun, ::testing::Values(Case{"cori7", "10"}, Case{"rats5", "5"}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace nnpoisson::app
