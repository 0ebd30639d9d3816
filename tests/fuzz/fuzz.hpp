#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "nnpoisson/error.hpp"

/// What libFuzzer, or replay.cpp, calls with every input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace nnpoisson::fuzz {

/// An input taken apart from its front; past its end, zeros and empty texts.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  template <class T>
  T take() {
    T value{};
    const std::string_view bytes = text(sizeof(T));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::size_t below(std::size_t bound) { return take<std::uint16_t>() % bound; }
  std::string_view text(std::size_t size) {
    const std::string_view front = rest_.substr(0, size);
    rest_.remove_prefix(front.size());
    return front;
  }
  std::string_view rest() { return text(rest_.size()); }

 private:
  std::string_view rest_;
};

/// Changes bytes as the input says: a few overwritten, put in, taken out, or the end cut off.
inline void change(std::string& bytes, Bytes& input) {
  const std::size_t how = input.take<std::uint8_t>(), at = input.below(bytes.size() + 1),
                    few = how / 4 % 16;
  switch (how % 4) {
    case 0:
      bytes.replace(at, few, input.text(few));
      break;
    case 1:
      bytes.insert(at, input.text(few));
      break;
    case 2:
      bytes.erase(at, few);
      break;
    default:
      bytes.resize(at);
  }
}

/// A folder in memory for this process.
inline const std::filesystem::path& folder() {
  struct Folder {
    std::filesystem::path path = (std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") +
                                 ("/nnpoisson_fuzz_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder made;
  return made.path;
}

inline std::filesystem::path write(const std::string& name, std::string_view bytes) {
  const auto file = folder() / name;
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file;
}

/// Runs a reader: whatever it is given, it may end with an Error, and with nothing else.
template <class Read>
int expect_error_or_none(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) __builtin_trap();
  }
  return 0;
}

}  // namespace nnpoisson::fuzz
