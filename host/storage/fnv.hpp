#pragma once

#include <cstdint>

namespace nnpoisson {

/// FNV-1a, a number at a time: tells contents apart that differ by accident.
struct Fnv {
  std::uint64_t sum = 0xcbf29ce484222325;
  void add(std::uint64_t value) { sum = (sum ^ value) * 0x100000001b3; }
};

}  // namespace nnpoisson
