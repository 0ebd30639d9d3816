#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "own_folder.hpp"

namespace nnpoisson {

/// Every width another number, so that no two extents can be mistaken for each other.
inline NetworkShape odd_shape() {
  return {.features = 3,
          .stimulus_widths = {4, 5},
          .time_width = 6,
          .hidden_width = 7,
          .behaviour_width = 8,
          .regions = 9,
          .stimulus_bypass = true};
}

/// Parameter i is about i / 1000: no two are equal, none is exact in float32, none is negative.
inline std::vector<double> counting_parameters(const NetworkShape& shape) {
  std::vector<double> parameters(ParameterLayout(shape).size());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i] = (static_cast<double>(i) + 1.0 / 3) / 1000;
  return parameters;
}

/// The message of the E that `action` throws; fails the test where it throws nothing or something
/// else.
template <class E>
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace nnpoisson
