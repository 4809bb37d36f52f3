// Interposed calls: what threads, locks, conditions, clocks and sleeps are of, defined here in
// place of the C library's, which the executable's symbols come before. So the engine's own code,
// and libstdc++ beneath it, run on the scheduler unchanged. Before it starts there is one thread.
//
// A lock that is free is taken without asking what else holds; only one thread ever runs. Locks of
// libraries (rwlocks, once) are no points of switching: what they guard is kept a thread, and all
// fibers are one thread to it.
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <ctime>

#include "domain/check.h"
#include "tests/simulation/scheduler.h"

namespace {

using namespace cassette;
using sim::Nanos;

// 2026-03-01T00:00:00Z: where virtual time begins on the calendar. Seconds.
constexpr std::int64_t kEpochSeconds = 1'772'323'200;

// As glibc lays out a mutex, so that its initializers are ours.
struct Mutex {
  int locked;
  unsigned int count;
  int owner;
  unsigned int waiters;
  int kind;
};
static_assert(sizeof(Mutex) <= sizeof(pthread_mutex_t));

struct Condition {
  int waiters;
};
static_assert(sizeof(Condition) <= sizeof(pthread_cond_t));

struct SharedLock {
  int readers;
  int writer;
};
static_assert(sizeof(SharedLock) <= sizeof(pthread_rwlock_t));

Mutex& of(pthread_mutex_t* mutex) {
  return *reinterpret_cast<Mutex*>(mutex);
}
Condition& of(pthread_cond_t* condition) {
  return *reinterpret_cast<Condition*>(condition);
}
SharedLock& of(pthread_rwlock_t* lock) {
  return *reinterpret_cast<SharedLock*>(lock);
}

template <class F>
F* next_of(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

int self() {
  return static_cast<int>(sim::current_fiber());
}

// Virtual times since the scheduler's start; a deadline on the calendar is one of those, too.
Nanos nanos(const timespec& time) {
  return time.tv_sec * sim::kSecond + time.tv_nsec;
}
Nanos since_epoch(const timespec& time) {
  return (time.tv_sec - kEpochSeconds) * sim::kSecond + time.tv_nsec;
}
Nanos deadline_of(clockid_t clock, const timespec& time) {
  return clock == CLOCK_REALTIME ? since_epoch(time) : nanos(time);
}

void acquire(Mutex& mutex) {
  if (mutex.kind == PTHREAD_MUTEX_RECURSIVE && mutex.locked != 0 && mutex.owner == self()) {
    ++mutex.count;
    return;
  }
  while (mutex.locked != 0) {
    ++mutex.waiters;
    sim::block(&mutex);
    --mutex.waiters;
  }
  mutex.locked = 1;
  mutex.owner = self();
}

void release(Mutex& mutex) {
  CHECK(mutex.locked != 0 && mutex.owner == self());
  if (mutex.count > 0) {
    --mutex.count;
    return;
  }
  mutex.locked = 0;
  mutex.owner = 0;
  if (mutex.waiters > 0) sim::wake_one(&mutex);
}

int wait_on(pthread_cond_t* condition, pthread_mutex_t* mutex, Nanos deadline) {
  CHECK(sim::started());
  Condition& self = of(condition);
  if (sim::spurious()) {
    release(of(mutex));
    sim::yield();
    acquire(of(mutex));
    return 0;
  }
  release(of(mutex));
  ++self.waiters;
  const bool woken = sim::block(condition, deadline);
  --self.waiters;
  acquire(of(mutex));
  return woken ? 0 : ETIMEDOUT;
}

void tell(Nanos time, timespec* out) {
  out->tv_sec = time / sim::kSecond;
  out->tv_nsec = time % sim::kSecond;
}

int futex_wait(const int* word, int value, const timespec* deadline, bool absolute) {
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value) {
    errno = EAGAIN;
    return -1;
  }
  Nanos until = sim::kNever;
  if (deadline != nullptr) until = nanos(*deadline) + (absolute ? 0 : sim::now());
  if (sim::block(word, until)) return 0;
  errno = ETIMEDOUT;
  return -1;
}

int futex(const int* word, int operation, int value, const timespec* deadline) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      return futex_wait(word, value, deadline, false);
    case FUTEX_WAIT_BITSET:
      return futex_wait(word, value, deadline, true);
    case FUTEX_WAKE: {
      int woken = 0;
      while (woken < value && sim::wake_one(word)) ++woken;
      return woken;
    }
    default:
      CHECK(!"a futex operation that the simulator does not know");
  }
  return -1;
}

}  // namespace

