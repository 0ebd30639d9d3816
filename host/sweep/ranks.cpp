#include "sweep/ranks.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "nnpoisson/error.hpp"
#ifdef NNPOISSON_HAS_MPI
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#endif

namespace nnpoisson {
namespace {

/// Whether this process is one of several: what launchers put into the environment of each.
bool launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* size = std::getenv(name); size != nullptr) return std::atoi(size) > 1;
  return std::getenv("PMIX_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr;
}

}  // namespace

std::string Ranks::name() const {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(rank_) + " of " + std::to_string(count_) + " on " +
         host.data();
}

int Ranks::processors() const {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (count_ == 1) return all;
  cpu_set_t bound;
  const int ours = ::sched_getaffinity(0, sizeof bound, &bound) == 0 ? CPU_COUNT(&bound) : all;
  return std::max(1, std::min(ours, all / here_));
}

#ifdef NNPOISSON_HAS_MPI

Ranks::Ranks() {
  if (!launched()) return;
  int given = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &given);
  started_ = true;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &count_);
  MPI_Comm machine = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &here_);
  MPI_Comm_rank(machine, &local_);
  MPI_Comm_free(&machine);
  if (given < MPI_THREAD_SERIALIZED)
    throw ResourceError("MPI: this one does not serve several threads (MPI_THREAD_SERIALIZED)");
}

Ranks::~Ranks() {
  if (started_) MPI_Finalize();
}

std::string Ranks::broadcast(std::string text) const {
  if (!started_) return text;
  auto size = static_cast<int>(text.size());
  MPI_Bcast(&size, 1, MPI_INT, 0, MPI_COMM_WORLD);
  text.resize(static_cast<std::size_t>(size));
  MPI_Bcast(text.data(), size, MPI_CHAR, 0, MPI_COMM_WORLD);
  return text;
}

std::vector<std::string> Ranks::gather(const std::string& text) const {
  if (!started_) return {text};
  const auto size = static_cast<int>(text.size());
  const auto count = static_cast<std::size_t>(rank_ == 0 ? count_ : 0);
  std::vector<int> sizes(count), offsets(count);
  MPI_Gather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
  int all = 0;
  for (std::size_t r = 0; r < count; ++r) {
    offsets[r] = all;
    all += sizes[r];
  }
  std::string together(static_cast<std::size_t>(all), ' ');
  MPI_Gatherv(text.data(), size, MPI_CHAR, together.data(), sizes.data(), offsets.data(), MPI_CHAR,
              0, MPI_COMM_WORLD);
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < count; ++r)
    texts.push_back(
        together.substr(static_cast<std::size_t>(offsets[r]), static_cast<std::size_t>(sizes[r])));
  return texts;
}

namespace {

std::string receive(const MPI_Status& waiting) {
  int size = 0;
  MPI_Get_count(&waiting, MPI_CHAR, &size);
  std::string text(static_cast<std::size_t>(size), ' ');
  MPI_Recv(text.data(), size, MPI_CHAR, waiting.MPI_SOURCE, waiting.MPI_TAG, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return text;
}

void send(const std::string& text, int to, int tag) {
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_CHAR, to, tag, MPI_COMM_WORLD);
}

}  // namespace

std::string Ranks::ask(int thread, const std::string& question) {
  {
    const std::lock_guard lock(mutex_);
    send(question, 0, thread);
  }
  // MPI's own waiting would keep a processor busy that fits can use.
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    const std::lock_guard lock(mutex_);
    int come = 0;
    MPI_Status waiting;
    MPI_Iprobe(0, thread, MPI_COMM_WORLD, &come, &waiting);
    if (come != 0) return receive(waiting);
  }
}

bool Ranks::answer(const std::function<std::string(const std::string&)>& reply) {
  if (!started_) return false;
  int come = 0;
  MPI_Status waiting;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &come, &waiting);
  if (come == 0) return false;
  send(reply(receive(waiting)), waiting.MPI_SOURCE, waiting.MPI_TAG);
  return true;
}

#else

Ranks::Ranks() {
  if (launched())
    throw ResourceError(
        "sweep: started as one of several processes, but this build has no MPI; install "
        "libopenmpi-dev and build again");
}
Ranks::~Ranks() = default;
std::string Ranks::broadcast(std::string text) const {
  return text;
}
std::vector<std::string> Ranks::gather(const std::string& text) const {
  return {text};
}
std::string Ranks::ask(int, const std::string&) {
  return {};
}
bool Ranks::answer(const std::function<std::string(const std::string&)>&) {
  return false;
}

#endif

}  // namespace nnpoisson
