#include "nnpoisson/dataset_builder.hpp"
#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

using Places = std::vector<std::int64_t>;

TEST(Places, AreThoseOfTheDatasetWhereItTellsThem) {
  const Dataset told = with_places(small_dataset());
  EXPECT_EQ(trial_numbers(told), (Places{4, 0, 2}));
  EXPECT_EQ(session_trial_counts(told), (Places{6, 1}));
}

TEST(Places, AreElseTheOrderOfTheTrials) {
  Dataset data = small_dataset();
  EXPECT_EQ(trial_numbers(data), (Places{0, 0, 1}));
  EXPECT_EQ(session_trial_counts(data), (Places{2, 1}));
  data.trial.number = {4, 0, 2};
  EXPECT_EQ(session_trial_counts(data), (Places{5, 1}));
  data.session_names.emplace_back("without trials");
  EXPECT_EQ(session_trial_counts(data), (Places{5, 1, 0}));
}

TEST(Places, AreKeptByASelectionAlsoWhereTheyWereNotTold) {
  const std::vector<std::int32_t> last{2};
  for (const bool told : {false, true}) {
    const Dataset chosen =
        select_trials(told ? with_places(small_dataset()) : small_dataset(), last);
    validate(chosen);
    EXPECT_EQ(chosen.trial.number, Places{told ? 2 : 1});
    EXPECT_EQ(chosen.session_trials, (told ? Places{6, 1} : Places{2, 1}));
    const Dataset again = select_trials(chosen, std::vector<std::int32_t>{0});
    EXPECT_EQ(again.trial.number, chosen.trial.number);
    EXPECT_EQ(again.session_trials, chosen.session_trials);
  }
}

TrialTable three_answers() {
  return {.stimulus = {0, 1, 2}, .response_time = {0.25, 0.5, 0.75}, .choice = {1, 1, -1}};
}

TEST(Places, AreGivenToABuilderOrCounted) {
  DatasetBuilder builder({.time_limit = 0.5, .stimulus_names = {"contrast"}});
  TrialTable some = three_answers(), last_unknown = three_answers();
  some.number = {7, 2, 4};
  some.session_trials = 9;
  last_unknown.number = {7, 2, 4};
  (void)builder.add_session("all", three_answers());
  (void)builder.add_session("none left", {.session_trials = 2});
  (void)builder.add_session("some", some);
  const auto session = builder.add_session("last unknown", last_unknown);
  builder.add_unit(session, {.id = 1, .region = "x"});

  some.number = {7, 2, 2};
  EXPECT_EQ(message([&] { (void)builder.add_session("more", some); }),
            "dataset: session more: trial/number[2]: 2 is the number of trial 1 too; a number may "
            "be there once in a session");
  some.number = {7, 2};
  EXPECT_EQ(message([&] { (void)builder.add_session("more", some); }),
            "dataset: session more: trial/number: has 2 values, not 3 (trials)");
  some.number = {};
  some.session_trials = 2;
  EXPECT_EQ(message([&] { (void)builder.add_session("more", some); }),
            "dataset: session more: session/trials[0]: must be 3 or more, the trials that the "
            "session has here, not 2");
  EXPECT_EQ(message([&] { (void)builder.add_session("more", {.number = {0}}); }),
            "dataset: session more: trial/session: holds no trial; at least one is needed");

  const Dataset data = builder.build();
  EXPECT_EQ(data.trial.number, (Places{0, 1, 2, 7, 2, 4, 7, 2, 4}));
  EXPECT_EQ(data.session_trials, (Places{3, 2, 9, 8}));
}

}  // namespace
}  // namespace nnpoisson::testing
