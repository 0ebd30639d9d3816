#include "sweep/error_json.hpp"

#include <exception>
#include <new>

namespace nnpoisson {

using Json = nlohmann::ordered_json;

Error error_caught(const std::string& who) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.status(), who + ": " + error.what()};
  } catch (const std::bad_alloc&) {
    return {ExitStatus::resource, who + ": not enough memory"};
  } catch (const std::exception& error) {
    return {ExitStatus::resource, who + ": " + error.what()};
  }
}

/// Names of files may hold any bytes; JSON takes UTF-8.
std::string to_json(const Error& error) {
  return Json{{"error", error.what()}, {"status", static_cast<int>(error.status())}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

Error error_from_json(const Json& json) {
  return {static_cast<ExitStatus>(json.at("status").get<int>()),
          json.at("error").get<std::string>()};
}

}  // namespace nnpoisson
