#include "report/gnuplot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "nnpoisson/error.hpp"

namespace nnpoisson::report {

Gnuplot::Gnuplot(const std::filesystem::path& folder) {
  // A socket instead of a pipe: writing to a process that has ended is then an error, not a signal.
  std::array<int, 2> ends{};
  complaints_ = std::tmpfile();
  if (complaints_ == nullptr ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw ResourceError(std::string("gnuplot: cannot be started (") + std::strerror(errno) + ")");
  input_ = ends[0];

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ::fileno(complaints_), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ::fileno(complaints_), STDERR_FILENO);

  std::array<std::string, 3> words{"gnuplot", "-d", "-"};  // -d: no start-up file of the user's
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int error =
      ::posix_spawnp(&process_, "gnuplot", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error == 0) return;

  process_ = -1;
  const std::string reason = error == ENOENT
                                 ? "is not found"
                                 : std::string("cannot be started (") + std::strerror(error) + ")";
  ::close(input_);
  std::fclose(complaints_);
  throw ResourceError("gnuplot: " + reason +
                      "; it draws the figures: install it (Debian, Ubuntu: gnuplot-nox)");
}

Gnuplot::~Gnuplot() {
  if (process_ > 0) wait();
  std::fclose(complaints_);
}

/// Its exit status.
int Gnuplot::wait() {
  int status = 0;
  ::close(input_);
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return status;
}

void Gnuplot::draw(const std::string& commands) {
  for (std::size_t done = 0; done < commands.size();) {
    const ssize_t n = ::send(input_, commands.data() + done, commands.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    done += static_cast<std::size_t>(n);
  }
}

void Gnuplot::finish() {
  if (wait() != 0) fail();
}

void Gnuplot::fail() {
  if (process_ > 0) wait();
  std::array<char, 400> text{};
  std::rewind(complaints_);
  std::string said;
  const std::size_t size = std::fread(text.data(), 1, text.size(), complaints_);
  for (std::size_t k = 0; k < size; ++k) {
    const char c = text[k] == '\n' ? ' ' : text[k];  // its lines, as one
    if (c != ' ' || !said.ends_with(' ')) said += c;
  }
  throw ResourceError("gnuplot: has not drawn the figures:" + said);
}

}  // namespace nnpoisson::report
