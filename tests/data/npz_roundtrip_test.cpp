#include <gtest/gtest.h>

#include <filesystem>

#include "data/npz_file.hpp"
#include "nnpoisson/error.hpp"
#include "storage/npz_writer.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

TEST(NpzWriter, WritesWhatTheReaderReads) {
  const fs::path file = fs::path(testing::TempDir()) / "written.npz";
  {
    NpzWriter out(file);
    out.numbers("matrix", {1, -2.5, 1e-300, 4, 5, 6}, {2, 3});
    out.numbers("scalar", {0.1}, {});
    out.numbers("empty", {}, {0, 4});
    out.integers("ids", {-1, std::int64_t{1} << 62});
    // Two, three and four bytes of UTF-8; then what is no UTF-8: each such byte becomes U+FFFD.
    out.strings("names", {"VISp", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xAD", "a\xFF\xC3", ""});
    EXPECT_FALSE(fs::exists(file)) << "there before it is whole";
    out.commit();
  }
  const NpzFile in(file);
  const auto matrix = in.array("matrix");
  EXPECT_EQ(matrix.shape(), (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(matrix.real(1), -2.5);
  EXPECT_EQ(matrix.real(2), 1e-300);
  EXPECT_EQ(matrix.real(5), 6);
  EXPECT_EQ(in.array("scalar").real(0), 0.1);
  EXPECT_EQ(in.array("scalar").shape().size(), 0U);
  EXPECT_EQ(in.array("empty").shape(), (std::vector<std::size_t>{0, 4}));
  EXPECT_EQ(in.array("ids").integer(1), std::int64_t{1} << 62);
  EXPECT_EQ(in.array("names").texts(),
            (std::vector<std::string>{"VISp", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xAD",
                                      "a\xEF\xBF\xBD\xEF\xBF\xBD", ""}));
  fs::remove(file);
}

TEST(NpzWriter, LeavesNothingWhenItIsNotCommitted) {
  const fs::path folder = fs::path(testing::TempDir()) / "abandoned";
  { NpzWriter(folder / "a.npz").numbers("x", {1}, {1}); }
  EXPECT_TRUE(fs::is_empty(folder));
  fs::remove_all(folder);
  NpzWriter nowhere("/proc/none.npz");
  nowhere.numbers("x", {1}, {1});
  EXPECT_THROW(nowhere.commit(), ResourceError);
}

}  // namespace
}  // namespace nnpoisson
