#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"

/// HDF5 itself loses a few buffers when it cannot write a file out on closing it.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test.
class Storage : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = fs::temp_directory_path() /
             ("nnpoisson_storage_" + std::string(test->name()) + "_" + std::to_string(::getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  [[nodiscard]] std::string content(const fs::path& file) const {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(const fs::path& file, const std::string& text) const {
    std::ofstream(file, std::ios::binary) << text;
  }

  template <class Made>
  std::string message(Made&& made) const {
    try {
      made();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  }

  fs::path folder;
};

/// A dataset made with HDF5 itself, for what the writer cannot write.
void write_raw(const fs::path& file, hid_t type, const std::vector<hsize_t>& extent,
               const void* values, hid_t memory_type, const std::vector<hsize_t>& chunk = {}) {
  const hid_t id = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (!chunk.empty()) H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
  const hid_t set = H5Dcreate2(id, "x", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (values != nullptr) {
    ASSERT_GE(H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
  }
  H5Dclose(set);
  H5Pclose(creation);
  H5Sclose(space);
  H5Fclose(id);
}

TEST_F(Storage, ReturnsWhatWasWritten) {
  const fs::path file = folder / "deep" / "all.h5";
  const std::vector<double> real{-1.5, 0, std::numeric_limits<double>::infinity(), 3, 4, 5};
  const std::vector<std::int8_t> small{-1, 0, 1};
  const std::vector<std::int64_t> wide{std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max()};
  const std::vector<std::string> names{"MOs", "", "région"};
  {
    Hdf5Writer out(file);
    out.group("a");
    out.numbers("a/b/real", real, {2, 3});
    out.numbers("small", small);
    out.numbers("wide", wide);
    out.numbers("none", std::vector<float>{});
    out.strings("names", names);
    out.strings("no_names", {});
    out.attribute("/", "number", 0.1);
    out.attribute("a", "integer", std::int64_t{1} << 40);
    out.attribute("a", "text", std::string("word"));
    out.attribute("a", "texts", names);
    EXPECT_FALSE(fs::exists(file));
    out.commit();
  }
  const Hdf5Reader in(file);
  EXPECT_EQ(in.numbers<double>("a/b/real", 2), real);
  EXPECT_EQ(in.shape("a/b/real"), (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(in.numbers<std::int8_t>("small", 1), small);
  EXPECT_EQ(in.numbers<std::int32_t>("small", 1), (std::vector<std::int32_t>{-1, 0, 1}));
  EXPECT_EQ(in.numbers<std::int64_t>("wide", 1), wide);
  EXPECT_TRUE(in.numbers<double>("none", 1).empty());
  EXPECT_EQ(in.strings("names"), names);
  EXPECT_TRUE(in.strings("no_names").empty());
  EXPECT_EQ(in.number_attribute("/", "number"), 0.1);
  EXPECT_EQ(in.integer_attribute("a", "integer"), std::int64_t{1} << 40);
  EXPECT_EQ(in.string_attribute("a", "text"), "word");
  EXPECT_EQ(in.strings_attribute("a", "texts"), names);
  EXPECT_EQ(in.members("/"),
            (std::vector<std::string>{"a", "names", "no_names", "none", "small", "wide"}));
  EXPECT_TRUE(in.exists("a/b"));
  EXPECT_FALSE(in.exists("a/c/d"));
  EXPECT_FALSE(in.has_attribute("a", "nothing"));
}

TEST_F(Storage, SameValuesGiveTheSameFile) {
  for (const char* name : {"one.h5", "two.h5"}) {
    Hdf5Writer out(folder / name);
    out.numbers("x", std::vector<double>{1, 2, 3});
    out.commit();
  }
  EXPECT_EQ(content(folder / "one.h5"), content(folder / "two.h5"));
}

TEST_F(Storage, RefusesWhatTheTypeAskedForCannotHold) {
  const fs::path file = folder / "x.h5";
  const std::vector<std::int64_t> large{1, std::int64_t{1} << 53, (std::int64_t{1} << 53) + 1};
  const std::vector<std::uint64_t> beyond{std::numeric_limits<std::uint64_t>::max()};
  const std::vector<double> real{1e300};
  write_raw(file, H5T_STD_I64LE, {3}, large.data(), H5T_NATIVE_INT64);
  EXPECT_EQ(Hdf5Reader(file).numbers<std::int64_t>("x", 1), large);
  EXPECT_NE(message([&] {
              (void)Hdf5Reader(file).numbers<std::int32_t>("x", 1);
            }).find("out of the range of 32-bit integers"),
            std::string::npos);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<double>("x", 1), DataError);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<std::int64_t>("x", 2), DataError);
  EXPECT_THROW((void)Hdf5Reader(file).strings("x"), DataError);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<std::int64_t>("y", 1), DataError);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<std::int64_t>("/", 1), DataError);
  write_raw(file, H5T_STD_U64LE, {1}, beyond.data(), H5T_NATIVE_UINT64);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<std::int64_t>("x", 1), DataError);
  write_raw(file, H5T_IEEE_F64LE, {1}, real.data(), H5T_NATIVE_DOUBLE);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<std::int64_t>("x", 1), DataError);
  EXPECT_THROW((void)Hdf5Reader(file).numbers<float>("x", 1), DataError);
}

TEST_F(Storage, ReadsOtherWidthsAndByteOrders) {
  const fs::path file = folder / "x.h5";
  const std::vector<double> real{1.5, -2, std::numeric_limits<double>::infinity()};
  const std::vector<std::uint8_t> octets{0, 255};
  for (const hid_t type : {H5T_IEEE_F64BE, H5T_IEEE_F32BE, H5T_IEEE_F32LE}) {
    write_raw(file, type, {3}, real.data(), H5T_NATIVE_DOUBLE);
    EXPECT_EQ(Hdf5Reader(file).numbers<double>("x", 1), real);
    EXPECT_EQ(Hdf5Reader(file).numbers<float>("x", 1),
              std::vector<float>(real.begin(), real.end()));
  }
  for (const hid_t type : {H5T_STD_U8LE, H5T_STD_I16BE, H5T_STD_I64BE}) {
    write_raw(file, type, {2}, octets.data(), H5T_NATIVE_UINT8);
    EXPECT_EQ(Hdf5Reader(file).numbers<std::int32_t>("x", 1), (std::vector<std::int32_t>{0, 255}));
    EXPECT_EQ(Hdf5Reader(file).numbers<double>("x", 1), (std::vector<double>{0, 255}));
  }
}

TEST_F(Storage, RefusesSizesThatTheFileDoesNotHold) {
  const fs::path file = folder / "x.h5";
  const hsize_t huge = hsize_t{1} << 40;
  write_raw(file, H5T_IEEE_F64LE, {huge}, nullptr, 0, {1024});
  EXPECT_NE(message([&] {
              (void)Hdf5Reader(file).numbers<double>("x", 1);
            }).find("claims 1099511627776 values"),
            std::string::npos);
  write_raw(file, H5T_IEEE_F64LE, {huge, huge, huge}, nullptr, 0, {1, 1, 1});
  EXPECT_THROW((void)Hdf5Reader(file).numbers<double>("x", 3), DataError);
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  write_raw(file, text, {huge}, nullptr, 0, {1024});
  H5Tclose(text);
  EXPECT_THROW((void)Hdf5Reader(file).strings("x"), DataError);
}

TEST_F(Storage, RefusesWhatIsNoHdf5File) {
  EXPECT_THROW(Hdf5Reader(folder / "absent.h5"), ResourceError);
  EXPECT_THROW(Hdf5Reader{folder}, DataError);
  const fs::path file = folder / "x.h5";
  write(file, "");
  EXPECT_THROW(Hdf5Reader{file}, DataError);
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    std::string noise(static_cast<std::size_t>(1) << (i % 14), '\0');
    for (char& c : noise) c = static_cast<char>(random());
    write(file, noise);
    EXPECT_THROW(Hdf5Reader{file}, DataError);
  }
}

