// Scheduler: fibers with stacks of their own, switched by hand; a set of timers; one stream of
// draws. Nothing here takes a lock: there is one thread.
#include "tests/simulation/scheduler.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "domain/check.h"
#include "tests/simulation/draws.h"

// cassette_sim_switch(save, load): stores the caller's stack pointer at `save`, and goes on where
// the one who was stored as `load` stopped. Callee-saved registers lie on each one's stack.
#if defined(__x86_64__)
extern "C" void cassette_sim_switch(void** save, void* load);
asm(R"(
.text
.globl cassette_sim_switch
.type cassette_sim_switch, @function
cassette_sim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cassette_sim_switch, . - cassette_sim_switch
)");
#else
#error "the simulator switches stacks by hand, and knows x86-64 only"
#endif

namespace cassette::sim {
namespace {

// Deep enough for a decision and its JSON; untouched pages cost nothing.
constexpr std::size_t kStackBytes = 256 * 1024;
constexpr std::size_t kGuardBytes = 4096;
// What a call costs, and the most that a switch does.
constexpr Nanos kPointCost = 100;
constexpr std::uint64_t kMaxSwitchCost = 3'000;

// What libstdc++ keeps a thread of exceptions being handled: a pointer and a count.
struct Handling {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct Fiber {
  enum class State { Runnable, Blocked, Ended, Killed };

  FiberId id = 0;
  ProcessId process = kWorld;
  State state = State::Runnable;
  void* stack_pointer = nullptr;
  char* stack = nullptr;  // its lowest page is the guard
  std::function<void()> body;
  const void* waits_on = nullptr;
  Nanos deadline = kNever;
  bool timed_out = false;
  bool slow = false;
  int shields = 0;
  int saved_errno = 0;
  Handling handling;
};

struct Timer {
  Nanos at;
  FiberId fiber;

  auto operator<=>(const Timer&) const = default;
};

struct State {
  explicit State(ScheduleOptions given)
      : options(std::move(given)), draws(options.seed, "schedule") {}

