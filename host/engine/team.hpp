#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace nnpoisson {

/// A fixed team of threads that shares out numbered tasks, again and again with little delay. What
/// a task computes must not depend on which worker takes it; then the numbers do not depend on the
/// size of the team.
class Team {
 public:
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(task, worker) for every task in [0, tasks), worker in [0, size()), and returns when
  /// all are done. body must not throw.
  template <class Body>
  void run(std::uint32_t tasks, const Body& body) {
    if (tasks <= 1 || workers_.empty()) {
      for (std::uint32_t t = 0; t < tasks; ++t) body(t, 0);
      return;
    }
    start(
        tasks,
        [](const void* context, std::uint32_t task, int worker) {
          (*static_cast<const Body*>(context))(task, worker);
        },
        &body);
  }

 private:
  using Call = void (*)(const void*, std::uint32_t, int);
  void start(std::uint32_t tasks, Call call, const void* context);
  void work(int worker);
  void take_tasks(int worker);

  std::vector<std::thread> workers_;
  Call call_ = nullptr;
  const void* context_ = nullptr;
  std::uint32_t tasks_ = 0;
  alignas(64) std::atomic<std::uint32_t> round_{
      0};  // changes when there is work; the last one ends the team
  alignas(64) std::atomic<std::uint32_t> next_{0};
  alignas(64) std::atomic<std::uint32_t> finished_{0};
  bool over_ = false;
};

}  // namespace nnpoisson
