#include "storage/hdf5_handle.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace nnpoisson::hdf5 {

void quiet() {
  static const bool done = [] {
    H5dont_atexit();
    return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  }();
  (void)done;
}

Reason last_reason() {
  Reason reason;
  const auto keep_first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& kept = *static_cast<Reason*>(out);
    if (kept.text.empty() && error->desc != nullptr) kept.text = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);

  // Where a system call failed, HDF5's text is long and holds the system's own words: "... error
  // message = 'No space left on device', ...".
  constexpr std::string_view mark = "error message = '";
  if (const auto place = reason.text.find(mark); place != std::string::npos) {
    reason.system = true;
    reason.text = reason.text.substr(place + mark.size());
    reason.text.resize(std::min(reason.text.find('\''), reason.text.size()));
  }
  if (reason.text.empty()) reason.text = "unknown reason";
  return reason;
}

template <>
hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t native_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t native_type<std::int8_t>() {
  return H5T_NATIVE_INT8;
}
template <>
hid_t native_type<std::int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
hid_t native_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}

template <>
hid_t native_type<std::uint64_t>() {
  return H5T_NATIVE_UINT64;
}

}  // namespace nnpoisson::hdf5
