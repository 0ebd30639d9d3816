#include "synthetic/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "nnpoisson/error.hpp"
#include "storage/fnv.hpp"

namespace nnpoisson::wimmer {
namespace {

/// Head of a record; the spikes follow.
struct Head {
  std::uint64_t trial, sensory, integration, checksum;
};

std::uint64_t checksum_of(std::uint64_t trial, const TrialSpikes& spikes) {
  Fnv numbers;
  numbers.add(trial);
  for (const auto* list : {&spikes.sensory, &spikes.integration}) {
    numbers.add(list->size());
    for (const auto spike : *list) numbers.add(spike);
  }
  return numbers.sum;
}

bool read_at(int descriptor, std::int64_t place, void* bytes, std::size_t size) {
  auto* next = static_cast<char*>(bytes);
  while (size > 0) {
    const auto count = pread(descriptor, next, size, place);
    if (count <= 0) return false;
    next += count;
    place += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

/// False where there is no whole record.
bool read_record(int descriptor, std::int64_t place, std::int64_t file_size, Head& head,
                 TrialSpikes& spikes) {
  if (!read_at(descriptor, place, &head, sizeof head)) return false;
  const auto most = static_cast<std::uint64_t>(file_size) / sizeof(std::uint32_t);
  if (head.sensory > most || head.integration > most) return false;
  spikes.sensory.resize(head.sensory);
  spikes.integration.resize(head.integration);
  place += static_cast<std::int64_t>(sizeof head);
  const std::size_t bytes = head.sensory * sizeof(std::uint32_t);
  return read_at(descriptor, place, spikes.sensory.data(), bytes) &&
         read_at(descriptor, place + static_cast<std::int64_t>(bytes), spikes.integration.data(),
                 head.integration * sizeof(std::uint32_t)) &&
         checksum_of(head.trial, spikes) == head.checksum;
}

std::int64_t size_of(const Head& head) {
  return static_cast<std::int64_t>(sizeof head +
                                   (head.sensory + head.integration) * sizeof(std::uint32_t));
}

}  // namespace

Journal::Journal(std::filesystem::path file, const std::string& conditions)
    : file_(std::move(file)) {
  std::error_code ignored;
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), ignored);
  descriptor_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw ResourceError(file_.string() + ": cannot be written (" + reason() + ")");
  try {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
      throw ResourceError(file_.string() + ": another run writes it; give another --out or wait");
    load(conditions);
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

Journal::~Journal() {
  close(descriptor_);
}

std::string Journal::reason() const {
  return std::strerror(errno);
}

void Journal::load(const std::string& conditions) {
  struct stat about {};
  if (fstat(descriptor_, &about) != 0)
    throw ResourceError(file_.string() + ": cannot be read (" + reason() + ")");

  // The file begins with its conditions, up to a zero byte.
  const std::string expected = conditions + '\0';
  std::string found(std::min(expected.size(), static_cast<std::size_t>(about.st_size)), ' ');
  if (!read_at(descriptor_, 0, found.data(), found.size()))
    throw ResourceError(file_.string() + ": cannot be read (" + reason() + ")");
  if (!expected.starts_with(found))
    throw UsageError(file_.string() +
                     ": is left of an interrupted run under other conditions; repeat that run's "
                     "command, or remove the file");
  if (found.size() < expected.size()) {  // new, or cut short at its very beginning
    write(expected.data(), expected.size());
    return;
  }

  // Whole records follow; from the first one that is not whole the file is cut off.
  end_ = static_cast<std::int64_t>(expected.size());
  Head head{};
  TrialSpikes spikes;
  while (read_record(descriptor_, end_, about.st_size, head, spikes)) {
    place_[head.trial] = end_;
    end_ += size_of(head);
  }
  if (ftruncate(descriptor_, end_) != 0)
    throw ResourceError(file_.string() + ": cannot be written (" + reason() + ")");
}

TrialSpikes Journal::read(std::size_t trial) const {
  Head head{};
  TrialSpikes spikes;
  if (!read_record(descriptor_, place_.at(trial), end_, head, spikes))
    throw ResourceError(file_.string() + ": cannot be read any more");
  return spikes;
}

void Journal::write(const void* bytes, std::size_t size) {
  const auto* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto written = pwrite(descriptor_, next, size, end_);
    if (written < 0) throw ResourceError(file_.string() + ": cannot be written (" + reason() + ")");
    next += written;
    end_ += written;
    size -= static_cast<std::size_t>(written);
  }
}

void Journal::append(std::size_t trial, const TrialSpikes& spikes) {
  const Head head{trial, spikes.sensory.size(), spikes.integration.size(),
                  checksum_of(trial, spikes)};
  const std::lock_guard lock(writing_);
  const auto place = end_;
  write(&head, sizeof head);
  write(spikes.sensory.data(), spikes.sensory.size() * sizeof(std::uint32_t));
  write(spikes.integration.data(), spikes.integration.size() * sizeof(std::uint32_t));
  place_[trial] = place;
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace nnpoisson::wimmer
