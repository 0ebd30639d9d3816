#include "engine/team.hpp"

namespace nnpoisson {
namespace {

/// Waits until `ready`: a step's phases are microseconds apart, so it looks for a while before it
/// lets go of the processor.
template <class Ready>
bool spin(const Ready& ready) {
  for (int i = 0; i < 4000; ++i) {
    if (ready()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return false;
}

}  // namespace

Team::Team(int threads) {
  for (int w = 1; w < threads; ++w) workers_.emplace_back([this, w] { work(w); });
}

Team::~Team() {
  over_ = true;
  ++round_;
  round_.notify_all();
  for (auto& w : workers_) w.join();
}

void Team::start(std::uint32_t tasks, Call call, const void* context) {
  call_ = call;
  context_ = context;
  tasks_ = tasks;
  next_ = 0;
  finished_ = 0;
  ++round_;
  round_.notify_all();
  take_tasks(0);
  const auto all = static_cast<std::uint32_t>(workers_.size());
  while (!spin([&] { return finished_.load() == all; })) std::this_thread::yield();
}

void Team::work(int worker) {
  for (std::uint32_t seen = 0;;) {
    if (!spin([&] { return round_.load() != seen; })) round_.wait(seen);
    if (round_.load() == seen) continue;
    ++seen;
    if (over_) return;
    take_tasks(worker);
    ++finished_;
  }
}

void Team::take_tasks(int worker) {
  for (std::uint32_t t = next_++; t < tasks_; t = next_++) call_(context_, t, worker);
}

}  // namespace nnpoisson
