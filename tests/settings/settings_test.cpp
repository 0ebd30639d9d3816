#include "nnpoisson/settings.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "nnpoisson/error.hpp"
#include "own_folder.hpp"
#include "settings/keys.hpp"

namespace nnpoisson {
namespace {

std::filesystem::path file_of(const std::string& text) {
  const auto file = fresh_file("settings.toml");
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

Settings read(const std::string& text, Settings settings = preset_settings(Preset::exact)) {
  apply_toml(settings, file_of(text));
  return settings;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no UsageError";
  return {};
}

TEST(Presets, Authors) {
  const Settings exact = preset_settings(Preset::exact), authors = preset_settings(Preset::authors);
  EXPECT_EQ(to_toml(preset_settings(default_preset)), to_toml(Settings{}));
  EXPECT_EQ(exact.train.learning_rate, 5e-3);
  EXPECT_EQ(exact.train.iterations, 1000);
  EXPECT_EQ(exact.train.episodes, 10);
  EXPECT_EQ(exact.train.validation, 0.1);
  EXPECT_EQ(authors.preset, Preset::authors);
  EXPECT_EQ(authors.train.learning_rate, 1e-4);
  EXPECT_EQ(authors.train.behaviour_weight, 0.01);
  EXPECT_EQ(authors.train.iterations, 2000);
  EXPECT_EQ(authors.train.episodes, 10);
  EXPECT_EQ(authors.train.batches, 10);
  EXPECT_EQ(authors.train.validation, 0);
  EXPECT_EQ(authors.train.time_resolution, 0);
  EXPECT_TRUE(authors.model.stimulus_bypass);
  EXPECT_FALSE(exact.model.stimulus_bypass);
  EXPECT_NO_THROW(check(exact));
  EXPECT_NO_THROW(check(authors));
}

const char* const everything = R"(preset = "authors"
seed = 17
[model]
stimulus_widths = [12, 13]
time_width = 14
hidden_width = 15
behaviour_width = 16
stimulus_bypass = false
[train]
iterations = 21
episodes = 2
batches = 5
learning_rate = 0.125
behaviour_weight = 3
time_resolution = 1e-3
precision = "double"
neural_time = "scaled"
validation = 0.25
patience = 7
save_every = 9
)";

TEST(Toml, EveryKeyReachesItsField) {
  const Settings s = read(everything);
  EXPECT_EQ(s.preset, Preset::authors);
  EXPECT_EQ(s.seed, 17U);
  EXPECT_EQ(s.model.stimulus_widths, (std::array{12, 13}));
  EXPECT_EQ(s.model.time_width, 14);
  EXPECT_EQ(s.model.hidden_width, 15);
  EXPECT_EQ(s.model.behaviour_width, 16);
  EXPECT_FALSE(s.model.stimulus_bypass);
  EXPECT_EQ(s.train.iterations, 21);
  EXPECT_EQ(s.train.episodes, 2);
  EXPECT_EQ(s.train.batches, 5);
  EXPECT_EQ(s.train.learning_rate, 0.125);
  EXPECT_EQ(s.train.behaviour_weight, 3);
  EXPECT_EQ(s.train.time_resolution, 1e-3);
  EXPECT_EQ(s.train.precision, Precision::double_precision);
  EXPECT_EQ(s.train.neural_time, NeuralTime::scaled);
  EXPECT_EQ(s.train.validation, 0.25);
  EXPECT_EQ(s.train.patience, 7);
  EXPECT_EQ(s.train.save_every, 9);
  EXPECT_EQ(read("preset = \"exact\"\n[train]\nneural_time = \"absolute\"").train.neural_time,
            NeuralTime::absolute);
}

TEST(Toml, PresetDecidesDefaultsWhereverItStands) {
  Settings before;
  before.train.patience = 3;
  EXPECT_EQ(to_toml(read("[train]\nbatches = 3\n", before)), to_toml([&] {
              Settings s = before;
              s.train.batches = 3;
              return s;
            }()));
  Settings expected = preset_settings(Preset::authors);
  expected.train.learning_rate = 0.5;
  EXPECT_EQ(to_toml(read("train.learning_rate = 0.5\npreset = \"authors\"\n", before)),
            to_toml(expected));
}

TEST(Toml, FilesWrittenBeforeMayNameTheReadoutByRegion) {
  EXPECT_EQ(to_toml(read("[model]\nreadout = \"region\"\n")),
            to_toml(preset_settings(Preset::exact)));
}

TEST(Toml, EmptyFileChangesNothing) {
  EXPECT_EQ(to_toml(read("", Settings{})), to_toml(Settings{}));
  EXPECT_EQ(to_toml(read("# only a comment\n[train]\n", Settings{})), to_toml(Settings{}));
}

TEST(Toml, RoundTripsEveryBit) {
  EXPECT_EQ(to_toml(read(to_toml(read(everything)))), to_toml(read(everything)));
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-11, 0);
  for (int i = 0; i < 200; ++i) {
    Settings s = preset_settings(i % 2 == 0 ? Preset::exact : Preset::authors);
    s.seed = random() >> 1;
    s.train.learning_rate = std::pow(10, exponent(random));
    s.train.behaviour_weight = std::pow(10, exponent(random));
    s.train.time_resolution = std::pow(10, exponent(random));
    s.train.validation = 0.9 * std::pow(10, exponent(random));
    const Settings back = read(to_toml(s));
    ASSERT_EQ(back.seed, s.seed);
    ASSERT_EQ(back.train.learning_rate, s.train.learning_rate);
    ASSERT_EQ(back.train.behaviour_weight, s.train.behaviour_weight);
    ASSERT_EQ(back.train.time_resolution, s.train.time_resolution);
    ASSERT_EQ(back.train.validation, s.train.validation);
    ASSERT_EQ(to_toml(back), to_toml(s));
  }
}

struct Bad {
  std::string toml;
  int line;
  std::string said;
};
void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.toml;
}

