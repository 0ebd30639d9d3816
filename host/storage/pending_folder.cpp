#include "storage/pending_folder.hpp"

#include <string>
#include <system_error>
#include <utility>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

void check(const std::filesystem::path& folder, const std::error_code& error) {
  if (error) throw ResourceError(folder.string() + ": cannot be written (" + error.message() + ")");
}

}  // namespace

PendingFolder::PendingFolder(std::filesystem::path final_name) : final_(std::move(final_name)) {
  if (!final_.has_filename()) final_ = final_.parent_path();  // given as "folder/"
  temporary_ = final_;
  temporary_ += ".partial";
  std::error_code error;
  std::filesystem::remove_all(temporary_, error);
  if (!error) std::filesystem::create_directories(temporary_, error);
  check(final_, error);
}

PendingFolder::~PendingFolder() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove_all(temporary_, ignored);
}

void PendingFolder::commit() {
  std::error_code error;
  std::filesystem::remove_all(final_, error);
  if (!error) std::filesystem::rename(temporary_, final_, error);
  check(final_, error);
  committed_ = true;
}

}  // namespace nnpoisson
