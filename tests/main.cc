// The main function of every test executable: doctest, with the places that tests look for in the
// environment set when the caller (ctest) has not, and the sanitizers' options. It knows no test.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>

namespace {

constexpr int kKeepTheCallers = 0;

const bool environment_is_set = [] {
  setenv("CASSETTE_NATS_SERVER", CASSETTE_TEST_NATS_SERVER, kKeepTheCallers);
  setenv("CASSETTE_BINARY", CASSETTE_TEST_BINARY, kKeepTheCallers);
  setenv("CASSETTE_SOURCE_DIR", CASSETTE_TEST_SOURCE_DIR, kKeepTheCallers);
  return true;
}();

}  // namespace

// The names are the sanitizers' own. No library below is instrumented, so ThreadSanitizer sees what
// they write but not the atomics that order it: RocksDB's, which hands zstd's contexts from thread
// to thread, too, and the guard of spdlog's registry, which whoever logs first makes.
extern "C" const char* __tsan_default_suppressions() {
  return "race:librocksdb.so\n"
         "race:libzstd.so\n"
         "race:libnats.so\n"
         "race:spdlog::details::registry::registry()\n"
         "mutex:librocksdb.so\n"
         "deadlock:librocksdb.so\n"
         "deadlock:libnats.so\n";
}
extern "C" const char* __tsan_default_options() {
  return "halt_on_error=1:second_deadlock_stack=1";
}
extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=1:strict_init_order=1";
}
extern "C" const char* __ubsan_default_options() {
  return "print_stacktrace=1:halt_on_error=1";
}
