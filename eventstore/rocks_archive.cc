// What the archive keeps of a fold, and what it checks when it is opened and folded onto.
#include "eventstore/rocks_archive.h"

#include <fmt/format.h>

#include "eventstore/archive_point.h"
#include "eventstore/binary_fields.h"
#include "eventstore/rocks_archive_fold.h"
#include "eventstore/rocks_families.h"

namespace cassette::eventstore {
namespace {

constexpr std::string_view kSchemaKey = "schema";
constexpr std::string_view kPointKey = "point";

// FoldPoint as it is kept.
struct KeptSeen {
  std::uint32_t partition = 0;
  std::uint64_t commit = 0;
  Hash hash{};

  static void fields(auto& self, auto&& visit) {
    visit("partition", self.partition);
    visit("commit", self.commit);
    visit("hash", self.hash);
  }
  bool operator==(const KeptSeen&) const = default;
};

struct KeptPoint {
  std::uint64_t read = 0;
  std::uint64_t commit = 0;
  Hash hash{};
  domain::Timestamp at;
  std::vector<KeptSeen> seen;

  static void fields(auto& self, auto&& visit) {
    visit("read", self.read);
    visit("commit", self.commit);
    visit("hash", self.hash);
    visit("at", self.at);
    visit("seen", self.seen);
  }
};

// Of an archive whose kept types have other fields, another text: it can't be read then.
std::string schema() {
  std::string text = "cassette archive 1";
  for (const std::uint64_t digest :
       {fields_digest<domain::Vendor>(), fields_digest<domain::Product>(),
        fields_digest<domain::StockItem>(), fields_digest<domain::Customer>(),
        fields_digest<domain::Order>(), fields_digest<domain::SubOrder>(),
        fields_digest<RememberedCommand>(), fields_digest<KeptPoint>()}) {
    text += fmt::format(" {:016x}", digest);
  }
  return text;
}

std::string bytes_of(const FoldPoint& point) {
  KeptPoint kept{point.head.read, point.head.commit, point.head.hash, point.at, {}};
  for (const auto& [partition, seen] : point.seen) {
    kept.seen.push_back({partition, seen.commit, seen.hash});
  }
  std::string bytes;
  write_binary(bytes, kept);
  return bytes;
}

bool read_point(std::string_view bytes, FoldPoint& point) {
  KeptPoint kept;
  if (!read_binary(bytes, kept)) return false;
  point = {{kept.read, kept.commit, kept.hash}, kept.at, {}};
  for (const KeptSeen& seen : kept.seen) point.seen[seen.partition] = {seen.commit, seen.hash};
  return true;
}

// Reads each pair of `family` as a T and gives it to `place` with its key.
template <class T>
Stored<Done> load_all(const RocksFamilies& families, Family family, auto&& place) {
  return families.for_each(
      family, [&](std::string_view key, std::string_view value) -> Stored<Done> {
        T state;
        if (!read_binary(value, state)) {
          return families.corrupt(fmt::format("can't read {} {}", name_of(family), key));
        }
        place(key, std::move(state));
        return Done{};
      });
}

// The same for the keys "vendor/id".
template <class T, class Id>
Stored<Done> load_pairs(const RocksFamilies& families, Family family,
                        domain::Marketplace& marketplace) {
  return load_all<T>(families, family, [&](std::string_view key, T state) {
    const std::size_t slash = key.find('/');
    marketplace.load(domain::VendorId{std::string(key.substr(0, slash))},
                     Id{std::string(key.substr(slash + 1))}, std::move(state));
  });
}

template <class T, class Id>
Stored<Done> load_singles(const RocksFamilies& families, Family family,
                          domain::Marketplace& marketplace) {
  return load_all<T>(families, family, [&](std::string_view key, T state) {
    marketplace.load(Id{std::string(key)}, std::move(state));
  });
}

// The state behind what a lookup found.
template <class T>
Stored<std::optional<T>> decoded(const RocksFamilies& families,
                                 const Stored<std::optional<KeptOrder>>& found,
                                 std::string_view key) {
  if (!found) return Failure{found.error()};
  if (!found.value()) return std::optional<T>();
  T state;
  if (read_binary(found.value()->bytes, state)) return std::optional<T>(std::move(state));
  return families.corrupt(fmt::format("can't read the order {}", key));
}

}  // namespace

Stored<std::unique_ptr<RocksArchive>> RocksArchive::open(const std::string& path,
                                                         const RocksArchiveOptions& options) {
  Stored<std::unique_ptr<RocksFamilies>> families = RocksFamilies::open(path, options.cache_bytes);
  if (!families) return Failure{std::move(families).error()};
  std::unique_ptr<RocksArchive> archive(new RocksArchive(std::move(families).value()));
  const Stored<Done> read = archive->read_meta();
  if (!read) return Failure{read.error()};
  return archive;
}

RocksArchive::RocksArchive(std::unique_ptr<RocksFamilies> families)
    : families_(std::move(families)) {}

RocksArchive::~RocksArchive() = default;

Stored<Done> RocksArchive::read_meta() {
  Stored<std::optional<std::string>> found = families_->get(Family::Meta, kSchemaKey);
  if (!found) return Failure{std::move(found).error()};
  if (!found.value()) {
    rocksdb::WriteBatch batch;
    families_->put(batch, Family::Meta, kSchemaKey, schema());
    return families_->write(batch);
  }
  if (*found.value() != schema()) {
    return families_->failure(
        StoreError::Kind::Unsupported,
        "it is of another version; delete it, and it is rebuilt from the ledger");
  }
  Stored<FoldPoint> kept = point();
  if (!kept) return Failure{std::move(kept).error()};
  head_ = kept.value().head;
  folded_.store(head_.commit, std::memory_order_release);
  return Done{};
}

Stored<FoldPoint> RocksArchive::point() {
  Stored<std::optional<std::string>> bytes = families_->get(Family::Meta, kPointKey);
  if (!bytes) return Failure{std::move(bytes).error()};
  FoldPoint point;
  if (bytes.value() && !read_point(*bytes.value(), point)) {
    return families_->corrupt("can't read the point of its fold");
  }
  return point;
}

Stored<Done> RocksArchive::load(domain::Marketplace& marketplace) {
  using namespace domain;
  const RocksFamilies& from = *families_;
  Stored<Done> loaded = load_singles<Vendor, VendorId>(from, Family::Vendors, marketplace);
  if (loaded) loaded = load_pairs<Product, ProductId>(from, Family::Products, marketplace);
  if (loaded) loaded = load_pairs<StockItem, ProductId>(from, Family::Stock, marketplace);
  if (loaded) loaded = load_singles<Customer, CustomerId>(from, Family::Customers, marketplace);
  if (loaded) loaded = load_singles<Order, OrderId>(from, Family::OpenOrders, marketplace);
  if (loaded) loaded = load_pairs<SubOrder, OrderId>(from, Family::OpenSubOrders, marketplace);
  return loaded;
}

Stored<Done> RocksArchive::fold(const std::vector<StoredCommit>& commits, const FoldPoint& point) {
  const Stored<Done> follows = check_follows(head_, commits, point.head);
  if (!follows) return follows;
  RocksArchiveFold fold(*families_);
  for (const StoredCommit& commit : commits) {
    const Stored<Done> folded = fold.fold(commit);
    if (!folded) return folded;
  }
  rocksdb::WriteBatch batch;
  fold.write_to(batch);
  families_->put(batch, Family::Meta, kPointKey, bytes_of(point));
  families_->forget_commands_until({point.at.micros - kCommandMemoryMicros});
  const Stored<Done> written = families_->write(batch);
  if (!written) return written;
  head_ = point.head;
  folded_.store(head_.commit, std::memory_order_release);
  return Done{};
}

Stored<std::optional<domain::Order>> RocksArchive::order(const domain::OrderId& id) {
  return decoded<domain::Order>(*families_, find_order(*families_, id.value), id.value);
}

Stored<std::optional<domain::SubOrder>> RocksArchive::sub_order(const domain::VendorId& vendor,
                                                                const domain::OrderId& id) {
  const std::string key = pair_key(vendor.value, id.value);
  return decoded<domain::SubOrder>(*families_, find_sub_order(*families_, key), key);
}

Stored<std::optional<RememberedCommand>> RocksArchive::command(std::string_view id) {
  Stored<std::optional<std::string>> found = families_->get(Family::Commands, id);
  if (!found) return Failure{std::move(found).error()};
  if (!found.value()) return std::optional<RememberedCommand>();
  RememberedCommand command;
  if (read_binary(*found.value(), command)) return std::optional(std::move(command));
  return families_->corrupt(fmt::format("can't read the command {}", id));
}

Stored<Done> RocksArchive::compact() {
  return families_->compact(Family::Commands);
}

}  // namespace cassette::eventstore