class BadToml : public testing::TestWithParam<Bad> {};
TEST_P(BadToml, IsRefusedWithFileLineAndKey) {
  const auto file = file_of(GetParam().toml);
  const Settings before = preset_settings(Preset::exact);
  Settings settings = before;
  const auto message = message_of([&] { apply_toml(settings, file); });
  EXPECT_TRUE(message.starts_with(file.string() + ":" + std::to_string(GetParam().line) + ": "))
      << message;
  EXPECT_NE(message.find(GetParam().said), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(to_toml(settings), to_toml(before)) << "a bad file changed the settings";
}
INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, BadToml,
    testing::Values(Bad{"[train]\nbatches = 3\nlearning_rat = 1", 3,
                        "unknown setting \"train.learning_rat\"; the nearest known one is "
                        "\"train.learning_rate\""},
                    Bad{"sed = 1", 1, "\"sed\"; the nearest known one is \"seed\""},
                    Bad{"episodes = 1", 1,
                        "\"episodes\"; the nearest known one is \"train.episodes\""},
                    Bad{"[trian]\niterations = 1", 2,
                        "\"trian.iterations\"; the nearest known one is \"train.iterations\""},
                    Bad{"\n[nonsense]\n", 2, "unknown setting \"nonsense\""},
                    Bad{"[train.batches]\nx = 1", 1, "\"train.batches\""},
                    Bad{"\"a\\nb\" = 1", 1, "unknown setting \"a b\""},
                    Bad{"model = 3", 1, "unknown setting \"model\""},
                    Bad{"[[train]]\nbatches = 1", 1, "unknown setting \"train\""}));
INSTANTIATE_TEST_SUITE_P(
    WrongValues, BadToml,
    testing::Values(
        Bad{"[train]\nbatches = \"ten\"", 2,
            "\"train.batches\" is 'ten'; expected an integer from 1 to 1000000"},
        Bad{"[train]\nbatches = 2.0", 2, "\"train.batches\" is 2.0; expected an integer"},
        Bad{"[train]\nbatches = 0", 2, "\"train.batches\" is 0"},
        Bad{"[train]\niterations = -1", 2, "\"train.iterations\""},
        Bad{"[train]\nepisodes = 4294967297", 2, "\"train.episodes\""},
        Bad{"[train]\npatience = true", 2, "\"train.patience\""},
        Bad{"[train]\nsave_every = 0", 2, "\"train.save_every\""},
        Bad{"[train]\nlearning_rate = 0", 2,
            "\"train.learning_rate\" is 0; expected a number from 1e-12 to 1"},
        Bad{"[train]\nlearning_rate = nan", 2, "\"train.learning_rate\""},
        Bad{"[train]\nlearning_rate = \"1\"", 2, "\"train.learning_rate\""},
        Bad{"[train]\nbehaviour_weight = -0.1", 2, "\"train.behaviour_weight\""},
        Bad{"[train]\nbehaviour_weight = inf", 2, "\"train.behaviour_weight\""},
        Bad{"[train]\ntime_resolution = -1e-9", 2, "\"train.time_resolution\""},
        Bad{"[train]\nvalidation = 1", 2, "\"train.validation\""},
        Bad{"[train]\nprecision = \"half\"", 2, "expected \"float\" or \"double\""},
        Bad{"[train]\nprecision = \"a\\nb\"", 2, "\"train.precision\""},
        Bad{"[train]\nprecision = 64", 2, "\"train.precision\""},
        Bad{"[train]\nneural_time = \"Scaled\"", 2, "expected \"scaled\" or \"absolute\""},
        Bad{"[model]\ntime_width = 0", 2, "\"model.time_width\""},
        Bad{"[model]\nhidden_width = 4097", 2, "\"model.hidden_width\""},
        Bad{"[model]\nbehaviour_width = [1]", 2, "\"model.behaviour_width\""},
        Bad{"[model]\nstimulus_widths = 10", 2,
            "\"model.stimulus_widths\" is 10; expected an array of two integers"},
        Bad{"[model]\nstimulus_widths = [10]", 2, "\"model.stimulus_widths\""},
        Bad{"[model]\nstimulus_widths = [10, 10, 10]", 2, "\"model.stimulus_widths\""},
        Bad{"[model]\nstimulus_widths = [10, 0]", 2, "\"model.stimulus_widths\""},
        Bad{"[model]\nstimulus_widths = [10, \"10\"]", 2, "\"model.stimulus_widths\""},
        Bad{"[model]\nstimulus_bypass = 1", 2, "expected true or false"},
        Bad{"[model]\nreadout = \"unit\"", 2, "\"model.readout\" was removed"},
        Bad{"[model]\nreadout = 1", 2, "\"model.readout\" was removed"},
        Bad{"seed = -1", 1, "\"seed\""}, Bad{"seed = 1.5", 1, "\"seed\""},
        Bad{"preset = \"exakt\"", 1, "expected \"neurons\", \"exact\" or \"authors\""}));
