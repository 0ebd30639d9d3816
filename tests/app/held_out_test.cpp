#include <gtest/gtest.h>

#include <regex>

#include "app/program.hpp"
#include "nnpoisson/dataset.hpp"
#include "random_dataset.hpp"

namespace nnpoisson::app {
namespace {

/// With a test set a fit by neuron ends with its two numbers; without, and quietly, it does not.
TEST(HeldOut, IsSaidOfATestSet) {
  const auto folder = fresh_folder();
  const auto train = folder / "train.h5", test = folder / "test.h5";
  write_dataset(train, testing::random_dataset({.seed = 1, .trials = 40, .stimuli = 5}));
  write_dataset(test, testing::random_dataset({.seed = 1, .trials = 15, .stimuli = 5}));
  const auto trained = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"train", "--overwrite",  "--train", train,
                                   "--out", folder / "run", "--set",   "train.iterations=5"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ended = run(words);
    EXPECT_EQ(ended.status, 0) << ended.err;
    return ended.out;
  };

  const std::string number = "-?\\d\\.\\d{4} \\+- \\d\\.\\d{4}";
  const std::regex said("\\nheld out: " + number + " bits a spike over constant rates, " + number +
                        " over a GLM by unit\\n$");
  EXPECT_TRUE(std::regex_search(trained({"--test", test}), said));
  EXPECT_EQ(trained({}).find("held out"), std::string::npos);
  EXPECT_EQ(trained({"--test", test, "--quiet"}), "");
}

}  // namespace
}  // namespace nnpoisson::app
