#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "storage/fnv.hpp"

namespace nnpoisson {

/// Tells one dataset, or several in order, from others.
class Fingerprint {
 public:
  template <class T>
  void add(const std::vector<T>& values) {
    for (const T value : values) {
      if constexpr (std::is_floating_point_v<T>)
        numbers_.add(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
      else
        numbers_.add(static_cast<std::uint64_t>(value));
    }
  }
  void add(const std::string& text) {
    for (const char c : text) numbers_.add(static_cast<unsigned char>(c));
  }
  void add(const Dataset& d) {
    for (const auto* names : {&d.session_names, &d.region_names, &d.stimulus_names})
      for (const auto& name : *names) add(name), add(std::string(1, '\0'));
    add(std::vector<double>{d.time_limit, d.bin_width});
    add(d.trial.session), add(d.trial.stimulus), add(d.trial.response_time), add(d.trial.choice),
        add(d.trial.observed_until);
    add(d.unit.session), add(d.unit.region), add(d.spike.offset), add(d.spike.time),
        add(d.spike.unit);
    add(d.count.offset), add(d.count.bin), add(d.count.unit), add(d.count.value);
    // Adds nothing where the dataset does not tell them: checkpoints of before stay valid.
    add(d.trial.number), add(d.session_trials);
  }
  [[nodiscard]] std::uint64_t sum() const { return numbers_.sum; }

 private:
  Fnv numbers_;
};

}  // namespace nnpoisson
