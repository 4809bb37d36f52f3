// History: every document as each commit that changed it left it. It is folded from the ledgers by
// a projector of its own, which nobody waits for, and says nothing of what is only seen in lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/ledger.h"
#include "projections/model_writer.h"
#include "projections/read_models.h"

namespace cassette::projections {

// Vendors, Products, Stock, Orders, VendorOrders and Customers have a history, in the order of
// `Model`; the other models are indexes or counts.
bool has_history(Model model);

// Thread-safe. Blocks for disk reads at most, but for the wait.
class History {
 public:
  virtual ~History() = default;

  // The document as commit `commit` of its partition left it, byte for byte what the read models
  // held then. Nothing when there was none yet. Only what is folded is known: whoever asks has
  // looked at `points`. CHECK-fails for a model without a history.
  virtual Stored<std::optional<Document>> get(Model model, std::string_view key,
                                              std::uint64_t commit) = 0;

  // The commits after `after` and up to `until` that changed the document, in order.
  virtual Stored<std::vector<std::uint64_t>> changes(Model model, std::string_view key,
                                                     std::uint64_t after, std::uint64_t until) = 0;

  // The partition's last folded commit whose time is not after `at`; 0 when there is none.
  virtual Stored<std::uint64_t> last_commit_at(std::uint32_t partition, domain::Timestamp at) = 0;

  // How far each partition is folded, in their order.
  virtual Stored<std::vector<ModelPoint>> points() = 0;
  // True once every position is folded; false when `timeout` passed first, or folding stopped.
  virtual bool wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) = 0;
  // The error that stopped the fold, if one did.
  virtual std::optional<std::string> failure() const = 0;
};

// Opens the history in `folder`, or begins one, and folds what the ledgers have from then on; the
// end of what is returned ends that. One of another schema is removed and folded anew. `ledgers`
// outlive it. Failures: Mismatch when a ledger is not the one folded, Unavailable when another
// process folds here, Corrupt, Full.
Stored<std::unique_ptr<History>> open_history(const std::filesystem::path& folder,
                                              const std::vector<eventstore::Ledger*>& ledgers);

// The history that another process folds, as far as it is when it is read. `scratch` is a folder
// of this reader's own. Unavailable when there is nothing yet; Unsupported for another schema.
Stored<std::unique_ptr<History>> open_history_reader(const std::filesystem::path& folder,
                                                     const std::filesystem::path& scratch);

}  // namespace cassette::projections
