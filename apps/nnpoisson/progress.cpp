#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>

namespace nnpoisson::command {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> caught{0};

extern "C" void on_signal(int number) {
  if (stop) _exit(128 + number);  // the second one does not wait
  caught = number;
  stop = true;
}

}  // namespace

std::string clock(double seconds) {
  const auto s = static_cast<long>(std::lround(seconds));
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

ProgressDisplay::ProgressDisplay(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressDisplay::show(std::size_t done, std::size_t all, double seconds,
                           const std::string& line) {
  if (quiet_) return;
  const bool last = done == all;
  if (!last && seconds - shown_ < (terminal_ ? 0.1 : 10.0)) return;
  shown_ = seconds;
  if (!terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  constexpr std::size_t width = 20;
  const std::size_t full = width * done / all;
  fmt::print(stderr, "\r\x1b[K[{}{}] {}{}", std::string(full, '='), std::string(width - full, ' '),
             line, last ? "\n" : "");
  std::fflush(stderr);
  open_line_ = !last;
}

void ProgressDisplay::message(const std::string& text) {
  if (quiet_) return;
  fmt::print(stderr, "{}{}\n", open_line_ ? "\n" : "", text);
  open_line_ = false;
}

Watch watch_on(ProgressDisplay& display) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();  // of all calls that share the watch
  const auto show = [&display, start](const Progress& now) {
    const bool short_phase = static_cast<double>(now.done) < now.rate;  // less than a second
    if (short_phase) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const std::string line = fmt::format("{} {}/{}  {:.3g} a second  {} left", now.phase, now.done,
                                         now.all, now.rate, clock(now.seconds_left));
    display.show(now.done, now.all, seconds, line);
  };
  return {show, &stop_on_signals()};
}

const std::atomic<bool>& stop_on_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return stop;
}

int signal_status() {
  return 128 + caught.load();
}

}  // namespace nnpoisson::command
