#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

#include "app/damage.hpp"
#include "app/small_run.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

class Resource : public ::testing::Test {
 protected:
  void SetUp() override { write_dataset(data, testing::small_dataset()); }
  /// No file that was begun and not finished.
  void expect_nothing_partial() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      EXPECT_NE(entry.path().extension(), ".partial") << entry.path();
  }
  fs::path folder = fresh_folder(), data = folder / "data.h5", run_folder = folder / "run";
};

TEST_F(Resource, ReadOnlyFolder) {
  const auto closed = folder / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms::owner_read | fs::perms::owner_exec);
  const Conditions obey{.obey_permissions = true};
  const auto run = closed / "run", file = closed / "out.h5";
  expect_refused(short_training(data, run), 4,
                 run.string() + ": cannot be made (Permission denied); choose another --out", obey);
  expect_refused(short_training(data, closed), 4,
                 (closed / ".lock").string() + ": cannot be written (Permission denied)", obey);
  expect_refused(
      {"split", data, "--test", "0.5", "--out-train", file, "--out-test", folder / "b.h5"}, 4,
      file.string() + ": *cannot be written (Permission denied)", obey);
  fs::permissions(closed, fs::perms::owner_all);
  EXPECT_TRUE(fs::is_empty(closed));
}

TEST_F(Resource, UnreadableFile) {
  fs::permissions(data, fs::perms::none);
  expect_refused({"info", data}, 4, data.string() + ": cannot be opened (Permission denied)",
                 {.obey_permissions = true});
}

TEST_F(Resource, FolderUnderAFile) {
  const auto run = data / "run";
  expect_refused(short_training(data, run), 4,
                 run.string() + ": cannot be made (Not a directory); choose another --out");
  expect_refused(short_training(data, data), 4,
                 data.string() + ": cannot be made (*); choose another --out");
  expect_refused({"simulate", "known", "--trials", "2", "--out", run}, 4,
                 run.string() + ": cannot be written (*)");
  const auto proc = fs::path("/proc/nnpoisson");
  expect_refused(short_training(data, proc), 4,
                 proc.string() + ": cannot be made (*); choose another --out");
}

TEST_F(Resource, FullDiskForAFile) {
  const std::string before = bytes_of(data);
  for (const std::uint64_t room : {0, 1000, 20000}) {
    const auto out = folder / "out.h5";
    expect_refused({"simulate", "known", "--trials", "8", "--out", out}, 4,
                   out.string() + ": *cannot be written (*)", {.largest_file = room});
    EXPECT_FALSE(fs::exists(out));
    expect_nothing_partial();
  }
  const auto json = folder / "metrics.json", model = folder / "model.h5";
  write_model(model, small_model());
  expect_refused({"evaluate", "--model", model, "--data", data, "--out", json}, 4,
                 json.string() + ": cannot be written (File too large)", {.largest_file = 100});
  EXPECT_FALSE(fs::exists(json));
  EXPECT_EQ(bytes_of(data), before);
  expect_nothing_partial();
}

TEST_F(Resource, FullDiskForARun) {
  const auto done = folder / "done";
  expect_done(short_training(data, done));
  // Room for less than the first checkpoint, and for that but not for the models: what was whole
  // stays whole.
  const auto checkpoint = fs::file_size(done / "checkpoint.h5");
  expect_refused(short_training(data, run_folder), 4,
                 (run_folder / "checkpoint.h5").string() + ": *cannot be written (*)",
                 {.largest_file = checkpoint / 2});
  expect_nothing_partial();
  const auto room = fs::file_size(done / "models-0" / "model-fwd.h5") - 1;
  ASSERT_GT(room, checkpoint);
  expect_refused(short_training(data, run_folder), 4,
                 (run_folder / "models-0" / "model-fwd.h5").string() + ": *cannot be written (*)",
                 {.largest_file = room});
  expect_nothing_partial();
  EXPECT_FALSE(fs::exists(run_folder / "model.h5"));
  expect_done(short_training(data, run_folder, {"--resume"}));
  EXPECT_EQ(bytes_of(run_folder / "test.csv"), bytes_of(done / "test.csv"));
}

TEST_F(Resource, FullDiskForTheTable) {
  for (const char* form : {"--json", "--help"})
    expect_refused({"info", data, form}, 4, "standard output: No space left on device",
                   {.output = "/dev/full"});
}