INSTANTIATE_TEST_SUITE_P(NotToml, BadToml,
                         testing::Values(Bad{"[train]\nbatches = \n", 2, "not TOML"},
                                         Bad{"seed = 1\nseed = 2\n", 2, "not TOML"},
                                         Bad{"seed = 99999999999999999999", 1, "not TOML"},
                                         Bad{"\n\nseed", 3, "not TOML"}));

TEST(Toml, UnreadableFilesAreNamed) {
  Settings settings;
  const auto missing = own_folder() / "no" / "such.toml";
  EXPECT_NE(message_of([&] { apply_toml(settings, missing); }).find(missing.string()),
            std::string::npos);
  EXPECT_NE(message_of([&] { apply_toml(settings, own_folder()); }).find(own_folder().string()),
            std::string::npos);
}

TEST(Assignment, ValuesAreTomlOrBareWords) {
  Settings s = preset_settings(Preset::exact);
  for (const char* text :
       {"seed=3", "train.iterations = 21", "train.learning_rate=1e-4",
        "model.stimulus_widths=[3, 4]", "train.precision=double", "train.neural_time='absolute'",
        "model.stimulus_bypass=true", "train.behaviour_weight=2"})
    apply_assignment(s, text);
  EXPECT_EQ(s.seed, 3U);
  EXPECT_EQ(s.train.iterations, 21);
  EXPECT_EQ(s.train.learning_rate, 1e-4);
  EXPECT_EQ(s.model.stimulus_widths, (std::array{3, 4}));
  EXPECT_EQ(s.train.precision, Precision::double_precision);
  EXPECT_EQ(s.train.neural_time, NeuralTime::absolute);
  EXPECT_TRUE(s.model.stimulus_bypass);
  EXPECT_EQ(s.train.behaviour_weight, 2);
}

