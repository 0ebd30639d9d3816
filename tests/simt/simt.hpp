#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>

/// Runs the sources of CUDA kernels as plain C++, to test them where there is no GPU
/// (docs/testing.md). Every thread of every block of a grid is a fibre of one operating system
/// thread; a fibre runs until it waits for others. So a kernel computes what it would on a device,
/// but for the rounding of the special functions, and:
///  - shared memory begins as NaN;
///  - a barrier or shuffle that not all of its threads reach ends the launch with an error that
///  names it;
///  - blocks and threads can be taken in other orders, which shows most races: the result must not
///  change.
namespace simt {

struct Dim {
  unsigned x = 0;
};

struct Block;
struct Warp;

/// What a running fibre knows of itself.
struct Thread {
  Dim thread, block, threads, blocks;
  Block* its_block = nullptr;
  Warp* its_warp = nullptr;
};
Thread& self();

enum class Order { ascending, descending, shuffled };

struct Grid {
  unsigned blocks = 1, threads = 32;
  std::size_t shared_bytes = 0;
  Order order = Order::ascending;
};

/// Runs `kernel` in every thread; returns how many turns they took, from one wait to the next.
/// Rethrows what one throws; throws std::logic_error where threads wait for others for ever.
std::uint64_t launch(const Grid& grid, const std::function<void()>& kernel);

void block_barrier();
/// What lane `partner` gave.
std::uint64_t warp_exchange(std::uint64_t mine, unsigned partner);
/// Bit k: what lane k says.
unsigned warp_votes(bool mine);
void let_others_run();
char* shared_memory();

template <class T>
T shuffle_xor(T value, int distance) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  word = warp_exchange(word, (self().thread.x % 32) ^ static_cast<unsigned>(distance));
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

}  // namespace simt

namespace simt {

/// What a word like threadIdx means in the thread that says it.
template <Dim Thread::*which>
struct Index {
  struct X {
    operator unsigned() const { return (self().*which).x; }  // NOLINT: a number, as in CUDA
  };
  X x;
};

}  // namespace simt

// CUDA's own words. No namespaces: kernels say them bare.
inline constexpr simt::Index<&simt::Thread::thread> threadIdx{};
inline constexpr simt::Index<&simt::Thread::block> blockIdx{};
inline constexpr simt::Index<&simt::Thread::threads> blockDim{};
inline constexpr simt::Index<&simt::Thread::blocks> gridDim{};

inline void __syncthreads() {
  ::simt::block_barrier();
}
inline void __threadfence() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}
inline void __nanosleep(unsigned) {
  ::simt::let_others_run();
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int distance) {
  return ::simt::shuffle_xor(value, distance);
}
inline unsigned __ballot_sync(unsigned, bool mine) {
  return ::simt::warp_votes(mine);
}
inline void __syncwarp() {
  ::simt::warp_votes(false);
}
inline int __ffs(int x) {
  return __builtin_ffs(x);
}
inline unsigned atomicAdd(unsigned* at, unsigned value) {
  return std::exchange(*at, *at + value);
}
inline float __expf(float x) {
  return std::exp(x);
}
inline float __logf(float x) {
  return std::log(x);
}
inline float __fdividef(float a, float b) {
  return a / b;
}
