#include <gtest/gtest.h>

#include <fstream>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"
#include "own_folder.hpp"
#include "storage/hdf5_file.hpp"
#include "synthetic/journal.hpp"
#include "synthetic/picture.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

const TrialSpikes first{{1, 2, 3}, {4}}, second{{}, {5, 6, 7, 8}};

TEST(Journal, KeepsWholeRecords) {
  const auto file = fresh_file("journal");
  {
    Journal journal(file, "seed = 1");
    journal.append(7, first);
    journal.append(3, second);
    EXPECT_EQ(journal.read(3).integration, second.integration);
    EXPECT_THROW(Journal(file, "seed = 1"), ResourceError) << "one process at a time";
  }
  const auto whole = std::filesystem::file_size(file);
  for (const std::uintmax_t size : {whole, whole - 1, whole - 20, whole - 40}) {
    std::filesystem::resize_file(file, size);
    Journal journal(file, "seed = 1");
    EXPECT_TRUE(journal.has(7));
    EXPECT_EQ(journal.has(3), size == whole);
    EXPECT_FALSE(journal.has(0));
    EXPECT_EQ(journal.read(7).sensory, first.sensory);
    if (size == whole) continue;
    journal.append(3, second);
    EXPECT_EQ(journal.read(3).integration, second.integration);
  }
  Journal(file, "seed = 1").remove();
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Journal, DropsDamage) {
  const auto file = fresh_file("journal");
  {
    Journal journal(file, "a");
    journal.append(0, first);
    journal.append(1, second);
  }
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file)) - 2);
    bytes.put('x');
  }
  const Journal journal(file, "a");
  EXPECT_TRUE(journal.has(0));
  EXPECT_FALSE(journal.has(1));
}

TEST(Journal, RefusesOtherConditions) {
  const auto file = fresh_file("journal");
  { Journal(file, "seed = 1").append(0, first); }
  EXPECT_THROW(Journal(file, "seed = 2"), UsageError);
  EXPECT_THROW(Journal(file, "seed"), UsageError);
  EXPECT_TRUE(Journal(file, "seed = 1").has(0));
}

Request short_request(const std::filesystem::path& folder) {
  Request request;
  request.conditions.duration = 0.2;
  request.conditions.stimulus_from = 0.05;
  request.conditions.stimulus_until = 0.15;
  request.trials = 3;
  request.out = folder / "data.h5";
  request.backend.threads = 2;
  return request;
}

