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
  auto [model, data] = demonstration(8);
  data.region_names = {"VISp", "ACA", "SCm", "MOs", "CP", "VISal"};
  data.stimulus_names = {"contrast_right", "contrast_left"};
  const MatchedTrials matched(model, data);
  EXPECT_EQ(matched.region(0), 5U);
  EXPECT_EQ(matched.region(2), 3U);
  EXPECT_EQ(matched.stimulus(6),
            (std::vector<double>{data.trial.stimulus[13], data.trial.stimulus[12]}));
}

TEST(MatchedTrials, AllowsADatasetWithSomeOfTheRegions) {
  auto [model, data] = demonstration(8);
  data.region_names = {"MOs"};
  std::fill(data.unit.region.begin(), data.unit.region.end(), 0);
  EXPECT_EQ(MatchedTrials(model, data).region(0), 2U);
}

struct Mismatch {
  std::string what, message;
  std::function<void(Dataset&)> make;
};

class MatchedTrialsRefuses : public testing::TestWithParam<Mismatch> {};

TEST_P(MatchedTrialsRefuses, Naming) {
  auto [model, data] = demonstration(8);
  GetParam().make(data);
  try {
    MatchedTrials(model, data);
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
