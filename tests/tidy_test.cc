// Holds the house rules that a machine can hold. It judges text, never behaviour.
#include <doctest/doctest.h>
TEST_CASE("placeholder") { CHECK(true); }
