#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace nnpoisson {

/// Collects, out of a whole recording, the spikes that fall into windows of it: 16 bytes for each spike kept, however many pass by.
class SpikeWindows {
 public:
  /// [start, end) on the recording's clock, in any order; they may overlap, and then share spikes.
  struct Window {
    double start, end;
  };
  explicit SpikeWindows(std::vector<Window> windows);  ///< UsageError: more than 64 of them overlap

  [[nodiscard]] std::size_t size() const { return windows_.size(); }
  [[nodiscard]] std::size_t kept() const;  ///< spikes so far
  /// Spikes of one unit, s; quickest when they ascend.
  void add(std::span<const double> times, std::int32_t unit);

  struct Spike {
    double time;  ///< s from the window's start
    std::int32_t unit;
  };
  /// Calls `take(window, spikes)` for each window as they were given, spikes by time, then by unit, to be changed at will. Once only.
  template <class Take>
  void for_each(Take&& take) {
    Sorted sorted = sort();
    for (std::size_t w = 0; w < size(); ++w) {
      take(w, std::span<Spike>(sorted.spike).subspan(sorted.offset[w], sorted.offset[w + 1] - sorted.offset[w]));
    }
  }

 private:
  struct Entry {
    double time;
    std::int32_t unit, window;
  };
  struct Sorted {
    std::vector<std::size_t> offset;
    std::vector<Spike> spike;
  };
  [[nodiscard]] Sorted sort();
  void keep(double time, std::int32_t unit, std::size_t window);

  std::vector<Window> windows_;            ///< by start
  std::vector<std::int32_t> number_;       ///< of each as it was given
  std::vector<double> latest_end_;         ///< of it and all before
  std::vector<std::vector<Entry>> block_;  ///< blocks, because a growing array would for a moment need twice its size
};

}  // namespace nnpoisson
