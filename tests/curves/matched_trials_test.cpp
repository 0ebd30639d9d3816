#include "curves/matched_trials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

TEST(MatchedTrials, FindsRegionsAndFeaturesByName) {
  auto [model, like] = demonstration(8);
  like.region_names = {"VISp", "ACA", "SCm", "MOs", "CP", "VISal"};
  like.stimulus_names = {"contrast_right", "contrast_left"};
  const MatchedTrials trials(model, like);
  EXPECT_EQ(trials.region(0), 5U);
  EXPECT_EQ(trials.region(2), 3U);
  EXPECT_EQ(trials.stimulus(6),
            (std::vector<double>{like.trial.stimulus[13], like.trial.stimulus[12]}));
}

TEST(MatchedTrials, AllowsADatasetWithSomeOfTheRegions) {
  auto [model, like] = demonstration(8);
  like.region_names = {"MOs"};
  std::fill(like.unit.region.begin(), like.unit.region.end(), 0);
  EXPECT_EQ(MatchedTrials(model, like).region(0), 2U);
}

struct Mismatch {
  std::string what, message;
  std::function<void(Dataset&)> make;
};

class MatchedTrialsRefuses : public testing::TestWithParam<Mismatch> {};

TEST_P(MatchedTrialsRefuses, Naming) {
  auto [model, like] = demonstration(8);
  GetParam().make(like);
  try {
    MatchedTrials(model, like);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()), "dataset: " + GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    What, MatchedTrialsRefuses,
    testing::Values(Mismatch{"time_limit",
                             "attribute time_limit: is 0.4 s, but the model was fitted to 1 s; "
                             "import the recording again with --time-limit 1",
                             [](Dataset& d) { d.time_limit = 0.4; }},
                    Mismatch{"region", "region/name: the model was not fitted to region \"TH\"",
                             [](Dataset& d) { d.region_names[3] = "TH"; }},
                    Mismatch{"unknown_feature",
                             "stimulus/name: the model does not know the feature \"tone\"",
                             [](Dataset& d) { d.stimulus_names[1] = "tone"; }},
                    Mismatch{"missing_feature",
                             "stimulus/name: lacks the model's feature \"contrast_right\"",
                             [](Dataset& d) { d.stimulus_names.pop_back(); }}),
    [](const auto& mismatch) { return mismatch.param.what; });

}  // namespace
}  // namespace nnpoisson
