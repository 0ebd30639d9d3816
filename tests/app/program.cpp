#include "app/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "own_folder.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

/// In the child, before the program: what `conditions` ask for.
void apply(const Conditions& conditions, const fs::path& out, int err) {
  const fs::path file = conditions.output.empty() ? out : fs::path(conditions.output);
  ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is stopped leaves no program behind
  if (conditions.largest_file) {
    std::signal(SIGXFSZ, SIG_IGN);  // so that the write fails instead
    const rlimit limit{*conditions.largest_file, *conditions.largest_file};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (conditions.obey_permissions) {  // fails where we are not root, and need not then
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
  }
}

/// `text` is `pattern`, where each "*" of the pattern stands for anything.
bool matches(const std::string& text, const std::string& pattern) {
  std::size_t at = 0, from = 0;
  while (true) {
    const auto star = pattern.find('*', from);
    const std::string part = pattern.substr(from, star - from);
    if (star == std::string::npos)
      return text.size() >= at + part.size() && text.ends_with(part) &&
             (from > 0 || text.size() == part.size());
    const auto found =
        from == 0 ? (text.starts_with(part) ? 0 : std::string::npos) : text.find(part, at);
    if (found == std::string::npos) return false;
    at = found + part.size();
    from = star + 1;
  }
}

}  // namespace

Running::Running(const std::vector<std::string>& words, const Conditions& conditions) {
  static int number = 0;
  out_ = own_folder() / (std::to_string(number++) + ".out");
  int err[2];
  if (::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe: " + std::string(std::strerror(errno)));
  std::vector<char*> arguments;
  for (const auto& word : conditions.launcher) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(
      const_cast<char*>(conditions.launcher.empty() ? "nnpoisson" : conditions.program.c_str()));
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    apply(conditions, out_, err[1]);
    ::execv(conditions.launcher.empty() ? conditions.program.c_str() : arguments[0],
            arguments.data());
    ::_exit(127);
  }
  ::close(err[1]);
  err_ = err[0];
  if (process_ < 0) throw std::runtime_error("fork: " + std::string(std::strerror(errno)));
}

Running::~Running() {
  if (!status_) {
    send(SIGKILL);
    wait();
  }
  fs::remove(out_);
  ::close(err_);
}

void Running::send(int signal) const {
  ::kill(process_, signal);
}

bool Running::ended() {
  int status = 0;
  if (!status_ && ::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
  return status_.has_value();
}

Ended Running::wait() {
  int status = 0;
  if (!status_) {
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
  }
  Ended ended;
  ended.signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
  ended.status = ended.signal != 0 ? 128 + ended.signal : WEXITSTATUS(*status_);
  std::ifstream stream(out_, std::ios::binary);
  ended.out = {std::istreambuf_iterator<char>(stream), {}};
  char some[4096];
  for (ssize_t n = 0; (n = ::read(err_, some, sizeof some)) > 0;)
    ended.err.append(some, static_cast<std::size_t>(n));
  return ended;
}

void expect_refused(const std::vector<std::string>& words, int status, const std::string& message,
                    const Conditions& conditions) {
  std::string line;
  for (const auto& word : words) line += " " + word;
  const Ended ended = run(words, conditions);
  EXPECT_EQ(ended.status, status) << "nnpoisson" << line << "\n" << ended.err;
  EXPECT_EQ(ended.signal, 0) << "nnpoisson" << line;
  EXPECT_EQ(ended.out, "") << "nnpoisson" << line;
  EXPECT_TRUE(ended.err.find('\n') + 1 == ended.err.size())
      << "not one line:\n"
      << ended.err << "from nnpoisson" << line;
  EXPECT_TRUE(matches(ended.err, "nnpoisson: " + message + "\n"))
      << ended.err << "instead of\nnnpoisson: " << message << "\n";
}

Ended expect_done(const std::vector<std::string>& words, const Conditions& conditions) {
  std::string line;
  for (const auto& word : words) line += " " + word;
  auto ended = run(words, conditions);
  EXPECT_EQ(ended.status, 0) << "nnpoisson" << line << "\n" << ended.err;
  EXPECT_EQ(ended.err, "") << "nnpoisson" << line;
  return ended;
}

void expect_same_files(const fs::path& a, const fs::path& b,
                       const std::vector<std::string>& names) {
  for (const auto& name : names)
    EXPECT_TRUE(bytes_of(a / name) == bytes_of(b / name))
        << name << " differs between " << a << " and " << b;
}

Conditions under_mpirun(int processes, Conditions conditions) {
  for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                           "OMPI_MCA_rmaps_base_oversubscribe"})
    ::setenv(name, "1", 1);
  // OpenMPI does not give back all that it takes when it starts; under sanitizers that is no fault
  // of ours.
  const char* given = std::getenv("ASAN_OPTIONS");
  ::setenv("ASAN_OPTIONS", (std::string(given ? given : "") + ":detect_leaks=0").c_str(), 1);
  conditions.launcher = {NNPOISSON_MPIRUN, "-n", std::to_string(processes)};
  return conditions;
}

fs::path fresh_folder(const std::string& name) {
  const auto folder = fresh_file(name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(stream) << file << " is not there";
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace nnpoisson::app
