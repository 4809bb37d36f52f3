// Contradiction: a failed CHECK of the domain, taken as something said about the ledger being
// folded. Only auditors fold what nobody trusts; everyone else stops.
#pragma once

#include <exception>
#include <string>

#include "domain/check.h"

namespace cassette::replay {

// Never leaves this folder.
class Contradiction : public std::exception {
 public:
  explicit Contradiction(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

// While it lives, a CHECK that fails on this thread throws a Contradiction.
class ContradictionTrap {
 public:
  ContradictionTrap() { check_handler = &raise; }
  ~ContradictionTrap() { check_handler = nullptr; }
  ContradictionTrap(const ContradictionTrap&) = delete;
  ContradictionTrap& operator=(const ContradictionTrap&) = delete;

 private:
  [[noreturn]] static void raise(const char*, int, const char* condition) {
    throw Contradiction(condition);
  }
};

}  // namespace cassette::replay
