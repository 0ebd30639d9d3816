#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "simt/cuda_runtime.hpp"

/// What the emulation knows of its cards, their streams and their memory.
namespace simt {

/// Work in order, done when somebody waits for it.
struct StreamState {
  int card = 0;
  std::deque<std::function<void()>> work;
  bool capturing = false;
  std::vector<std::function<void()>> captured;
};

/// How often an event was recorded, and how many of those its stream has reached; lives on in work
/// that waits for it.
struct EventState {
  struct Marks {
    std::uint64_t recorded = 0, reached = 0;
    StreamState* stream = nullptr;
    double time = 0;
  };
  int card = 0;
  bool timing = false;
  std::shared_ptr<Marks> marks = std::make_shared<Marks>();
};

struct GraphState {
  int card = 0;
  std::vector<std::function<void()>> work;
};

struct PoolState {};

struct CardState {
  Card card;
  bool context = false;
  double clock = 0;  // s
  std::map<const void*, int> shared_limit;
  PoolState pool;
  Done done;
};

/// All cards of the process, behind one lock: work of one card at a time.
struct Cards {
  std::recursive_mutex mutex;
  std::deque<CardState> all;
  std::map<const void*, std::size_t> memory, pinned;
};
inline Cards& cards() {
  static Cards cards;
  return cards;
}
inline thread_local int current = 0;
inline thread_local bool at_work = false;
inline thread_local cudaError_t last_error = cudaSuccess;

inline constexpr int usual_shared_limit = 48 << 10;

inline cudaError_t report(cudaError_t status) {
  if (status != cudaSuccess) last_error = status;
  return status;
}

/// The current card, on which this makes a context. Null: it cannot be used.
inline CardState* use_card() {
  auto& all = cards().all;
  if (current < 0 || static_cast<std::size_t>(current) >= all.size()) return nullptr;
  CardState& card_state = all[static_cast<std::size_t>(current)];
  if (card_state.card.prohibited || card_state.card.busy) return nullptr;
  card_state.context = at_work = true;
  return &card_state;
}
inline CardState& card_of(const StreamState& stream) {
  return cards().all[static_cast<std::size_t>(stream.card)];
}

inline void do_next(StreamState& stream) {
  const auto work = std::move(stream.work.front());
  stream.work.pop_front();
  work();
}
inline void do_all(StreamState& stream) {
  while (!stream.work.empty()) do_next(stream);
}
inline void reach(EventState::Marks& marks, std::uint64_t record) {
  while (marks.reached < record) do_next(*marks.stream);
}
inline void enqueue(StreamState& stream, std::function<void()> work) {
  if (stream.capturing)
    stream.captured.push_back(std::move(work));
  else
    stream.work.push_back(std::move(work));
}

inline bool is_pinned(const void* at) {
  auto& pinned = cards().pinned;
  const auto after = pinned.upper_bound(at);
  if (after == pinned.begin()) return false;
  const auto [first, bytes] = *std::prev(after);
  return static_cast<const char*>(at) < static_cast<const char*>(first) + bytes;
}

inline void* filled_with_nan(std::size_t bytes) {
  void* memory = ::operator new(bytes);
  std::memset(memory, 0xFF, bytes);
  return memory;
}

using Lock = std::lock_guard<std::recursive_mutex>;

}  // namespace simt
