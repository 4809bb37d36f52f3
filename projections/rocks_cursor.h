// Cursors walk the places of index entries in their order: of one index, of any of several, or of
// all of several at once. They give places; what stands there is for others to read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "projections/rocks_database.h"

namespace cassette::projections {

// Seeks that all_of makes at most, which bounds the time a page takes: some 50 ms.
inline constexpr std::size_t kMaxSeeks = 20'000;

// Before the first seek it is nowhere. One thread uses it.
class Cursor {
 public:
  virtual ~Cursor() = default;

  // Goes to the first place at or after `place`.
  virtual void seek(std::string_view place) = 0;
  // Indexes that one seek goes to: what it costs.
  virtual std::size_t seeks() const { return 1; }
  // To the next one. Only when valid.
  virtual void next() = 0;
  // Whether it stands at a place. False also after a failure.
  virtual bool valid() const = 0;
  // Valid until the cursor moves.
  virtual std::string_view place() const = 0;
  // Where it gave up, since looking further would have taken too long; empty when it didn't. There
  // is nothing before that place, and a new cursor may go on from it.
  virtual std::string gave_up_at() const { return ""; }
  virtual Stored<Done> status() const = 0;
};

using Cursors = std::vector<std::unique_ptr<Cursor>>;

// The entries of one index. `view` must outlive it.
std::unique_ptr<Cursor> cursor_of(const RocksDatabase& database, const RocksDatabase::View& view,
                                  Family family, std::string prefix);
// Each place that any of them has, once. None of them: no place.
std::unique_ptr<Cursor> any_of(Cursors cursors);
// The places that all of them have. At least one.
std::unique_ptr<Cursor> all_of(Cursors cursors);

}  // namespace cassette::projections
