// EngineRig: wiring engines in memory.
#include "tests/support/engine_rig.h"

#include <future>

#include <doctest/doctest.h>

namespace cassette::testing {

using namespace eventstore;

namespace {
constexpr std::chrono::seconds kPatience{10};
}

EngineRig::EngineRig(Options options) : options_(std::move(options)) {
  for (std::uint32_t p = 0; p < options_.partitions; ++p) {
    memory_.push_back(std::make_unique<MemoryLedger>());
    archives_.push_back(std::make_unique<MemoryArchive>());
  }
  if (options_.ledgers.empty()) {
    for (const auto& ledger : memory_) options_.ledgers.push_back(ledger.get());
  }
  if (options_.archives.empty()) {
    for (const auto& archive : archives_) options_.archives.push_back(archive.get());
  }
}

void EngineRig::launch() {
  for (std::uint32_t p = 0; p < options_.partitions; ++p) {
    tails_.push_back(std::make_unique<LedgerTail>(p, *options_.ledgers[p]));
  }
  for (std::uint32_t p = 0; p < options_.partitions; ++p) {
    EngineOptions engine;
    engine.settings = {p, options_.partitions, options_.policy};
    engine.ledger_id = "test-ledger";
    engine.inbox_capacity = options_.inbox_capacity;
    engine.append_timeout = std::chrono::milliseconds(200);
    engine.give_up_after = options_.give_up_after;
    std::vector<LedgerTail*> others;
    for (const auto& tail : tails_) {
      if (tail->partition() != p) others.push_back(tail.get());
    }
    EngineParts parts{*options_.ledgers[p], *options_.archives[p], std::move(others),
                      [this] {
                        ++clock_reads;
                        return domain::Timestamp{now_micros.load()};
                      },
                      [this] { return "owner-" + std::to_string(owners_++); }};
    engines_.push_back(std::make_unique<Engine>(std::move(engine), std::move(parts)));
    engines_.back()->grant(engines_.back()->ends());
  }
}

bool EngineRig::eventually_ends(std::uint32_t partition, eventstore::TenureEnd how) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (engine(partition).last_end() == how) return true;
    std::this_thread::yield();
  }
  return false;
}

void EngineRig::start() {
  launch();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (const auto& engine : engines_) {
    while (!engine->serving() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    REQUIRE_MESSAGE(engine->serving(), engine->trouble());
  }
}

void EngineRig::stop() {
  for (const auto& engine : engines_) engine->stop(kPatience);
  engines_.clear();
  tails_.clear();
}

void EngineRig::submit(Request request, std::function<void(Reply)> done) {
  const std::uint32_t to = home(home_of(request.command));
  engines_.at(to)->submit({std::move(request), std::move(done)});
}

Reply EngineRig::execute(domain::Command command, std::string id, std::string digest) {
  auto reply = std::make_shared<std::promise<Reply>>();
  auto answered = reply->get_future();
  Request request;
  request.command = std::move(command);
  request.digest = id.empty() ? "" : std::move(digest);
  request.id = std::move(id);
  request.by = "admin";
  submit(std::move(request), [reply](Reply r) { reply->set_value(std::move(r)); });
  REQUIRE(answered.wait_for(kPatience) == std::future_status::ready);
  return answered.get();
}

std::string EngineRig::id_at(std::uint32_t partition, const std::string& prefix) const {
  for (int n = 0;; ++n) {
    std::string id = prefix + std::to_string(n);
    if (home(id) == partition) return id;
  }
}

std::vector<StoredCommit> EngineRig::commits(std::uint32_t partition) {
  std::vector<StoredCommit> all;
  Chain chain(partition);
  Ledger& ledger = *memory_.at(partition);
  const std::uint64_t last = ledger.last_sequence().value();
  for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
    auto link = chain.accept(*ledger.read(sequence).value());
    REQUIRE_MESSAGE(link.ok(), link.error().what);
    if (auto* stored = std::get_if<StoredCommit>(&link.value())) all.push_back(std::move(*stored));
  }
  return all;
}

domain::Marketplace EngineRig::fold(std::uint32_t partition) {
  domain::Marketplace marketplace;
  for (const StoredCommit& stored : commits(partition)) {
    for (const RecordedEvent& recorded : stored.commit.events) marketplace.evolve(recorded.event);
  }
  return marketplace;
}

bool EngineRig::eventually(std::uint32_t partition,
                           const std::function<bool(const domain::Marketplace&)>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition(fold(partition))) return true;
    std::this_thread::yield();
  }
  return false;
}

void stock_up(EngineRig& rig, const std::string& vendor, const std::string& product,
              domain::Quantity quantity) {
  rig.execute(domain::RegisterVendor{{vendor}, "Vendor " + vendor, {}, {}});
  domain::ProductDetails details;
  details.name = "Part " + product;
  details.sku = "SKU-" + product;
  details.price = {4787, {"USD"}};
  REQUIRE(std::holds_alternative<Accepted>(
      rig.execute(domain::ListProduct{{vendor}, {product}, details})));
  domain::CountStock count;
  count.vendor_id = {vendor};
  count.product_id = {product};
  count.quantity = quantity;
  REQUIRE(std::holds_alternative<Accepted>(rig.execute(count)));
}

domain::PlaceOrder order_of(const std::string& order, const std::string& vendor,
                            const std::string& product, domain::Quantity quantity) {
  domain::PlaceOrder place;
  place.order_id = {order};
  place.customer_id = {"c-17"};
  place.items.push_back({{vendor}, {product}, quantity, {}, {}});
  place.asked_by = domain::Role::Administrator;
  return place;
}

}  // namespace cassette::testing