  ScheduleOptions options;
  Draws draws;
  Nanos now = 0;
  std::vector<std::unique_ptr<Fiber>> fibers;  // fiber n at n - 1
  std::vector<Fiber*> runnable;                // but for the one that runs
  std::vector<Fiber*> blocked;
  std::vector<Fiber*> frozen_runnable;
  std::vector<char*> free_stacks;
  std::set<Timer> timers;
  Fiber* current = nullptr;
  char* stack_to_free = nullptr;
  bool frozen[kMaxProcesses] = {};
  std::uint64_t switches = 0;
  std::uint64_t trace = 0xcbf29ce484222325ULL;
};

// Lives until the process ends, which is without any destructor.
State* state = nullptr;

Handling& handling() {
  return *reinterpret_cast<Handling*>(abi::__cxa_get_globals());
}

void remove(std::vector<Fiber*>& from, const Fiber* fiber) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != fiber) continue;
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void make_runnable(Fiber& fiber) {
  fiber.state = Fiber::State::Runnable;
  (state->frozen[fiber.process] ? state->frozen_runnable : state->runnable).push_back(&fiber);
}

void unblock(Fiber& fiber, bool timed_out) {
  remove(state->blocked, &fiber);
  if (fiber.deadline != kNever) state->timers.erase({fiber.deadline, fiber.id});
  fiber.waits_on = nullptr;
  fiber.deadline = kNever;
  fiber.timed_out = timed_out;
  make_runnable(fiber);
}

void fire_timers() {
  while (!state->timers.empty() && state->timers.begin()->at <= state->now) {
    const FiberId due = state->timers.begin()->fiber;
    unblock(*state->fibers[due - 1], true);
  }
}

// For whoever looks into a stall: where everybody is.
void describe_fibers() {
  for (const auto& fiber : state->fibers) {
    if (fiber->state == Fiber::State::Ended || fiber->state == Fiber::State::Killed) continue;
    const bool runs = fiber->state == Fiber::State::Runnable;
    std::fprintf(stderr, "  fiber %llu of process %u %s %p\n",
                 static_cast<unsigned long long>(fiber->id), fiber->process,
                 runs ? "could run" : "waits on", fiber->waits_on);
  }
}

[[noreturn]] void stall(const char* why) {
  describe_fibers();
  if (state->options.stalled) state->options.stalled(why);
  std::abort();
}

Fiber& choose() {
  std::uint64_t index = state->draws.below(state->runnable.size());
  if (state->runnable[index]->slow && state->draws.below(16) > 0) {
    index = state->draws.below(state->runnable.size());
  }
  Fiber& chosen = *state->runnable[index];
  remove(state->runnable, &chosen);
  return chosen;
}

void switch_to(Fiber& next) {
  Fiber& previous = *state->current;
  if (&next == &previous) return;
  state->current = &next;
  ++state->switches;
  state->now += static_cast<Nanos>(state->draws.below(kMaxSwitchCost));
  trace(next.id ^ static_cast<std::uint64_t>(state->now) << 16);
  previous.saved_errno = errno;
  previous.handling = std::exchange(handling(), next.handling);
  cassette_sim_switch(&previous.stack_pointer, next.stack_pointer);
  errno = state->current->saved_errno;
  if (state->stack_to_free != nullptr) {
    state->free_stacks.push_back(std::exchange(state->stack_to_free, nullptr));
  }
}

// The current fiber is in some list, or ended: somebody runs next, it or another.
void run_next() {
  if (state->switches > state->options.max_switches) stall("nothing comes of all the switching");
  fire_timers();
  while (state->runnable.empty()) {
    if (state->timers.empty()) stall("everybody waits, and nobody would wake them");
    state->now = std::max(state->now, state->timers.begin()->at);
    fire_timers();
  }
  switch_to(choose());
}

// Where every fiber but the first begins.
[[noreturn]] void begin() {
  if (state->stack_to_free != nullptr) {
    state->free_stacks.push_back(std::exchange(state->stack_to_free, nullptr));
  }
  Fiber& self = *state->current;
  errno = 0;
  std::exchange(self.body, {})();
  self.state = Fiber::State::Ended;
  wake_all(&self);
  state->stack_to_free = self.stack;
  run_next();
  std::abort();
}

char* take_stack() {
  if (!state->free_stacks.empty()) {
    char* stack = state->free_stacks.back();
    state->free_stacks.pop_back();
    return stack;
  }
  void* memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  CHECK(memory != MAP_FAILED);
  CHECK(mprotect(memory, kGuardBytes, PROT_NONE) == 0);
  return static_cast<char*>(memory);
}

// What cassette_sim_switch finds on a stack that never ran: six registers, and where to return to.
void* prepare(char* stack) {
  void** top = reinterpret_cast<void**>(stack + kStackBytes);
  *--top = nullptr;  // begin has no caller; and the stack is aligned as after a call
  *--top = reinterpret_cast<void*>(&begin);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  return top;
}

}  // namespace

void start(ScheduleOptions options) {
  CHECK(state == nullptr);
  // libstdc++ looks there, and does not tell those who wait when there can't be any.
  __libc_single_threaded = 0;
  state = std::make_unique<State>(std::move(options)).release();
  auto first = std::make_unique<Fiber>();
  first->id = 1;
  state->current = first.get();
  state->fibers.push_back(std::move(first));
}

bool started() {
  return state != nullptr;
}

Nanos now() {
  return state->now;
}

void point() {
  if (state == nullptr || state->current->shields > 0) return;
  state->now += kPointCost;
  if (!state->timers.empty() && state->timers.begin()->at <= state->now) fire_timers();
  if (state->runnable.empty() || !state->draws.one_in(state->options.switch_one_in)) return;
  yield();
}

void yield() {
  make_runnable(*state->current);
  run_next();
}

void pass(Nanos duration) {
  block(nullptr, state->now + std::max<Nanos>(duration, 0));
}

bool block(const void* address, Nanos deadline) {
  Fiber& self = *state->current;
  self.state = Fiber::State::Blocked;
  self.waits_on = address;
  self.deadline = deadline;
  self.timed_out = false;
  state->blocked.push_back(&self);
  if (deadline != kNever) state->timers.insert({deadline, self.id});
  run_next();
  return !self.timed_out;
}

bool wake_one(const void* address) {
  if (state == nullptr) return false;
  std::vector<Fiber*> waiting;
  for (Fiber* fiber : state->blocked) {
    if (fiber->waits_on == address) waiting.push_back(fiber);
  }
  if (waiting.empty()) return false;
  unblock(*waiting[state->draws.below(waiting.size())], false);
  return true;
}

void wake_all(const void* address) {
  if (state == nullptr) return;
  std::vector<Fiber*> waiting;
  for (Fiber* fiber : state->blocked) {
    if (fiber->waits_on == address) waiting.push_back(fiber);
  }
  for (Fiber* fiber : waiting) unblock(*fiber, false);
}

bool block_until(const void* address, const std::function<bool()>& condition, Nanos deadline) {
  while (!condition()) {
    if (state->now >= deadline) return false;
    block(address, deadline);
  }
  return true;
}

FiberId current_fiber() {
  return state == nullptr ? 1 : state->current->id;
}

FiberId spawn(ProcessId process, std::function<void()> body) {
  CHECK(state != nullptr && process < kMaxProcesses);
  auto fiber = std::make_unique<Fiber>();
  fiber->id = state->fibers.size() + 1;
  fiber->process = process;
  fiber->body = std::move(body);
  fiber->stack = take_stack();
  fiber->stack_pointer = prepare(fiber->stack);
  fiber->slow = state->draws.one_in(state->options.slow_one_in);
  const FiberId id = fiber->id;
  make_runnable(*fiber);
  state->fibers.push_back(std::move(fiber));
  return id;
}

void join(FiberId fiber) {
  CHECK(fiber > 0 && fiber <= state->fibers.size());
  const Fiber& other = *state->fibers[fiber - 1];
  while (other.state != Fiber::State::Ended) block(&other);
}

ProcessId current_process() {
  return state == nullptr ? kWorld : state->current->process;
}

void kill(ProcessId process) {
  CHECK(process != kWorld && process != state->current->process);
  for (const auto& fiber : state->fibers) {
    if (fiber->process != process || fiber->state == Fiber::State::Ended) continue;
    if (fiber->deadline != kNever) state->timers.erase({fiber->deadline, fiber->id});
    remove(state->blocked, fiber.get());
    remove(state->runnable, fiber.get());
    remove(state->frozen_runnable, fiber.get());
    fiber->state = Fiber::State::Killed;
  }
  state->frozen[process] = false;
}

void freeze(ProcessId process) {
  CHECK(process != kWorld && process != state->current->process);
  state->frozen[process] = true;
  std::vector<Fiber*> others;
  for (Fiber* fiber : state->runnable) {
    (fiber->process == process ? state->frozen_runnable : others).push_back(fiber);
  }
  state->runnable = std::move(others);
}

void thaw(ProcessId process) {
  if (!std::exchange(state->frozen[process], false)) return;
  std::vector<Fiber*> others;
  for (Fiber* fiber : state->frozen_runnable) {
    (fiber->process == process ? state->runnable : others).push_back(fiber);
  }
  state->frozen_runnable = std::move(others);
}

bool spurious() {
  return state != nullptr && state->draws.one_in(state->options.spurious_one_in);
}

Shield::Shield() {
  if (state != nullptr) ++state->current->shields;
}
Shield::~Shield() {
  if (state != nullptr) --state->current->shields;
}

void trace(std::uint64_t what) {
  state->trace = (state->trace ^ what) * 0x100000001b3ULL;
  state->trace ^= state->trace >> 29;
}

std::uint64_t trace_hash() {
  return state->trace;
}

std::uint64_t switches() {
  return state->switches;
}

}  // namespace cassette::sim
