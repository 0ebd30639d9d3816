#include "storage/csv.hpp"

#include <gtest/gtest.h>

namespace nnpoisson {
namespace {

TEST(Csv, OnlyFieldsThatWouldBeMisreadAreQuoted) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("left VISp é"), "left VISp é");
  EXPECT_EQ(csv_field("MOs, deep"), "\"MOs, deep\"");
  EXPECT_EQ(csv_field("\"CA1\""), "\"\"\"CA1\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
}

}  // namespace
}  // namespace nnpoisson
