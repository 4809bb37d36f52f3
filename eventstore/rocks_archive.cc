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
  std::string text = "cassette archive 2";
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

domain::VendorId owner_in(std::string_view pair) {
  return {std::string(pair.substr(0, pair.find('/')))};
}

template <class Id>
Id id_in(std::string_view pair) {
  return {std::string(pair.substr(pair.find('/') + 1))};
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
    marketplace.load(owner_in(key), id_in<Id>(key), std::move(state));
  });
}

template <class T, class Id>
Stored<Done> load_singles(const RocksFamilies& families, Family family,
                          domain::Marketplace& marketplace) {
  return load_all<T>(families, family, [&](std::string_view key, T state) {
    marketplace.load(Id{std::string(key)}, std::move(state));
  });
}

// Reads what `family` keeps under `key`.
template <class T>
Stored<std::optional<T>> find(const RocksFamilies& families, Family family, std::string_view key) {
  const Stored<std::optional<std::string>> found = families.get(family, key);
  if (!found) return Failure{found.error()};
  if (!found.value()) return std::optional<T>();
  T state;
  if (read_binary(*found.value(), state)) return std::optional<T>(std::move(state));
  return families.corrupt(fmt::format("can't read {} {}", name_of(family), key));
}

// Gives each pair that `awake` lists, and `family` keeps, to `place`.
template <class T>
Stored<Done> load_awake(const RocksFamilies& families, Family awake, Family family, auto&& place) {
  return families.for_each(awake, [&](std::string_view key, std::string_view) -> Stored<Done> {
    Stored<std::optional<T>> state = find<T>(families, family, key);
    if (!state) return Failure{state.error()};
    if (!state.value()) {
      return families.corrupt(fmt::format("misses {} {}", name_of(family), key));
    }
    place(key, *std::move(state).value());
    return Done{};
  });
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
  if (loaded) {
    loaded = load_awake<Order>(from, Family::AwakeOrders, Family::Orders,
                               [&](std::string_view key, Order state) {
                                 marketplace.load(OrderId{std::string(key)}, std::move(state));
                               });
  }
  if (loaded) {
    loaded = load_awake<SubOrder>(
        from, Family::AwakeSubOrders, Family::SubOrders, [&](std::string_view key, SubOrder state) {
          marketplace.load(owner_in(key), id_in<OrderId>(key), std::move(state));
        });
  }
  return loaded;
}

Stored<Done> RocksArchive::fold_all(std::span<const StoredCommit* const> commits,
                                    const FoldPoint& point) {
  const Stored<Done> follows = check_follows(head_, commits, point.head);
  if (!follows) return follows;
  RocksArchiveFold fold(*families_);
  for (const StoredCommit* commit : commits) {
    const Stored<Done> folded = fold.fold(*commit);
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
  return find<domain::Order>(*families_, Family::Orders, id.value);
}

Stored<std::optional<domain::SubOrder>> RocksArchive::sub_order(const domain::VendorId& vendor,
                                                                const domain::OrderId& id) {
  return find<domain::SubOrder>(*families_, Family::SubOrders, pair_key(vendor.value, id.value));
}

Stored<Done> RocksArchive::for_each_holder(const domain::VendorId& vendor,
                                           const domain::ProductId& product,
                                           const VisitHolder& visit) {
  const std::string prefix = holder_key(vendor, product, {});
  return families_->for_each_key(Family::Holders, prefix, [&](std::string_view key) {
    return visit({std::string(key.substr(prefix.size()))});
  });
}

Stored<std::optional<RememberedCommand>> RocksArchive::command(std::string_view id) {
  return find<RememberedCommand>(*families_, Family::Commands, id);
}

Stored<Done> RocksArchive::compact() {
  return families_->compact(Family::Commands);
}

}  // namespace cassette::eventstore
