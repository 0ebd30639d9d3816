#include "nnpoisson/checks.hpp"

#include <algorithm>

#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

/// 30 trials of 1 s, 6 units of one region that fire every 20 ms, a stimulus and responses that
/// vary: nothing to find.
Dataset sound() {
  Dataset data;
  data.time_limit = 1;
  data.session_names = {"mouse"};
  data.region_names = {"CA1"};
  data.stimulus_names = {"contrast"};
  data.unit.session.assign(6, 0);
  data.unit.region.assign(6, 0);
  data.unit.id = {0, 1, 2, 3, 4, 5};
  data.spike.offset = {0};
  for (int n = 0; n < 30; ++n) {
    data.trial.session.push_back(0);
    data.trial.stimulus.push_back(n % 2);
    data.trial.response_time.push_back(2);
    data.trial.choice.push_back(1);
    data.trial.observed_until.push_back(1);
    for (int i = 0; i < 50; ++i) {
      for (int u = 0; u < 6; ++u) {
        data.spike.time.push_back(0.02 * i);
        data.spike.unit.push_back(u);
      }
    }
    data.spike.offset.push_back(static_cast<std::int64_t>(data.spike.time.size()));
  }
  return data;
}

/// The one finding, as "what: text".
std::string found(const Dataset& data) {
  validate(data);
  const auto findings = check_recording(data);
  if (findings.size() != 1) return std::to_string(findings.size()) + " findings";
  return findings[0].what + ": " + findings[0].text;
}

TEST(Checks, FindNothingInASoundRecording) {
  EXPECT_TRUE(check_recording(sound()).empty());
}

TEST(Checks, FindUnitsThatCannotBe) {
  Dataset data = sound();
  data.unit.session.push_back(0), data.unit.region.push_back(0), data.unit.id.push_back(77);
  EXPECT_EQ(found(data), "silent-units: 1 unit without a spike: 77");

  data = sound();
  for (std::size_t i = 0; i < data.spike.time.size(); ++i)
    data.spike.time[i] /= 5, data.spike.unit[i] %= 1;
  for (auto& end : data.trial.observed_until) end = 0.2;
  data.unit.session = {0}, data.unit.region = {0}, data.unit.id = {3};
  const auto findings = check_recording(data);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].text, "1 unit above 200 Hz: 3 (1.5e+03 Hz)");
  EXPECT_EQ(findings[1].text, "1 unit with spikes at the same time: 3 (7.5e+03)");
  EXPECT_EQ(findings[2].what, "few-units");

  data = sound();
  for (std::size_t i = 0; i + 6 < data.spike.time.size(); i += 12)
    data.spike.time[i + 6] = data.spike.time[i + 5] + 0.0005;
  std::sort(data.spike.time.begin(), data.spike.time.begin() + data.spike.offset[1]);
  for (std::size_t n = 0; n < 30; ++n)
    std::sort(data.spike.time.begin() + data.spike.offset[n],
              data.spike.time.begin() + data.spike.offset[n + 1]);
  EXPECT_EQ(found(data).substr(0, 90),
            "refractory-violations: 1 unit with more than 1 % of intervals below 1 ms: 0 (51 %)");
}

TEST(Checks, FindBinsWithTooMany) {
  Dataset data = small_counts();
  data.count.value[3] = 52;
  const auto findings = check_recording(data);
  const auto full = std::find_if(findings.begin(), findings.end(),
                                 [](const auto& f) { return f.what == "refractory-violations"; });
  ASSERT_NE(full, findings.end());
  EXPECT_EQ(full->text, "1 unit with more than 51 spikes in a bin: first/8 (1 bins)");
}

TEST(Checks, FindTrialsAndSessionsWithoutSpikes) {
  Dataset data = sound();
  data.spike.time.erase(data.spike.time.begin() + data.spike.offset[3],
                        data.spike.time.begin() + data.spike.offset[4]);
  data.spike.unit.resize(data.spike.time.size());
  for (std::size_t n = 4; n < data.spike.offset.size(); ++n) data.spike.offset[n] -= 300;
  EXPECT_EQ(found(data),
            "silent-trials: 1 trial without a spike where more than 20 were to be expected: 3");

  data = sound();
  data.session_names.emplace_back("rat");
  data.trial.session.push_back(1), data.trial.stimulus.push_back(0),
      data.trial.response_time.push_back(2), data.trial.choice.push_back(1);
  data.trial.observed_until.push_back(1), data.spike.offset.push_back(data.spike.offset.back());
  data.unit.session.push_back(1), data.unit.region.push_back(0), data.unit.id.push_back(0);
  const auto findings = check_recording(data);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].text, "1 unit without a spike: rat/0");
  EXPECT_EQ(findings[1].text,
            "1 session whose units have no spike in any trial; spikes and trials may not share a "
            "clock: rat");
}

TEST(Checks, FindResponsesRegionsAndStimuli) {
  Dataset data = sound();
  data.trial.response_time[2] = 0.01;
  data.trial.response_time[3] = nan;
  auto findings = check_recording(data);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].text, "1 trial answered within 0.05 s of stimulus onset: 2 (0.01 s)");
  EXPECT_EQ(findings[1].text, "1 trial with a choice but no response time: 3");

  data = sound();
  data.region_names.emplace_back("MOs");
  EXPECT_EQ(found(data), "few-units: 1 region with fewer than 5 units: MOs (0)");
  std::vector<std::int32_t> few(19);
  for (std::size_t n = 0; n < few.size(); ++n) few[n] = static_cast<std::int32_t>(n);
  EXPECT_EQ(found(select_trials(sound(), few)),
            "few-trials: 1 region seen in fewer than 20 trials: CA1 (19)");
  data = sound();
  data.trial.stimulus.assign(30, 1);
  EXPECT_EQ(found(data), "constant-stimulus: 1 stimulus column that never varies: contrast");
}

}  // namespace
}  // namespace nnpoisson::testing