class BadAssignment : public testing::TestWithParam<std::pair<const char*, const char*>> {};
TEST_P(BadAssignment, IsRefused) {
  const auto [text, said] = GetParam();
  const Settings before = preset_settings(Preset::exact);
  Settings s = before;
  const auto message = message_of([&, text = text] { apply_assignment(s, text); });
  EXPECT_NE(message.find(said), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(to_toml(s), to_toml(before));
}
INSTANTIATE_TEST_SUITE_P(
    Texts, BadAssignment,
    testing::Values(std::pair{"train.iterations", "key=value"}, std::pair{"", "key=value"},
                    std::pair{"=3", "unknown setting \"\""},
                    std::pair{"train.iteration=3", "nearest known one is \"train.iterations\""},
                    std::pair{"train=3", "unknown setting \"train\""},
                    std::pair{"train.iterations=", "expected an integer"},
                    std::pair{"train.iterations=many", "is 'many'; expected an integer"},
                    std::pair{"train.iterations=3\nseed = 4", "an assignment sets one value"},
                    std::pair{"train.precision=true", "expected \"float\" or \"double\""},
                    std::pair{"model.readout=unit", "choose --preset neurons, which has an"},
                    std::pair{"model.stimulus_widths=[1, 2", "not TOML"},
                    std::pair{"preset=authors", "preset"}));

// check() is the last gate for settings that no file or command line made.
TEST(Check, RefusesWhatIsOutOfRange) {
  const std::vector<std::pair<const char*, std::function<void(Settings&)>>> cases{
      {"seed", [](Settings& s) { s.seed = std::uint64_t{1} << 63; }},
      {"model.stimulus_widths",
       [](Settings& s) {
         s.model.stimulus_widths = {10, 0};
       }},
      {"model.time_width", [](Settings& s) { s.model.time_width = 0; }},
      {"model.hidden_width", [](Settings& s) { s.model.hidden_width = -5; }},
      {"model.behaviour_width", [](Settings& s) { s.model.behaviour_width = 4097; }},
      {"train.iterations", [](Settings& s) { s.train.iterations = 0; }},
      {"train.episodes", [](Settings& s) { s.train.episodes = 0; }},
      {"train.batches", [](Settings& s) { s.train.batches = 0; }},
      {"train.learning_rate",
       [](Settings& s) { s.train.learning_rate = std::numeric_limits<double>::quiet_NaN(); }},
      {"train.behaviour_weight", [](Settings& s) { s.train.behaviour_weight = -1; }},
      {"train.time_resolution", [](Settings& s) { s.train.time_resolution = 11; }},
      {"train.validation", [](Settings& s) { s.train.validation = 0.95; }},
      {"train.patience", [](Settings& s) { s.train.patience = 0; }},
      {"train.save_every", [](Settings& s) { s.train.save_every = 0; }}};
  for (const auto& [key, spoil] : cases) {
    Settings s;
    spoil(s);
    const auto message = message_of([&, &broken = s] { check(broken); });
    EXPECT_NE(message.find("\"" + std::string(key) + "\""), std::string::npos) << message;
  }
}

TEST(Check, RefusesWhatTheAuthorsPresetCannotDo) {
  const std::vector<std::pair<const char*, std::function<void(Settings&)>>> cases{
      {"train.neural_time", [](Settings& s) { s.train.neural_time = NeuralTime::absolute; }},
      {"train.validation", [](Settings& s) { s.train.validation = 0.1; }},
      {"seed", [](Settings& s) { s.seed = std::uint64_t{1} << 32; }}};
  for (const auto& [key, change] : cases) {
    Settings exact = preset_settings(Preset::exact), authors = preset_settings(Preset::authors);
    change(exact);
    change(authors);
    EXPECT_NO_THROW(check(exact));
    const auto message = message_of([&, &refused = authors] { check(refused); });
    EXPECT_NE(message.find("\"" + std::string(key) + "\""), std::string::npos) << message;
  }
}

TEST(Presets, Neurons) {
  const Settings neurons = preset_settings(Preset::neurons);
  EXPECT_EQ(neurons.train.iterations, 100);
  EXPECT_EQ(neurons.train.episodes, 1);
  EXPECT_EQ(neurons.train.learning_rate, 0.01);
  EXPECT_EQ(neurons.train.validation, 0);
  EXPECT_NO_THROW(check(neurons));
}

TEST(Presets, RefuseKeysOfOthers) {
  Settings neurons = preset_settings(Preset::neurons), exact = preset_settings(Preset::exact);
  EXPECT_NE(message_of([&] {
              apply_assignment(neurons, "train.neural_time=scaled");
            }).find("\"train.neural_time\" is none of preset \"neurons\""),
            std::string::npos);
  EXPECT_NE(message_of([&] {
              apply_assignment(exact, "model.rank=2");
            }).find("\"model.rank\" is none of preset \"exact\""),
            std::string::npos);
  apply_assignment(neurons, "model.rank=2");
  EXPECT_EQ(neurons.model.rank, 2);
  EXPECT_EQ(to_toml(exact).find("rank"), std::string::npos);
  EXPECT_NE(to_toml(neurons).find("rank = 2"), std::string::npos);
}

// docs/settings.md lists every key with the defaults of all presets as to_toml writes them.
TEST(Documentation, ListsEveryKeyAndDefault) {
  std::ifstream stream(std::filesystem::path(__FILE__).parent_path() / "../../docs/settings.md");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  ASSERT_FALSE(text.empty());
  for (const SettingKey& key : setting_keys()) {
    std::string row = "| `" + key.name + "` |";
    for (const Preset preset : {Preset::neurons, Preset::exact, Preset::authors})
      row += key.known_to(preset) ? " `" + key.to_toml(preset_settings(preset)) + "` |" : " |";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace nnpoisson
