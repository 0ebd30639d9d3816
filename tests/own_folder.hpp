#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace nnpoisson {

/// A folder of this test process alone, removed when it ends; NNPOISSON_TEST_FOLDER names one that
/// is kept.
inline const std::filesystem::path& own_folder() {
  struct Folder {
    const char* kept = std::getenv("NNPOISSON_TEST_FOLDER");
    std::filesystem::path path = kept != nullptr
                                     ? kept
                                     : std::filesystem::temp_directory_path() /
                                           ("nnpoisson_test_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
      std::error_code ignored;
      if (kept == nullptr) std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
  };
  static const Folder folder;
  return folder.path;
}

/// A file name in it for the test that runs; a file of that name is removed first.
inline std::filesystem::path fresh_file(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string full = std::string(test->test_suite_name()) + "." + test->name() + "." + name;
  std::replace(full.begin(), full.end(), '/', '_');
  std::filesystem::remove(own_folder() / full);
  return own_folder() / full;
}

}  // namespace nnpoisson
