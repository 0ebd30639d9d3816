#include <gtest/gtest.h>

#include <fstream>
#include <ostream>

#include "app/small_run.hpp"

namespace nnpoisson::app {
namespace {

struct Wrong {
  const char* name;
  std::vector<std::string> words;  ///< DATA, RUN, FOLDER, FILE (of `content`) stand for paths
  std::string message;
  int status = 2;
  std::string content{};
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class Command : public ::testing::TestWithParam<Wrong> {
 protected:
  [[nodiscard]] std::string filled(std::string text) const {
    const std::pair<const char*, std::string> places[] = {{"DATA", folder_ / "data.h5"},
                                                          {"COUNTS", folder_ / "counts.h5"},
                                                          {"RUN", folder_ / "run"},
                                                          {"FILE", folder_ / "file"},
                                                          {"FOLDER", folder_}};
    for (const auto& [word, path] : places)
      for (auto at = text.find(word); at != std::string::npos;
           at = text.find(word, at + path.size()))
        text.replace(at, std::string(word).size(), path);
    return text;
  }
  std::filesystem::path folder_ = fresh_folder();
};

TEST_P(Command, IsRefused) {
  write_dataset(folder_ / "data.h5", testing::small_dataset());
  write_dataset(folder_ / "counts.h5", testing::small_counts());
  const std::string data = bytes_of(folder_ / "data.h5");
  std::ofstream(folder_ / "file") << GetParam().content;
  std::vector<std::string> words;
  for (const auto& word : GetParam().words) words.push_back(filled(word));
  expect_refused(words, GetParam().status, filled(GetParam().message));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  EXPECT_EQ(bytes_of(folder_ / "data.h5"), data);
}

std::vector<std::string> train(const std::vector<std::string>& more) {
  std::vector<std::string> words{"train", "--quiet", "--train", "DATA", "--out", "RUN"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
std::vector<std::string> set(const std::string& assignment) {
  return train({"--set", assignment});
}
std::vector<std::string> config() {
  return train({"--config", "FILE"});
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, Command,
    ::testing::Values(
        // Words.
        Wrong{"Nothing", {}, "A subcommand is required; see nnpoisson --help"},
        Wrong{"UnknownCommand", {"fit", "DATA"}, "\"fit\" is not known; see nnpoisson --help"},
        Wrong{"UnknownOption", train({"--iterations", "3"}),
              "\"--iterations\" is not known; see nnpoisson --help"},
        Wrong{"NoTrainingSet",
              {"train", "--out", "RUN"},
              "--train is required; see nnpoisson --help"},
        Wrong{
            "NoRunFolder", {"train", "--train", "DATA"}, "--out is required; see nnpoisson --help"},
        Wrong{"OneFileTooMany",
              {"info", "DATA", "DATA"},
              "\"DATA\" is not known; see nnpoisson --help"},
        Wrong{"UnknownPreset", train({"--preset", "mine"}),
              "--preset: mine not in {neurons,exact,authors}; see nnpoisson --help"},
        Wrong{"UnknownBackend", train({"--backend", "abacus"}),
              "--backend: must be auto, reference, cpu or cuda, not \"abacus\""},
        Wrong{"NegativeThreads", train({"--threads", "-1"}),
              "--threads: Value -1 not in range 0 to 1024; see nnpoisson --help"},
        Wrong{"NegativeSeed", train({"--seed", "-1"}),
              "--seed: Value -1 not in range 0 to *; see nnpoisson --help"},
        Wrong{"SeedText", train({"--seed", "today"}), "--seed: *; see nnpoisson --help"},
        Wrong{"SeedTooLargeForNumPy", train({"--preset", "authors", "--seed", "4294967296"}),
              "setting \"seed\" is above 4294967295; *"},
        Wrong{"CheckpointsInThePast", train({"--checkpoint-seconds", "-1"}),
              "--checkpoint-seconds: Value -1 not in range *"},
        Wrong{"NoTrials",
              {"simulate", "known", "--trials", "0", "--out", "RUN"},
              "--trials: Value 0 not in range 1 to *"},
        Wrong{"NegativeTrials",
              {"simulate", "known", "--trials", "-5", "--out", "RUN"},
              "--trials: Value -5 not in range 1 to *"},
        Wrong{"SplitOfNothing",
              {"split", "DATA", "--test", "0", "--out-train", "RUN", "--out-test", "FILE"},
              "--test 0 leaves 3 training and 0 test trials of 3; *"},
        Wrong{"SplitFractionNaN",
              {"split", "DATA", "--test", "nan", "--out-train", "RUN", "--out-test", "FILE"},
              "*the test fraction must lie in [0, 1]"},
        Wrong{"SplitFractionTwo",
              {"split", "DATA", "--test", "2", "--out-train", "RUN", "--out-test", "FILE"},
              "*the test fraction must lie in [0, 1]"},
        Wrong{"SplitOverItself",
              {"split", "DATA", "--out-train", "RUN", "--out-test", "FOLDER/./data.h5"},
              "FOLDER/./data.h5: is named twice; *"},
        Wrong{"ImportOverItself",
              {"import", "npz", "FILE", "--out", "FILE"},
              "FILE: is named twice; *"},
        Wrong{"ImportNoArchive",
              {"import", "npz", "FILE", "--out", "RUN"},
              "FILE: *",
              3,
              "not a zip file"},
        Wrong{"ImportUnknownStimulus",
              {"import", "npz", "FILE", "--out", "RUN", "--stimulus", "loud"},
              "--stimulus: must be raw, one-hot or standardise, not \"loud\""},
        Wrong{"EvaluateOverItsData",
              {"evaluate", "--model", "FILE", "--data", "DATA", "--out", "DATA"},
              "DATA: is named twice; *"},
        Wrong{"PredictOverItsStimuli",
              {"predict", "--model", "FILE", "--stimuli", "DATA", "--out", "DATA"},
              "DATA: is named twice; *"},
        Wrong{"PredictForNothing",
              {"predict", "--model", "FILE", "--out", "RUN.h5"},
              "predict: needs one of --data and --stimuli, to say for which stimuli"},
        Wrong{"PredictTrialsOfStimuli",
              {"predict", "--trials", "--model", "FILE", "--stimuli", "DATA", "--out", "RUN.h5"},
              "predict: --trials takes its trials from --data, without --stimuli, --units and "
              "--observed-until"},
        Wrong{"PredictToAnything",
              {"predict", "--model", "FILE", "--data", "DATA", "--out", "RUN.txt"},
              "RUN.txt: must end in .h5, .csv or .npz, which says what to write"},
        Wrong{"PredictBackwards",
              {"predict", "--model", "FILE", "--data", "DATA", "--times", "1:0:0.1", "--out",
               "RUN.h5"},
              "--times: must be FROM:UNTIL:STEP in seconds, for instance 0:0.4:0.01, not "
              "\"1:0:0.1\""},
        Wrong{"WindowWithoutEnd",
              {"correlations", "--model", "FILE", "--data", "DATA", "--window", "0.1"},
              "--window: must be FROM:UNTIL in seconds, for instance 0.1:0.3, not \"0.1\""},
        Wrong{"UnknownLesion",
              {"dependencies", "--model", "FILE", "--data", "DATA", "--lesion", "cut"},
              "--lesion: cut not in {stimulus,constant}; see nnpoisson --help"},
        Wrong{"NoFile",
              {"info", "FOLDER/absent.h5"},
              "FOLDER/absent.h5: cannot be opened (No such file or directory)",
              4},
        Wrong{"FolderForFile", {"info", "FOLDER"}, "FOLDER: is a folder, not an HDF5 file", 3},
        Wrong{"DeviceForFile", {"info", "/dev/zero"}, "/dev/zero: is not a regular file", 3},
        // Settings.
        Wrong{"SetNoValue", set("train.iterations"),
              "\"train.iterations\": a setting is written key=value"},
        Wrong{"SetEmpty", set("train.iterations="), "\"train.iterations=\": *"},
        Wrong{"SetUnknown", set("train.learning_rat=1"),
              "\"train.learning_rat=1\": unknown setting \"train.learning_rat\"; the nearest known "
              "one is \"train.learning_rate\""},
        Wrong{"SetText", set("train.iterations=many"),
              "\"train.iterations=many\": setting \"train.iterations\" is 'many'; expected an "
              "integer from 1 to 1000000"},
        Wrong{"SetZero", set("train.batches=0"),
              "\"train.batches=0\": setting \"train.batches\" is 0; expected an integer from 1 to "
              "1000000"},
        Wrong{"SetNaN", set("train.learning_rate=nan"),
              "\"train.learning_rate=nan\": setting \"train.learning_rate\" is nan; expected a "
              "number *"},
        Wrong{"SetThreeWidths",
              train({"--preset", "exact", "--set", "model.stimulus_widths=[1,2,3]"}),
              "*setting \"model.stimulus_widths\" is [ 1, 2, 3 ]; expected an array of two "
              "integers *"},
        Wrong{"SetWidthHuge", train({"--preset", "exact", "--set", "model.hidden_width=5000"}),
              "*setting \"model.hidden_width\" is 5000; expected an integer from 1 to 4096"},
        Wrong{
            "SetPreset", set("preset=authors"),
            "\"preset=authors\": the preset decides all defaults and cannot be set after them; *"},
        Wrong{"SetTwoLines", set("train.iterations=1\nseed=2"), "*"},
        Wrong{"SetReadout", set("model.readout=unit"),
              "*setting \"model.readout\" was removed; leave it out, or choose --preset neurons*"},
        Wrong{"ConfigAbsent", train({"--config", "FOLDER/absent.toml"}),
              "FOLDER/absent.toml: the settings file cannot be read; *"},
        Wrong{"ConfigFolder", train({"--config", "FOLDER"}),
              "FOLDER: the settings file cannot be read; *"},
        Wrong{"ConfigNoToml", config(), "FILE:2: not TOML: *", 2, "[train]\niterations is 3\n"},
        Wrong{"ConfigNoText", config(), "FILE:1: not TOML: *", 2,
              std::string("\x80\xff\x00\x01", 4)},
        Wrong{"ConfigUnknownKey", config(),
              "FILE:2: unknown setting \"train.precission\"; the nearest known one is "
              "\"train.precision\"",
              2, "[train]\nprecission = \"float\"\n"},
        Wrong{"ConfigUnknownTable", config(),
              "FILE:2: unknown setting \"trian.iterations\"; the nearest known one is "
              "\"train.iterations\"",
              2, "[trian]\niterations = 3\n"},
        Wrong{"ConfigWrongType", config(),
              "FILE:1: setting \"seed\" is 'one'; expected an integer *", 2, "seed = \"one\"\n"},
        Wrong{"ConfigTwice", config(), "FILE:3: not TOML: *", 2,
              "[train]\niterations = 3\niterations = 4\n"},
        // What excludes each other.
        Wrong{"TwoPresets", train({"--preset", "exact", "--config", "FILE"}),
              "FILE: preset: is \"authors\", but --preset asks for exact", 2,
              "preset = \"authors\"\n"},
        Wrong{"ResumeAndOverwrite", train({"--resume", "--overwrite"}),
              "--resume and --overwrite exclude each other"},
        Wrong{"AuthorsWithValidation",
              train({"--preset", "authors", "--set", "train.validation=0.1"}),
              "setting \"train.validation\" is not 0; preset \"authors\" *"},
        Wrong{"AuthorsInAbsoluteTime",
              train({"--preset", "authors", "--set", "train.neural_time=absolute"}),
              "setting \"train.neural_time\" is \"absolute\"; preset \"authors\" *"},
        Wrong{"AuthorsWithCounts",
              {"train", "--quiet", "--preset", "authors", "--train", "COUNTS", "--out", "RUN"},
              "COUNTS: attribute bin_width: these are counts in bins, and preset authors needs "
              "spike times; use preset exact"},
        Wrong{"InstructionsOfNoKernel",
              train({"--backend", "reference", "--instruction-set", "avx2"}),
              "--instruction-set is of --backend cpu; *"},
        // What is not there.
        Wrong{"NoSuchInstructions", train({"--instruction-set", "mmx"}), "instruction set mmx: *",
              4},
        Wrong{"NoInit", train({"--init", "FOLDER/absent.h5"}),
              "FOLDER/absent.h5: cannot be opened (No such file or directory)", 4},
        Wrong{"NoTestSet", train({"--test", "FOLDER/absent.h5"}),
              "FOLDER/absent.h5: cannot be opened (No such file or directory)", 4}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Help, EndsWell) {
  for (const char* command : {"info", "import", "split", "simulate", "sample", "train", "evaluate",
                              "predict", "correlations", "dependencies"})
    EXPECT_NE(expect_done({command, "--help"}).out.find("Usage: nnpoisson"), std::string::npos);
}

}  // namespace
}  // namespace nnpoisson::app
