#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nnpoisson::app {

/// How a command ended.
struct Ended {
  int status = -1;  ///< exit status; 128 + number where a signal ended it
  int signal = 0;   ///< that signal, else 0
  std::string out, err;
};

/// What a command is run under.
struct Conditions {
  std::optional<std::uint64_t> largest_file{};  ///< bytes; a write beyond fails, as on a full disk
  bool obey_permissions = false;                ///< also as root, who may write anywhere
  std::string output{};                 ///< file that takes standard output instead of Ended::out
  std::vector<std::string> launcher{};  ///< a program and its words that start nnpoisson
  std::string program = NNPOISSON_PROGRAM;  ///< nnpoisson, or another that takes its words
};

/// `nnpoisson` with the given words, started at once. Killed if it has not ended when the object
/// goes.
class Running {
 public:
  explicit Running(const std::vector<std::string>& words, const Conditions& conditions = {});
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void send(int signal) const;
  [[nodiscard]] bool ended();
  Ended wait();

 private:
  pid_t process_ = -1;
  std::optional<int> status_;
  std::filesystem::path out_;
  int err_ = -1;  // a pipe: Conditions::largest_file would cut a file short
};

inline Ended run(const std::vector<std::string>& words, const Conditions& conditions = {}) {
  return Running(words, conditions).wait();
}

/// Runs it and expects this exit status and exactly one line on standard error, "nnpoisson: " and
/// the message, in which <...> parts that are not for a test to know may be left out as "*".
/// Nothing may come on standard output.
void expect_refused(const std::vector<std::string>& words, int status, const std::string& message,
                    const Conditions& conditions = {});

/// Runs it and expects success and, on standard error, nothing.
Ended expect_done(const std::vector<std::string>& words, const Conditions& conditions = {});

/// Files of those names in two folders hold the same bytes.
void expect_same_files(const std::filesystem::path& a, const std::filesystem::path& b,
                       const std::vector<std::string>& names);

/// So many processes of it on this machine, started by mpirun, as root too and on few processors.
Conditions under_mpirun(int processes, Conditions conditions = {});

/// An empty folder for the test that runs, removed when the test process ends.
std::filesystem::path fresh_folder(const std::string& name = "folder");

/// The bytes of a file; a failure of the test if there is none.
std::string bytes_of(const std::filesystem::path& file);

}  // namespace nnpoisson::app