TEST_F(Resource, RunFolderInUse) {
  expect_done(short_training(data, run_folder));
  const std::string before = bytes_of(run_folder / "test.csv");
  const int lock = ::open((run_folder / ".lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  for (const char* how : {"--resume", "--overwrite"})
    expect_refused(
        short_training(data, run_folder, {how}), 4,
        run_folder.string() +
            ": another process is running in this folder; wait for it or choose another --out");
  ::close(lock);
  EXPECT_EQ(bytes_of(run_folder / "test.csv"), before);
  expect_done(short_training(data, run_folder, {"--resume"}));
}

TEST_F(Resource, RunFolderTaken) {
  expect_done(short_training(data, run_folder));
  const std::string model = bytes_of(run_folder / "model.h5");
  const std::string name = run_folder.string();
  expect_refused(short_training(data, run_folder), 2,
                 name + ": already holds a run; use --resume, --overwrite or another --out");
  expect_refused(short_training(data, run_folder, {"--resume", "--seed", "3"}), 2,
                 name + ": was trained under other settings (see its config.toml); *");
  expect_refused(short_training(data, run_folder, {"--resume", "--test", data}), 2,
                 name + ": was trained on other data; *");
  Dataset other = testing::small_dataset();
  other.spike.time[1] = 0.0625;
  write_dataset(folder / "other.h5", other);
  expect_refused(short_training(folder / "other.h5", run_folder, {"--resume"}), 2,
                 name + ": was trained on other data; *");
  EXPECT_EQ(bytes_of(run_folder / "model.h5"), model);

  std::ofstream(run_folder / "checkpoint.h5.partial") << "left by a run that was killed";
  expect_done(short_training(data, run_folder, {"--overwrite", "--seed", "3"}));
  EXPECT_NE(bytes_of(run_folder / "model.h5"), model);
  expect_nothing_partial();
}

TEST_F(Resource, FolderOfSomeoneElse) {
  fs::create_directory(run_folder);
  std::ofstream(run_folder / "thesis.tex") << "years of work";
  const std::string name = run_folder.string();
  expect_refused(short_training(data, run_folder), 2,
                 name + ": already holds a run; use --resume, --overwrite or another --out");
  expect_refused(short_training(data, run_folder, {"--overwrite"}), 2,
                 name + ": holds thesis.tex, which is no run's; --overwrite replaces runs only");
  expect_refused(short_training(data, run_folder, {"--resume"}), 2,
                 name +
                     "/checkpoint.h5: is missing, so there is nothing to resume; use --overwrite "
                     "or another --out");
  EXPECT_EQ(std::distance(fs::directory_iterator(run_folder), fs::directory_iterator()), 1);
}

TEST_F(Resource, NoDevice) {
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);  // also where there is one
  expect_refused(short_training(data, run_folder, {"--backend", "cuda"}), 4, "backend cuda: *");
  EXPECT_FALSE(fs::exists(run_folder));
}

/// Numbers that no float holds: the run ends at once, names the place, and leaves a checkpoint that
/// can be read.
class Numerical : public Resource {
 protected:
  void expect_given_up(const fs::path& training, const std::vector<std::string>& more,
                       const std::string& message) const {
    expect_refused(short_training(training, run_folder, more), 5,
                   run_folder.string() + ": " + message);
    const Hdf5Reader checkpoint(run_folder / "checkpoint.h5");
    EXPECT_EQ(checkpoint.integer_attribute("/", "iterations"), 0);
    EXPECT_FALSE(fs::exists(run_folder / "model.h5"));
    auto again = more;
    again.push_back("--resume");
    expect_refused(short_training(training, run_folder, again), 5,
                   run_folder.string() + ": " + message);
  }
};

TEST_F(Numerical, StimulusBeyondFloat) {
  Dataset loud = testing::small_dataset();
  loud.trial.stimulus[0] = 1e300;
  loud.trial.stimulus[3] = -1e300;
  write_dataset(folder / "loud.h5", loud);
  expect_given_up(folder / "loud.h5", {},
                  "* is not finite at step * of iteration 0 (all regions); the checkpoint before "
                  "that iteration is kept, try *");
}

TEST_F(Numerical, RegionOfTheStep) {
  Dataset loud = testing::small_dataset();
  loud.trial.stimulus[2] = 1e300;  // of the second session, which has no units of region b
  loud.trial.stimulus[3] = -1e300;
  write_dataset(folder / "loud.h5", loud);
  expect_given_up(folder / "loud.h5", {"--preset", "authors"},
                  "* is not finite at step * of iteration 0 (region *); *");
}

TEST_F(Numerical, TestSet) {
  Dataset loud = testing::small_dataset();
  loud.trial.stimulus[2] = 1e300;
  loud.trial.stimulus[3] = -1e300;
  write_dataset(folder / "loud.h5", loud);
  expect_given_up(
      data, {"--test", folder / "loud.h5"},
      "neural loss of the test set is not finite after the last step of iteration 0 (region é); *");
}

}  // namespace
}  // namespace nnpoisson::app
