// One cursor over RocksDB, and two that combine others.
#include "projections/rocks_cursor.h"

#include <algorithm>

#include "domain/check.h"

namespace cassette::projections {
namespace {

// The first key after all that begin with `prefix`; empty when there is none.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

class IndexCursor : public Cursor {
 public:
  IndexCursor(const RocksDatabase& database, const RocksDatabase::View& view, Family family,
              std::string prefix)
      : database_(database),
        prefix_(std::move(prefix)),
        end_(end_of(prefix_)),
        lower_(slice(prefix_)),
        upper_(slice(end_)),
        entries_(view.iterate(family, &lower_, end_.empty() ? nullptr : &upper_)) {}

  void seek(std::string_view place) override {
    key_.assign(prefix_).append(place);
    entries_->Seek(key_);
  }
  void next() override { entries_->Next(); }
  bool valid() const override { return entries_->Valid(); }
  std::string_view place() const override {
    return entries_->key().ToStringView().substr(prefix_.size());
  }
  Stored<Done> status() const override {
    if (!entries_->status().ok()) return database_.failure(entries_->status());
    return Done{};
  }

 private:
  const RocksDatabase& database_;
  const std::string prefix_;
  const std::string end_;
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  std::string key_;
  std::unique_ptr<rocksdb::Iterator> entries_;
};

Stored<Done> first_failure(const Cursors& cursors) {
  for (const auto& each : cursors) {
    const Stored<Done> status = each->status();
    if (!status) return status;
  }
  return Done{};
}

// Few are merged, so the least is found by looking at each.
class AnyOf : public Cursor {
 public:
  explicit AnyOf(Cursors cursors) : cursors_(std::move(cursors)) {}

  void seek(std::string_view place) override {
    for (const auto& each : cursors_) each->seek(place);
    find_least();
  }
  std::size_t seeks() const override {
    std::size_t all = 0;
    for (const auto& each : cursors_) all += each->seeks();
    return all;
  }
  void next() override {
    const std::string passed(least_->place());
    for (const auto& each : cursors_) {
      if (each->valid() && each->place() == passed) each->next();
    }
    find_least();
  }
  bool valid() const override { return least_ != nullptr; }
  std::string_view place() const override { return least_->place(); }
  Stored<Done> status() const override { return first_failure(cursors_); }

 private:
  void find_least() {
    least_ = nullptr;
    for (const auto& each : cursors_) {
      if (!each->valid()) continue;
      if (least_ == nullptr || each->place() < least_->place()) least_ = each.get();
    }
  }

  Cursors cursors_;
  Cursor* least_ = nullptr;
};

// Each cursor in turn leaps to where the others are, until all agree.
class AllOf : public Cursor {
 public:
  explicit AllOf(Cursors cursors) : cursors_(std::move(cursors)) { CHECK(!cursors_.empty()); }

  void seek(std::string_view place) override {
    cursors_.front()->seek(place);
    agree();
  }
  void next() override {
    cursors_.front()->next();
    agree();
  }
  bool valid() const override { return agreed_; }
  std::string_view place() const override { return cursors_.front()->place(); }
  std::string gave_up_at() const override { return gave_up_at_; }
  Stored<Done> status() const override { return first_failure(cursors_); }

 private:
  void agree() {
    agreed_ = false;
    std::string wanted;
    std::size_t agreeing = 0;
    for (std::size_t i = 0; agreeing < cursors_.size(); i = (i + 1) % cursors_.size()) {
      Cursor& cursor = *cursors_[i];
      if (seeks_ >= kMaxSeeks) {
        if (wanted.empty() && cursor.valid()) wanted = cursor.place();
        gave_up_at_ = wanted;
        return;
      }
      seeks_ += cursor.seeks();
      if (!wanted.empty()) cursor.seek(wanted);
      if (!cursor.valid()) return;
      agreeing = cursor.place() == wanted ? agreeing + 1 : 1;
      wanted = cursor.place();
    }
    agreed_ = true;
  }

  Cursors cursors_;
  bool agreed_ = false;
  std::size_t seeks_ = 0;
  std::string gave_up_at_;
};

}  // namespace

std::unique_ptr<Cursor> cursor_of(const RocksDatabase& database, const RocksDatabase::View& view,
                                  Family family, std::string prefix) {
  return std::make_unique<IndexCursor>(database, view, family, std::move(prefix));
}

std::unique_ptr<Cursor> any_of(Cursors cursors) {
  if (cursors.size() == 1) return std::move(cursors.front());
  return std::make_unique<AnyOf>(std::move(cursors));
}

std::unique_ptr<Cursor> all_of(Cursors cursors) {
  if (cursors.size() == 1) return std::move(cursors.front());
  return std::make_unique<AllOf>(std::move(cursors));
}

}  // namespace cassette::projections
