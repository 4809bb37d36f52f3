// Scheduler: runs all threads of the process as fibers on the one real thread, one at a time, and
// keeps the time that they see. Which one runs next is drawn from a seed, so the same seed is the
// same run. interposed_calls.cc brings the engine's threads, locks and clocks here.
#pragma once

#include <cstdint>
#include <functional>

namespace cassette::sim {

// Virtual, since the start of the simulation.
using Nanos = std::int64_t;
inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;
inline constexpr Nanos kNever = INT64_MAX;

// The process that a fiber belongs to: it may be killed or stopped with all its fibers. Fibers that
// one makes are of its own. kWorld is never killed.
using ProcessId = std::uint32_t;
inline constexpr ProcessId kWorld = 0;
// Processes there can be at a time.
inline constexpr ProcessId kMaxProcesses = 16;

struct ScheduleOptions {
  std::uint64_t seed = 0;
  // At every call where another thread could take over, one does once in so many.
  std::uint64_t switch_one_in = 8;
  // Once in so many waits on a condition, it ends without a reason, as it may.
  std::uint64_t spurious_one_in = 0;
  // One of so many fibers is slow: it is hardly ever chosen while others can run.
  std::uint64_t slow_one_in = 0;
  // Switches after which the run has stalled.
  std::uint64_t max_switches = 40'000'000;
  // Called once nobody can run any more, or has for too long; must not return.
  std::function<void(const char* why)> stalled;
};

// Makes the caller the first fiber, of kWorld. Before, there is one thread, and its locks are free.
void start(ScheduleOptions options);
bool started();

Nanos now();
// The virtual time moves on by this much while the caller waits.
void pass(Nanos duration);
// Another fiber may run now.
void point();
// Another fiber runs now, if any can.
void yield();

// Waits until somebody wakes who waits on `address`, or `deadline` comes: then false.
bool block(const void* address, Nanos deadline = kNever);
// Wakes one of those who wait on `address`, as drawn; false when nobody does.
bool wake_one(const void* address);
void wake_all(const void* address);
// Waits until `condition`, which is asked whenever `address` is woken; false once `deadline` came.
bool block_until(const void* address, const std::function<bool()>& condition,
                 Nanos deadline = kNever);

// A fiber's number, from 1; never used twice.
using FiberId = std::uint64_t;
FiberId current_fiber();
FiberId spawn(ProcessId process, std::function<void()> body);
// Waits until it has ended. One that was killed never does.
void join(FiberId fiber);

ProcessId current_process();
// All fibers of the process end where they are, without unwinding. What they hold is never freed,
// and a lock among it stays locked.
void kill(ProcessId process);
// The process stands still until it is thawed; its timers go off meanwhile.
void freeze(ProcessId process);
void thaw(ProcessId process);

bool spurious();

// While one lives, its fiber is not switched away from but where it waits on a condition: what it
// does is one step to the others, and nobody is killed half-way through it.
class Shield {
 public:
  Shield();
  ~Shield();
  Shield(const Shield&) = delete;
  Shield& operator=(const Shield&) = delete;
};

// Mixes a number into the trace, which tells two runs apart.
void trace(std::uint64_t what);
std::uint64_t trace_hash();
std::uint64_t switches();

}  // namespace cassette::sim
