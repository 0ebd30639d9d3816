#include <gtest/gtest.h>

#include <cstdlib>

#include "app/program.hpp"
#include "app/small_run.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

/// A folder with a finished run of few steps in it.
fs::path folder_with_run() {
  const auto folder = fresh_folder();
  write_dataset(folder / "data.h5", testing::small_dataset());
  expect_done(short_training(folder / "data.h5", folder / "run", {"--set", "train.validation=0"}));
  return folder;
}

TEST(ReportCommand, MakesThePage) {
  const auto run = folder_with_run() / "run";
  EXPECT_EQ(expect_done({"report", run, "--quiet"}).out, "");
  EXPECT_NE(bytes_of(run / "report" / "index.html").find("training set"), std::string::npos);
}

TEST(ReportCommand, NamesWhatIsMissing) {
  const auto folder = folder_with_run(), run = folder / "run";
  expect_refused({"report", folder}, 2, "*: holds no run; name the folder that train --out made");
  expect_refused({"report", run, "--data", folder / "none.h5"}, 4, "*none.h5: cannot be opened*");
  const char* path = std::getenv("PATH");
  const std::string kept = path != nullptr ? path : "";
  ::setenv("PATH", "/nowhere", 1);
  expect_refused(
      {"report", run, "--quiet"}, 4,
      "gnuplot: is not found; it draws the figures: install it (Debian, Ubuntu: gnuplot-nox)");
  ::setenv("PATH", kept.c_str(), 1);
  EXPECT_FALSE(fs::exists(run / "report"));
  fs::rename(folder / "data.h5", folder / "moved.h5");
  expect_refused(
      {"report", run, "--quiet"}, 2,
      "*data.h5: is named by the run's config.toml and not to be found from here; give --data");
  fs::remove(run / "model.h5");
  expect_refused({"report", run, "--quiet"}, 2,
                 "*model.h5: is missing, the fit has not ended; go on with train --resume");
  EXPECT_FALSE(fs::exists(run / "report.partial"));
}

}  // namespace
}  // namespace nnpoisson::app
