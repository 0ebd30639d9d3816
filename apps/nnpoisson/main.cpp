#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "commands.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace {

using nnpoisson::ExitStatus;

int complain(std::string text, ExitStatus status) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::fprintf(stderr, "nnpoisson: %s\n", text.c_str());
  return static_cast<int>(status);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Fits a monotone neural-network point-process model to spikes, choices and response times",
      "nnpoisson");
  app.set_version_flag("--version", NNPOISSON_VERSION);
  app.require_subcommand(1);

  nnpoisson::command::add_info(app);
  nnpoisson::command::add_import(app);
  nnpoisson::command::add_export(app);
  nnpoisson::command::add_split(app);
  nnpoisson::command::add_simulate(app);
  nnpoisson::command::add_train(app);
  nnpoisson::command::add_sweep(app);
  nnpoisson::command::add_sample(app);
  nnpoisson::command::add_evaluate(app);
  nnpoisson::command::add_report(app);
  nnpoisson::command::add_predict(app);
  nnpoisson::command::add_correlations(app);
  nnpoisson::command::add_dependencies(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      // CLI11 tells of what is missing first; a mistyped word is the likelier reason.
      const auto unknown = app.remaining(true);
      const std::string what =
          unknown.empty() ? error.what() : "\"" + unknown.front() + "\" is not known";
      return complain(what + "; see nnpoisson --help", ExitStatus::usage);
    }
    app.exit(error);  // prints --help, --version
  }
  if (std::fflush(stdout) != 0)
    throw nnpoisson::ResourceError(std::string("standard output: ") + std::strerror(errno));
  return static_cast<int>(ExitStatus::done);
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
/// HDF5 itself loses a few buffers when it cannot write a file out on closing it.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}
#endif

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const nnpoisson::Interrupted&) {
    return nnpoisson::command::signal_status();
  } catch (const nnpoisson::Error& error) {
    return complain(error.what(), error.status());
  } catch (const std::bad_alloc&) {
    return complain("not enough memory", ExitStatus::resource);
  } catch (const std::system_error& error) {  // threads, file systems
    return complain(error.what(), ExitStatus::resource);
  } catch (const std::exception& error) {
    return complain(std::string("unexpected: ") + error.what(), ExitStatus::usage);
  }
}
