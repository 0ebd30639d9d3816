#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace nnpoisson::hdf5 {

/// An owned HDF5 identifier; negative: none.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() { (void)close(); }

  [[nodiscard]] hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// False if HDF5 could not write out what the identifier still held.
  bool close() { return id_ < 0 || (H5Idec_ref(std::exchange(id_, -1)) >= 0); }

 private:
  hid_t id_ = -1;
};

/// Switches off HDF5's own error output, and its clean-up at exit: every handle is closed by its
/// owner, and after a full disk that clean-up would try, and complain, again.
void quiet();

/// The innermost reason of the call that has just failed, on one line; where the system refused,
/// `system` is set.
struct Reason {
  std::string text;
  bool system = false;
};
[[nodiscard]] Reason last_reason();

/// Memory type of the number type T.
template <class T>
[[nodiscard]] hid_t native_type();

}  // namespace nnpoisson::hdf5
