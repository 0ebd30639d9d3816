#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace nnpoisson {

/// Collects, out of a whole recording, the spikes that fall into windows of it: 16 bytes for each
/// spike kept, however many pass by.
class SpikeWindows {
 public:
  /// [start, end) on the recording's clock, in any order; they may overlap, and then share spikes.
  struct Window {
    double start, end;
  };
  explicit SpikeWindows(std::vector<Window> windows);  ///< UsageError: more than 64 of them overlap

  [[nodiscard]] std::size_t size() const { return windows_.size(); }
  [[nodiscard]] std::size_t kept() const;  ///< spikes so far, once for each window they lie in
  [[nodiscard]] std::size_t dropped() const { return dropped_; }  ///< spikes in none
  /// Windows that lie before the first or after the last of all spikes, kept or not.
  [[nodiscard]] std::size_t outside() const;
  /// A spike at `time`, s; quickest when they ascend.
  void add(double time, std::int32_t unit) {
    if (time < before_) restart(time);
    before_ = time;
    first_ = time < first_ ? time : first_;
    last_ = time > last_ ? time : last_;
    while (begun_ < windows_.size() && windows_[begun_].start <= time) ++begun_;
    bool inside = false;
    for (std::size_t w = begun_; w-- > 0 && latest_end_[w] > time;) {
      if (windows_[w].end <= time) continue;
      keep(time - windows_[w].start, unit, w);
      inside = true;
    }
    dropped_ += inside ? 0U : 1U;
  }

  /// Spikes of one unit; where they ascend, those between windows are passed over.
  void add(std::span<const double> times, std::int32_t unit);

  struct Spike {
    double time;  ///< s from the window's start
    std::int32_t unit;
  };
  /// Calls `take(window, spikes)` for each window as they were given, spikes by time, then by unit,
  /// to be changed at will. Once only.
  template <class Take>
  void for_each(Take&& take) {
    Sorted sorted = sort();
    for (std::size_t w = 0; w < size(); ++w) {
      take(w, std::span<Spike>(sorted.spike)
                  .subspan(sorted.offset[w], sorted.offset[w + 1] - sorted.offset[w]));
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
  void restart(double time);
  void keep(double time, std::int32_t unit, std::size_t window);

  std::vector<Window> windows_;                               ///< by start
  std::vector<std::int32_t> number_;                          ///< of each as it was given
  std::vector<double> latest_end_;                            ///< of it and all before
  double before_ = -std::numeric_limits<double>::infinity();  ///< the spike before
  double first_ = std::numeric_limits<double>::infinity(), last_ = -first_;  ///< of all spikes
  std::size_t begun_ = 0;  ///< windows that start at or before it
  std::size_t dropped_ = 0;
  /// In blocks, because a growing array would for a moment need twice its size.
  std::vector<std::vector<Entry>> block_;
};

}  // namespace nnpoisson
