#include "data/spike_windows.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t block_size = 1 << 16;
constexpr std::size_t most_overlapping = 64;

bool earlier(const SpikeWindows::Spike& a, const SpikeWindows::Spike& b) {
  return a.time != b.time ? a.time < b.time : a.unit < b.unit;
}

/// By time, then unit. Spikes spread over all of a window, so slices of it hold a few each;
/// `sliced` is room for them.
void sort_by_time(std::span<SpikeWindows::Spike> spikes, std::vector<SpikeWindows::Spike>& sliced) {
  constexpr std::size_t few = 16;
  const auto by_time = [](const auto& a, const auto& b) { return a.time < b.time; };
  const auto [first, last] = std::minmax_element(spikes.begin(), spikes.end(), by_time);
  if (spikes.size() <= few || !(first->time < last->time))
    return std::sort(spikes.begin(), spikes.end(), earlier);

  const std::size_t slices = spikes.size() / few + 1;
  const double start = first->time, length = last->time - start;
  const auto slice_of = [&](double time) {
    return std::min(slices - 1, static_cast<std::size_t>((time - start) / length *
                                                         static_cast<double>(slices)));
  };

  // Spikes go to their slice: `end` holds first where each begins, then where it ends.
  std::vector<std::size_t> end(slices + 1, 0);
  for (const auto& spike : spikes) ++end[slice_of(spike.time) + 1];
  std::partial_sum(end.begin(), end.end(), end.begin());
  sliced.resize(std::max(sliced.size(), spikes.size()));
  for (const auto& spike : spikes) sliced[end[slice_of(spike.time)]++] = spike;

  std::size_t begin = 0;
  for (std::size_t slice = 0; slice < slices; begin = end[slice++]) {
    std::sort(sliced.begin() + static_cast<std::ptrdiff_t>(begin),
              sliced.begin() + static_cast<std::ptrdiff_t>(end[slice]), earlier);
  }
  std::copy_n(sliced.begin(), spikes.size(), spikes.begin());
}

}  // namespace

SpikeWindows::SpikeWindows(std::vector<Window> windows)
    : number_(windows.size()), latest_end_(windows.size()) {
  std::iota(number_.begin(), number_.end(), 0);
  const auto start = [&](std::int32_t w) { return windows[static_cast<std::size_t>(w)].start; };
  std::stable_sort(number_.begin(), number_.end(),
                   [&](std::int32_t a, std::int32_t b) { return start(a) < start(b); });
  double latest = -std::numeric_limits<double>::infinity();
  for (std::size_t w = 0; w < windows.size(); ++w) {
    windows_.push_back(windows[static_cast<std::size_t>(number_[w])]);
    latest_end_[w] = latest = std::max(latest, windows_.back().end);
  }

  // Each spike is kept once for every window around it: with bad onsets there would be no end to
  // them.
  std::vector<double> ends;
  for (const Window& window : windows_) ends.push_back(window.end);
  std::sort(ends.begin(), ends.end());
  for (std::size_t begun = 0, ended = 0; begun < windows_.size(); ++begun) {
    while (ended < begun && ends[ended] <= windows_[begun].start) ++ended;
    if (begun + 1 > ended + most_overlapping) {
      throw UsageError(
          "more than " + std::to_string(most_overlapping) +
          " trials overlap in time; give a shorter --time-limit, or check the stimulus onsets");
    }
  }
}

void SpikeWindows::keep(double time, std::int32_t unit, std::size_t window) {
  if (block_.empty() || block_.back().size() == block_size)
    block_.emplace_back().reserve(block_size);
  block_.back().push_back({time, unit, number_[window]});
}

std::size_t SpikeWindows::kept() const {
  return block_.empty() ? 0 : (block_.size() - 1) * block_size + block_.back().size();
}

std::size_t SpikeWindows::outside() const {
  return static_cast<std::size_t>(
      std::count_if(windows_.begin(), windows_.end(), [&](const Window& window) {
        return window.start < window.end && (window.start > last_ || window.end <= first_);
      }));
}

void SpikeWindows::add(std::span<const double> times, std::int32_t unit) {
  bool ascending = true;
  for (std::size_t i = 1; i < times.size(); ++i) ascending &= times[i - 1] <= times[i];
  for (auto next = times.begin(); next != times.end();) {
    const double time = *next++;
    add(time, unit);

    const bool between = begun_ == 0 || latest_end_[begun_ - 1] <= time;
    if (!ascending || !between) continue;
    const auto passed_over = next;
    next = begun_ == windows_.size() ? times.end()
                                     : std::lower_bound(next, times.end(), windows_[begun_].start);
    dropped_ += static_cast<std::size_t>(next - passed_over);
  }
  if (ascending && !times.empty()) last_ = std::max(last_, times.back());
}

void SpikeWindows::restart(double time) {
  const auto before = [](double when, const Window& window) { return when < window.start; };
  begun_ = static_cast<std::size_t>(
      std::upper_bound(windows_.begin(), windows_.end(), time, before) - windows_.begin());
}

SpikeWindows::Sorted SpikeWindows::sort() {
  Sorted sorted;
  sorted.offset.assign(size() + 1, 0);
  for (const auto& block : block_)
    for (const Entry& entry : block) ++sorted.offset[static_cast<std::size_t>(entry.window) + 1];
  std::partial_sum(sorted.offset.begin(), sorted.offset.end(), sorted.offset.begin());
  sorted.spike.resize(sorted.offset.back());

  std::vector<std::size_t> next(sorted.offset.begin(), sorted.offset.end() - 1);
  for (auto& block : block_) {
    for (const Entry& entry : block)
      sorted.spike[next[static_cast<std::size_t>(entry.window)]++] = {entry.time, entry.unit};
    std::vector<Entry>().swap(block);
  }

  std::vector<Spike> sliced;
  for (std::size_t w = 0; w < size(); ++w) {
    sort_by_time(
        std::span(sorted.spike).subspan(sorted.offset[w], sorted.offset[w + 1] - sorted.offset[w]),
        sliced);
  }
  return sorted;
}

}  // namespace nnpoisson
