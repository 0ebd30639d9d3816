#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace nnpoisson::report {

/// A gnuplot process that draws into a folder while we go on.
class Gnuplot {
 public:
  /// Throws ResourceError where there is no gnuplot.
  explicit Gnuplot(const std::filesystem::path& folder);
  ~Gnuplot();
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  void draw(const std::string& commands);
  /// Waits until all is drawn. Throws ResourceError with what gnuplot complains of.
  void finish();

 private:
  [[noreturn]] void fail();
  int wait();
  pid_t process_ = -1;
  int input_ = -1;
  std::FILE* complaints_ = nullptr;
};

}  // namespace nnpoisson::report
