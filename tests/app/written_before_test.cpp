#include <gtest/gtest.h>

#include <fstream>

#include "app/damage.hpp"
#include "app/small_run.hpp"

namespace nnpoisson::app {
namespace {

/// As to_toml wrote settings while presets exact and authors could read out units.
std::string with_readout(std::string settings, const std::string& readout) {
  return settings.insert(settings.find("stimulus_bypass"), "readout = \"" + readout + "\"\n");
}

TEST(RunFolderOfAReadout, ByRegionIsResumedAndReportedAndByUnitIsRefused) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5", run = folder / "run", config = run / "config.toml";
  write_dataset(data, testing::small_dataset());
  expect_done(short_training(data, run, {"--set", "train.validation=0"}));
  const std::string text = bytes_of(config), losses = bytes_of(run / "test.csv");

  Damage(run / "checkpoint.h5")
      .attribute("/", "settings", with_readout(text.substr(text.find("preset")), "region"));
  std::ofstream(config) << with_readout(text, "region");
  expect_done({"report", run, "--quiet"});
  const std::vector<std::string> resumed{"--resume", "--config", config};
  expect_done(short_training(data, run, resumed));
  EXPECT_EQ(bytes_of(run / "test.csv"), losses);
  EXPECT_EQ(bytes_of(config), text);

  std::ofstream(config) << with_readout(text, "unit");
  expect_refused(short_training(data, run, resumed), 2,
                 config.string() +
                     ":*: setting \"model.readout\" was removed; leave it out, or choose --preset "
                     "neurons, which has an intensity for every unit");
}

}  // namespace
}  // namespace nnpoisson::app
