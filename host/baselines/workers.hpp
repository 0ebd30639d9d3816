#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "curves/parallel.hpp"
#include "curves/progress_counter.hpp"

namespace nnpoisson {

/// The threads that share the work of a long call, which is counted for its Watch.
class Workers {
 public:
  /// `threads`: 0: one for each processor. `watch` must outlive it.
  Workers(int threads, const Watch& watch) : threads_(threads), watch_(watch), counter_(watch) {}

  /// work(n) for each n in [0, count), as for_each_in_parallel: the pieces of a new phase. Throws
  /// Interrupted if the call is to end.
  template <class Work>
  void for_each(std::string phase, std::size_t count, const Work& work, std::size_t block = 16) {
    begin(std::move(phase), count);
    const auto counted = [&](std::size_t n) {
      work(n);
      this->count();
    };
    share(count, counted, block);
  }

  /// The same where a piece of the phase is not one n: the work counts its pieces itself.
  void begin(std::string phase, std::size_t pieces) { counter_.begin(std::move(phase), pieces); }
  void count() { counter_.count(); }
  template <class Work>
  void share(std::size_t count, const Work& work, std::size_t block = 16) {
    for_each_in_parallel(count, threads_, work, block);
  }

  /// For work that is long within a piece: throws Interrupted if the call is to end.
  void stop_if_asked() const {
    if (watch_.stopped()) throw Interrupted();
  }

 private:
  int threads_;
  const Watch& watch_;
  ProgressCounter counter_;
};

}  // namespace nnpoisson
