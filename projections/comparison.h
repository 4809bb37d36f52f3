// Comparison: two generations of read models, byte for byte. It reads, and says where they differ
// first; which of them is right is for the caller to say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

// What is kept in one column family: a model, or an index beside the models.
struct ModelDigest {
  std::string name;
  std::uint64_t entries = 0;
  eventstore::Hash digest{};  // over all keys and values in their order

  bool operator==(const ModelDigest&) const = default;
};

// The first key that is not in both, or has another value. Nothing where it is absent.
struct Difference {
  std::string name;
  std::string key;  // binary in indexes
  std::optional<std::string> left;
  std::optional<std::string> right;
};

// A generation as it is when it is opened, whatever its projector writes later.
class StillModels {
 public:
  // `scratch` is a folder of its own, which is made. Failures: Unavailable when there are no
  // models, Unsupported for those of another schema, Corrupt.
  static eventstore::Stored<std::unique_ptr<StillModels>> open(
      const std::filesystem::path& generation, const std::filesystem::path& scratch);
  // The current one of the generations below `root`, and held there while it is open.
  static eventstore::Stored<std::unique_ptr<StillModels>> open_current(
      const std::filesystem::path& root, const std::filesystem::path& scratch);
  virtual ~StillModels() = default;

  // How far each partition is folded, in their order.
  virtual const std::vector<eventstore::Position>& positions() const = 0;
  // Of each column family but the positions' own. Reads all of them. Failures: Corrupt,
  // Unavailable.
  virtual eventstore::Stored<std::vector<ModelDigest>> digests() const = 0;
  // Of the column family `name`; nothing when they are the same.
  virtual eventstore::Stored<std::optional<Difference>> first_difference(
      const std::string& name, const StillModels& right) const = 0;
};

}  // namespace cassette::projections
