// ErasureCheck: sees to it that no erased customer has a key. An erasure is an event, and then the
// end of the key; when the process ends between the two, this finishes it at the next start. It
// erases nobody whom the ledger does not say to be erased.
#pragma once

#include <stop_token>
#include <thread>

#include "api/identity/keyring.h"
#include "projections/read_models.h"

namespace cassette::api {

struct ErasureReport {
  std::size_t erased = 0;    // customers that the read models say are erased
  std::size_t finished = 0;  // of which had a key until now
};

// Looks at every erased customer once, in an index of their own, and destroys what keys they have.
// Also overwrites what an erasure cut short may have left on disk. Blocks for two round trips a
// customer. Ends early, and with success, when `stop` says so.
eventstore::Stored<ErasureReport> check_erasures(projections::ReadModels& models, Keyring& keyring,
                                                 const std::stop_token& stop);

// The same on a thread of its own, tried again while the world fails; what it did goes to the log.
class ErasureCheck {
 public:
  // Both outlive it. The read models must have all that the ledger had at the start.
  ErasureCheck(projections::ReadModels& models, Keyring& keyring);

 private:
  std::jthread thread_;
};

}  // namespace cassette::api