extern "C" {

// ---- threads

int pthread_create(pthread_t* thread, const pthread_attr_t*, void* (*run)(void*),
                   void* argument) noexcept {
  if (!sim::started()) return EAGAIN;
  *thread = sim::spawn(sim::current_process(), [run, argument] { run(argument); });
  sim::point();
  return 0;
}

int pthread_join(pthread_t thread, void** result) {
  if (result != nullptr) *result = nullptr;
  sim::join(thread);
  return 0;
}

int pthread_detach(pthread_t) noexcept {
  return 0;
}

pthread_t pthread_self() noexcept {
  return sim::current_fiber();
}

int pthread_setname_np(pthread_t, const char*) noexcept {
  return 0;
}

// ---- mutexes

int pthread_mutex_init(pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) noexcept {
  of(mutex) = {};
  if (attributes != nullptr) pthread_mutexattr_gettype(attributes, &of(mutex).kind);
  return 0;
}

int pthread_mutex_destroy(pthread_mutex_t*) noexcept {
  return 0;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  sim::point();
  acquire(of(mutex));
  return 0;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  sim::point();
  Mutex& self = of(mutex);
  if (self.locked != 0 && self.kind != PTHREAD_MUTEX_RECURSIVE) return EBUSY;
  if (self.locked != 0 && self.owner != ::self()) return EBUSY;
  acquire(self);
  return 0;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  release(of(mutex));
  sim::point();
  return 0;
}

// ---- conditions

int pthread_cond_init(pthread_cond_t* condition, const pthread_condattr_t*) noexcept {
  of(condition) = {};
  return 0;
}

int pthread_cond_destroy(pthread_cond_t*) noexcept {
  return 0;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  return wait_on(condition, mutex, sim::kNever);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* deadline) {
  return wait_on(condition, mutex, since_epoch(*deadline));
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* deadline) {
  return wait_on(condition, mutex, deadline_of(clock, *deadline));
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (of(condition).waiters > 0) sim::wake_one(condition);
  sim::point();
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (of(condition).waiters > 0) sim::wake_all(condition);
  sim::point();
  return 0;
}

// ---- once and shared locks

int pthread_once(pthread_once_t* once, void (*run)()) {
  enum : int { kNew = 0, kRunning = 1, kDone = 2 };
  while (*once == kRunning) sim::block(once);
  if (*once == kDone) return 0;
  *once = kRunning;
  run();
  *once = kDone;
  sim::wake_all(once);
  return 0;
}

int pthread_rwlock_init(pthread_rwlock_t* lock, const pthread_rwlockattr_t*) noexcept {
  of(lock) = {};
  return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t*) noexcept {
  return 0;
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  while (of(lock).writer != 0) sim::block(lock);
  ++of(lock).readers;
  return 0;
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  while (of(lock).writer != 0 || of(lock).readers > 0) sim::block(lock);
  of(lock).writer = 1;
  return 0;
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  SharedLock& self = of(lock);
  if (self.writer != 0) {
    self.writer = 0;
  } else {
    --self.readers;
  }
  sim::wake_all(lock);
  return 0;
}

// ---- time

int sched_yield() noexcept {
  if (sim::started()) sim::yield();
  return 0;
}

int nanosleep(const timespec* duration, timespec*) {
  CHECK(sim::started());
  sim::pass(nanos(*duration));
  return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec*) {
  CHECK(sim::started());
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  sim::pass(absolute ? deadline_of(clock, *time) - sim::now() : nanos(*time));
  return 0;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (!sim::started()) {
    static auto* const real = next_of<int(clockid_t, timespec*)>("clock_gettime");
    return real(clock, time);
  }
  tell(sim::now(), time);
  if (clock == CLOCK_REALTIME) time->tv_sec += kEpochSeconds;
  return 0;
}

// ---- what libstdc++ waits by where it has no condition: atomics, semaphores, static objects

long syscall(long number, ...) noexcept {
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& each : arguments) each = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex && sim::started()) {
    return futex(reinterpret_cast<const int*>(arguments[0]), static_cast<int>(arguments[1]),
                 static_cast<int>(arguments[2]), reinterpret_cast<const timespec*>(arguments[3]));
  }
  static auto* const real = next_of<long(long, ...)>("syscall");
  return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
              arguments[5]);
}

}  // extern "C"
