// Level reader: one thread, in rounds.
#include "api/live/level_reader.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "api/http/json_text.h"
#include "domain/product.h"
#include "eventstore/codec.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using eventstore::Position;
using projections::Document;
using projections::Model;

// Between two looks at whether it is to stop, while the models are behind.
constexpr std::chrono::milliseconds kLook{250};
// Products read at once.
constexpr std::size_t kBatch = 256;

struct StockGlance {
  std::string vendor_id;
  std::string product_id;
  std::int64_t available = 0;
  std::uint64_t version = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantityAvailable", self.available);
    visit("version", self.version);
  }
};

struct ListingGlance {
  domain::ProductStatus status = domain::ProductStatus::Listed;

  static void fields(auto& self, auto&& visit) { visit("status", self.status); }
};

bool is_listed(const std::optional<Document>& product) {
  ListingGlance glance;
  return product && eventstore::read_json(product->body, glance) &&
         glance.status == domain::ProductStatus::Listed;
}

// The newest position of each partition.
std::vector<Position> newest(const std::map<std::string, Position>& wanted) {
  std::map<std::uint32_t, Position> by_partition;
  for (const auto& [key, position] : wanted) {
    Position& last = by_partition.try_emplace(position.partition, position).first->second;
    last = std::max(last, position);
  }
  std::vector<Position> all;
  for (const auto& [partition, position] : by_partition) all.push_back(position);
  return all;
}

// How far the vendor's partition is folded.
std::string position_of(std::string_view vendor, const std::vector<Position>& positions) {
  const auto count = static_cast<std::uint32_t>(positions.size());
  return eventstore::format(positions[eventstore::partition_of(vendor, count)]);
}

LevelPtr rendered(StockGlance stock, bool listed, const std::vector<Position>& positions) {
  auto level = std::make_shared<Level>();
  level->json += '{';
  append_members(level->json, stock);
  append_member(level->json, "position", position_of(stock.vendor_id, positions));
  level->json += '}';
  level->vendor_id = std::move(stock.vendor_id);
  level->product_id = std::move(stock.product_id);
  level->version = stock.version;
  level->listed = listed;
  return level;
}

}  // namespace

LevelReader::LevelReader(projections::ReadModels& models, std::function<void(LevelPtr)> deliver)
    : models_(models),
      deliver_(std::move(deliver)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LevelReader::~LevelReader() {
  stop();
}

void LevelReader::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void LevelReader::read(const std::string& vendor, const std::string& product,
                       const Position& position) {
  {
    const std::lock_guard lock(mutex_);
    Position& wanted = wanted_.try_emplace(vendor + '/' + product, position).first->second;
    wanted = std::max(wanted, position);
  }
  changed_.notify_one();
}

void LevelReader::run(const std::stop_token& stop) {
  while (true) {
    Wanted wanted;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !wanted_.empty(); })) return;
      wanted.swap(wanted_);
    }
    if (!await(stop, wanted)) return;
    std::vector<std::string> keys;
    for (const auto& [key, position] : wanted) {
      keys.push_back(key);
      if (keys.size() < kBatch) continue;
      deliver(keys);
      keys.clear();
    }
    if (!keys.empty()) deliver(keys);
  }
}

// False when it is to stop. Models that have stopped are read as they are.
bool LevelReader::await(const std::stop_token& stop, const Wanted& wanted) {
  const std::vector<Position> positions = newest(wanted);
  while (!stop.stop_requested()) {
    if (models_.wait_for(positions, kLook) || models_.failure()) return true;
  }
  return false;
}

void LevelReader::deliver(const std::vector<std::string>& keys) {
  const std::vector<Position> positions = models_.positions();
  const auto stocks = models_.get_many(Model::Stock, keys);
  const auto products = models_.get_many(Model::Products, keys);
  if (!stocks || !products) {
    spdlog::warn("stock levels can't be read: {}",
                 (stocks ? products.error() : stocks.error()).what);
    return;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    StockGlance glance;
    const auto& stock = stocks.value()[i];
    if (!stock || !eventstore::read_json(stock->body, glance)) continue;
    deliver_(rendered(std::move(glance), is_listed(products.value()[i]), positions));
  }
}

}  // namespace cassette::api
