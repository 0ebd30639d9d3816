#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "tolerance.hpp"

namespace nnpoisson::app {

inline std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> pieces;
  std::istringstream stream(text);
  for (std::string piece; std::getline(stream, piece, at);) pieces.push_back(piece);
  return pieces;
}

/// Rows of two test.csv after their heads: `wanted` may lack the last columns. Returns how many
/// numbers were compared.
inline std::size_t expect_close_rows(const std::vector<std::string>& rows,
                                     const std::vector<std::string>& wanted_rows) {
  std::size_t compared = 0;
  for (std::size_t i = 1; i < std::min(rows.size(), wanted_rows.size()); ++i) {
    const auto wanted = cut(wanted_rows[i], ','), got = cut(rows[i], ',');
    EXPECT_GE(got.size(), wanted.size()) << "row " << i;
    for (std::size_t k = 0; k < std::min(got.size(), wanted.size()); ++k) {
      EXPECT_EQ(got[k].empty(), wanted[k].empty()) << "row " << i << ", column " << k;
      if (got[k].empty() || wanted[k].empty()) continue;
      const double value = std::stod(wanted[k]),
                   error = std::abs(std::stod(got[k]) - value) / std::max(1.0, std::abs(value));
      EXPECT_TRUE(error <= tolerance::run_history)
          << "row " << i << ", column " << k << ": " << got[k] << ", wanted " << wanted[k];
      ++compared;
    }
  }
  return compared;
}

}  // namespace nnpoisson::app
