#include <algorithm>
#include <numeric>

#include "nnpoisson/summary.hpp"
#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

TEST(Regions, AreOrderedByTheBytesOfTheirNames) {
  EXPECT_EQ(alphabetical_regions(small_dataset()), (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_EQ(units_by_session_and_region(small_dataset()),
            (std::vector<std::int32_t>{1, 0, 1, 0, 0, 1}));
}

TEST(SelectTrials, TakesTheirSpikesInTheOrderGiven) {
  const std::vector<std::int32_t> trials{2, 0};
  Dataset data = small_dataset();
  data.source = "small.h5";
  const Dataset chosen = select_trials(data, trials);
  EXPECT_EQ(chosen.source, "small.h5");
  validate(chosen);
  EXPECT_EQ(chosen.trial.choice, (std::vector<std::int8_t>{-1, 1}));
  EXPECT_EQ(chosen.trial.stimulus, (std::vector<double>{4, 5, 0, 1}));
  EXPECT_EQ(chosen.spike.offset, (std::vector<std::int64_t>{0, 3, 5}));
  EXPECT_EQ(chosen.spike.time, (std::vector<double>{0.25, 0.25, 0.375, 0, 0.125}));
  EXPECT_EQ(chosen.spike.unit, (std::vector<std::int32_t>{0, 1, 1, 1, 0}));
  EXPECT_EQ(chosen.units(), 3U);
  EXPECT_EQ(chosen.region_names, small_dataset().region_names);
}

TEST(SelectTrials, TakesTheirCounts) {
  const std::vector<std::int32_t> trials{1, 2};
  const Dataset chosen = select_trials(small_counts(), trials);
  validate(chosen);
  EXPECT_EQ(chosen.count.offset, (std::vector<std::int64_t>{0, 0, 2}));
  EXPECT_EQ(chosen.count.bin, (std::vector<std::int32_t>{5, 9}));
  EXPECT_EQ(chosen.count.value, (std::vector<std::int32_t>{1, 3}));
}

TEST(SelectTrials, RefusesTrialsThatAreNotThere) {
  for (const std::int32_t absent : {-1, 3}) {
    EXPECT_THROW((void)select_trials(small_dataset(), std::vector<std::int32_t>{absent}),
                 std::out_of_range);
  }
}

Dataset many_trials(const std::vector<std::int32_t>& session) {
  Dataset data;
  data.session_names = {"a", "b", "c"};
  data.trial.session = session;
  return data;
}

TEST(SplitTrials, IsStratifiedBySessionAndComplete) {
  std::vector<std::int32_t> session(150, 0);
  std::fill(session.begin() + 100, session.begin() + 142, 1);
  std::fill(session.begin() + 142, session.end(), 2);
  const Dataset data = many_trials(session);
  const TrialSplit split = split_trials(data, 0.25, 3);
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  EXPECT_TRUE(std::is_sorted(split.test.begin(), split.test.end()));
  std::vector<std::int32_t> all = split.train, expected(150), of_session(3);
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  for (const std::int32_t trial : split.test)
    ++of_session[static_cast<std::size_t>(session[static_cast<std::size_t>(trial)])];
  EXPECT_EQ(of_session, (std::vector<std::int32_t>{25, 11, 2}));  // 42 / 4 = 10.5 is rounded up

  EXPECT_EQ(split_trials(data, 0.25, 3).test, split.test);
  EXPECT_NE(split_trials(data, 0.25, 4).test, split.test);
}

TEST(SplitTrials, OfASessionDoesNotDependOnTheOthers) {
  std::vector<std::int32_t> session(40, 0);
  const TrialSplit alone = split_trials(many_trials(session), 0.5, 1);
  session.resize(60, 1);
  TrialSplit both = split_trials(many_trials(session), 0.5, 1);
  std::erase_if(both.test, [](std::int32_t trial) { return trial >= 40; });
  EXPECT_EQ(alone.test, both.test);
}

TEST(SplitTrials, ChoosesEachTrialAboutAsOften) {
  const Dataset data = many_trials(std::vector<std::int32_t>(20, 0));
  std::vector<int> chosen(20, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const std::int32_t trial : split_trials(data, 0.25, seed).test)
      ++chosen[static_cast<std::size_t>(trial)];
  }
  // Binomial(2000, 1/4): mean 500, standard deviation 19.4; six of them for twenty trials.
  for (const int times : chosen) EXPECT_NEAR(times, 500, 117);
}

TEST(SplitTrials, RefusesImpossibleFractions) {
  const Dataset data = many_trials({0});
  EXPECT_TRUE(split_trials(data, 0, 0).test.empty());
  EXPECT_TRUE(split_trials(data, 1, 0).train.empty());
  for (const double fraction : {-0.1, 1.1, nan})
    EXPECT_THROW((void)split_trials(data, fraction, 0), UsageError);
}

TEST(Summary, CountsWhatIsThere) {
  const DatasetSummary exact = summarise(small_dataset()), binned = summarise(small_counts());
  EXPECT_EQ(exact.spikes, 5);
  EXPECT_EQ(binned.spikes, 7);
  EXPECT_EQ(exact.observed_time, 1.25);
  EXPECT_EQ(exact.left, 1U);
  EXPECT_EQ(exact.right, 0U);
  EXPECT_EQ(exact.right_later, 1U);
  EXPECT_EQ(exact.unanswered, 1U);
  EXPECT_EQ(exact.mean_response, 0.25);
  EXPECT_EQ(exact.session[0].units, 2U);
  EXPECT_EQ(exact.session[0].spikes, 5);
  EXPECT_EQ(exact.region[2].units, 2U);
  EXPECT_EQ(exact.region[2].spikes, 3);
  EXPECT_EQ(exact.region[2].exposure, 1.25);
  EXPECT_EQ(exact.region[2].rate, 3 / 1.25);
  EXPECT_EQ(exact.region[2].trials, 3U);
  EXPECT_TRUE(std::isnan(exact.region[1].rate));
  EXPECT_EQ(exact.feature[1].largest, 5);
  EXPECT_EQ(exact.feature[1].mean, 3);
  EXPECT_EQ(exact.distinct_stimuli, 3U);
}

}  // namespace
}  // namespace nnpoisson::testing
