#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace nnpoisson {

/// The processes that share a sweep. Where mpirun or srun started none beside this one it is alone,
/// and MPI is never started.
class Ranks {
 public:
  /// Throws ResourceError where several were started and this build or its MPI cannot serve them.
  Ranks();
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] int here() const { return here_; }    ///< processes on this machine
  [[nodiscard]] int local() const { return local_; }  ///< this one's number among them
  [[nodiscard]] std::string name() const;             ///< for messages: "process 2 of 4 on node7"
  [[nodiscard]] int processors()
      const;  ///< that this process may take, its neighbours on the machine taking as many
  /// Rank 0's text, on every rank; all call it.
  [[nodiscard]] std::string broadcast(std::string text) const;
  /// Every rank's text in order on rank 0, nothing elsewhere; all call it.
  [[nodiscard]] std::vector<std::string> gather(const std::string& text) const;
  /// Sends a question to rank 0 and waits for the answer; threads of other ranks may ask at the
  /// same time, each by its own number.
  [[nodiscard]] std::string ask(int thread, const std::string& question);
  /// On rank 0: answers one question that has come. False: none has.
  bool answer(const std::function<std::string(const std::string&)>& reply);

 private:
  int rank_ = 0, count_ = 1, here_ = 1, local_ = 0;
  bool started_ = false;
  std::mutex mutex_;
};

}  // namespace nnpoisson