TEST(Simulate, WritesAllThatIsAskedFor) {
  const auto folder = fresh_file("folder");
  Request request = short_request(folder);
  request.test_trials = 2;
  request.test_out = folder / "test.h5";
  request.raw = folder / "raw.h5";
  request.pictures = folder / "pictures";
  request.picture_trials = {4};
  std::size_t done = 0;
  const auto outcome = simulate(request, {[&](const Progress& now) {
                                  EXPECT_EQ(now.all, 5U);
                                  EXPECT_GT(now.done, done);
                                  done = now.done;
                                }});
  EXPECT_EQ(done, 5U);
  EXPECT_EQ(outcome.trials, 5U);
  const Dataset train = read_dataset(request.out), test = read_dataset(request.test_out);
  EXPECT_EQ(train.trials(), 3U);
  EXPECT_EQ(test.trials(), 2U);
  EXPECT_EQ(outcome.spikes, train.spike.time.size() + test.spike.time.size());
  EXPECT_DOUBLE_EQ(train.time_limit, 0.1);
  EXPECT_EQ(train.trial.number, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(test.trial.number, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(train.session_trials, std::vector<std::int64_t>{5});
  EXPECT_EQ(test.session_trials, train.session_trials);

  const Hdf5Reader about(request.test_out);
  EXPECT_EQ(about.integer_attribute("/", "seed"), 1);
  EXPECT_EQ(about.integer_attribute("/", "first_trial"), 3);
  EXPECT_EQ(about.number_attribute("/", "feedback"), 3);
  EXPECT_EQ(about.string_attribute("/", "coherences"), "0.8 0.5 0");

  // What the dataset holds of a trial is in the raw file, too.
  const Hdf5Reader raw(request.raw);
  EXPECT_EQ(raw.members("/").size(), 5U);
  EXPECT_EQ(raw.members("trial_00003").size(), populations.size());
  EXPECT_EQ(raw.number_attribute("trial_00003", "coherence"), 0.8);
  const auto time = raw.numbers<double>("trial_00003/SE1/time", 1);
  const auto neuron = raw.numbers<std::int32_t>("trial_00003/SE1/neuron", 1);
  std::size_t expected = 0, found = 0;
  for (std::size_t k = 0; k < time.size(); ++k) {
    ASSERT_LT(neuron.at(k), sensory_half);
    expected += time[k] > 0.05 && time[k] < 0.05 + test.trial.observed_until[0] - 1e-9 ? 1 : 0;
  }
  for (std::int64_t k = 0; k < test.spike.offset[1]; ++k) {
    const auto unit = static_cast<std::size_t>(test.spike.unit[static_cast<std::size_t>(k)]);
    found += test.region_names[static_cast<std::size_t>(test.unit.region[unit])] == "SE1s" ? 1 : 0;
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(std::filesystem::exists(request.pictures / "trial_00004.svg"));
  EXPECT_FALSE(std::filesystem::exists(folder / "data.h5.trials"));
}

TEST(Simulate, ContinuesAfterAnInterruption) {
  const auto folder = fresh_file("folder");
  const Request request = short_request(folder);
  std::atomic<bool> stop{false};
  std::size_t finished = 0;
  try {
    simulate(request, {[&](const Progress&) { stop = true; }, &stop});
    FAIL() << "not interrupted";
  } catch (const SimulationInterrupted& interrupted) {
    finished = interrupted.trials;
  }
  EXPECT_GE(finished, 1U);
  EXPECT_FALSE(std::filesystem::exists(request.out));
  Request other = request;
  other.conditions.feedback = 1;
  EXPECT_THROW((void)simulate(other), UsageError);

  std::size_t first_done = 0;
  const auto outcome = simulate(request, {[&](const Progress& now) {
                                  if (first_done == 0) first_done = now.done;
                                }});
  EXPECT_EQ(outcome.resumed, finished);
  EXPECT_EQ(outcome.trials, 3U);
  EXPECT_EQ(first_done, finished + 1) << "progress counts the trials that were there";
}

TEST(Simulate, RefusesConditionsThatCannotBe) {
  const auto refused = [](auto&& change) {
    Conditions conditions;
    change(conditions);
    EXPECT_THROW(check(conditions), UsageError);
  };
  refused([](Conditions& c) { c.feedback = -1; });
  refused([](Conditions& c) { c.feedback = std::nan(""); });
  refused([](Conditions& c) { c.duration = 0; });
  refused([](Conditions& c) { c.duration = 201; });
  refused([](Conditions& c) { c.stimulus_until = 3.5; });
  refused([](Conditions& c) { c.stimulus_from = -0.1; });
  refused([](Conditions& c) { c.stimulus_from = c.stimulus_until; });
  refused([](Conditions& c) { c.stimulus_from = 0.50005; });
  refused([](Conditions& c) { c.stimulus_sd = -0.1; });
  refused([](Conditions& c) { c.sensory_rate = -1; });
  refused([](Conditions& c) { c.external_rate = 10001; });
  refused([](Conditions& c) { c.coherences = {}; });
  refused([](Conditions& c) { c.coherences = {0.5, 1.5}; });
  refused([](Conditions& c) { c.coherences = {0.5, 0.5}; });
  EXPECT_NO_THROW(check(Conditions{}));
}

}  // namespace
}  // namespace nnpoisson::wimmer