TEST_F(Storage, EveryTruncationIsADataError) {
  const fs::path whole = folder / "whole.h5", cut = folder / "cut.h5";
  {
    Hdf5Writer out(whole);
    out.numbers("x", std::vector<double>(500, 1.0));
    out.strings("names", {"a", "b"});
    out.commit();
  }
  const std::string bytes = content(whole);
  for (std::size_t length = 0; length < bytes.size(); length += 97) {
    write(cut, bytes.substr(0, length));
    EXPECT_THROW(
        {
          const Hdf5Reader in(cut);
          (void)in.numbers<double>("x", 1);
          (void)in.strings("names");
        },
        DataError)
        << length;
  }
}

TEST_F(Storage, WithoutCommitTheOldFileStays) {
  const fs::path file = folder / "x.h5";
  write(file, "old");
  {
    Hdf5Writer out(file);
    out.numbers("x", std::vector<double>{1});
  }
  EXPECT_EQ(content(file), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(Storage, UnwritablePlacesAreResourceErrors) {
  write(folder / "plain", "");
  EXPECT_THROW(Hdf5Writer(folder / "plain" / "x.h5"), ResourceError);
  EXPECT_THROW(Hdf5Writer{folder}, ResourceError);
  EXPECT_THROW(write_text_file(folder / "plain" / "x", "text"), ResourceError);
  EXPECT_THROW(write_text_file(folder, "text"), ResourceError);
}

/// A limit on the size of files stands in for a full disk: writes fail in the same calls.
class FullDisk : public Storage {
 protected:
  void SetUp() override {
    Storage::SetUp();
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
  }
  void TearDown() override {
    limit(before_.rlim_cur);
    Storage::TearDown();
  }
  void limit(rlim_t bytes) {
    const rlimit limited{bytes, before_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  }

  rlimit before_{};
};

TEST_F(FullDisk, IsAResourceErrorAndLeavesTheOldFile) {
  const fs::path file = folder / "x.h5";
  write(file, "old");
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{600}, rlim_t{3000}, rlim_t{100000}}) {
    limit(bytes);
    EXPECT_THROW(
        {
          Hdf5Writer out(file);
          for (int i = 0; i < 10; ++i) {
            out.numbers("group" + std::to_string(i) + "/x", std::vector<double>(10000, 1.0));
            out.strings("group" + std::to_string(i) + "/names",
                        std::vector<std::string>(100, "name"));
          }
          out.commit();
        },
        ResourceError)
        << bytes;
    EXPECT_THROW(write_text_file(file, std::string(200000, 'x')), ResourceError) << bytes;
    EXPECT_EQ(content(file), "old");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  }
  limit(before_.rlim_cur);
  Hdf5Writer out(file);
  out.numbers("x", std::vector<double>{1});
  out.commit();
  EXPECT_EQ(Hdf5Reader(file).numbers<double>("x", 1).size(), 1U);
}

TEST_F(Storage, TextIsWrittenWhole) {
  const fs::path file = folder / "new" / "x.txt";
  write_text_file(file, "one");
  write_text_file(file, "two\n");
  EXPECT_EQ(content(file), "two\n");
}

TEST(GoldenFiles, OfKerasAreRead) {
  const Hdf5Reader in(fs::path(NNPOISSON_SHARED_DIR) / "golden" / "cori7" / "run" / "models-20" /
                      "model-fwd.h5");
  const std::vector<std::string> layers = in.strings_attribute("model_weights", "layer_names");
  EXPECT_NE(std::find(layers.begin(), layers.end(), "neuro3"), layers.end());
  for (const std::string& weight : in.strings_attribute("model_weights/neuro3", "weight_names")) {
    EXPECT_EQ(in.numbers<float>("model_weights/neuro3/" + weight, 2).size(), 10U);
  }
}

}  // namespace
}  // namespace nnpoisson
