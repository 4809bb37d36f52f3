// Looks documents up in the generation in use.
#include "projections/rocks_read_models.h"

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "projections/rocks_database.h"
#include "projections/rocks_list.h"
#include "projections/rocks_values.h"

namespace cassette::projections {
namespace {

Family family_of(Model model) {
  return static_cast<Family>(model);
}

Stored<std::optional<Document>> found(const RocksDatabase& database,
                                      std::optional<std::string> value, std::string_view key) {
  if (!value) return std::optional<Document>();
  std::optional<Document> document = document_of(*std::move(value));
  if (!document) return database.corrupt(std::string("unreadable document ").append(key));
  return document;
}

// The sum of what each partition has counted.
Stored<std::optional<Document>> sum_tallies(const ServedModels& models, std::string_view key) {
  std::vector<std::string> keys;
  for (const Position& each : models.progress->positions()) {
    keys.push_back(std::string(key).append("/").append(std::to_string(each.partition)));
  }
  auto values = models.database->get_many(Family::Tallies, keys);
  if (!values) return Failure{std::move(values).error()};
  TallyDocument sum;
  for (const std::optional<std::string>& value : values.value()) {
    TallyDocument part;
    if (!value) continue;
    if (!eventstore::read_json(body_of(*value), part)) {
      return models.database->corrupt(std::string("unreadable tally ").append(key));
    }
    add_to(sum, part);
  }
  if (sum.version == 0) return std::optional<Document>();
  return std::optional(Document{eventstore::to_json(sum), sum.version});
}

}  // namespace

RocksReadModels::RocksReadModels(ServedModels models)
    : models_(std::make_shared<const ServedModels>(std::move(models))) {}

std::shared_ptr<const ServedModels> RocksReadModels::current() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

void RocksReadModels::serve(ServedModels models) {
  auto next = std::make_shared<const ServedModels>(std::move(models));
  std::shared_ptr<const ServedModels> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(models_, std::move(next));
  }
  if (before->progress != current()->progress) before->progress->close();
}

Stored<std::optional<Document>> RocksReadModels::get(Model model, std::string_view key) {
  const auto models = current();
  if (model == Model::Tallies) return sum_tallies(*models, key);
  auto value = models->database->get(family_of(model), key);
  if (!value) return Failure{std::move(value).error()};
  return found(*models->database, std::move(value).value(), key);
}

Stored<std::vector<std::optional<Document>>> RocksReadModels::get_many(
    Model model, std::span<const std::string> keys) {
  const auto models = current();
  std::vector<std::optional<Document>> documents;
  documents.reserve(keys.size());
  if (model == Model::Tallies) {
    for (const std::string& key : keys) {
      auto sum = sum_tallies(*models, key);
      if (!sum) return Failure{std::move(sum).error()};
      documents.push_back(std::move(sum).value());
    }
    return documents;
  }
  auto values = models->database->get_many(family_of(model), keys);
  if (!values) return Failure{std::move(values).error()};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto document = found(*models->database, std::move(values.value()[i]), keys[i]);
    if (!document) return Failure{std::move(document).error()};
    documents.push_back(std::move(document).value());
  }
  return documents;
}

Stored<Page> RocksReadModels::list(const ListQuery& query) {
  return read_list(*current()->database, query);
}

// ---- progress

std::vector<Position> RocksReadModels::positions() const {
  return current()->progress->positions();
}

bool RocksReadModels::wait_for(std::span<const Position> positions,
                               std::chrono::milliseconds timeout) {
  const auto deadline = Progress::Clock::now() + timeout;
  while (true) {
    const Progress::Waited waited = current()->progress->wait_for(positions, deadline);
    if (waited != Progress::Waited::Closed) return waited == Progress::Waited::Reached;
  }
}

std::uint64_t RocksReadModels::tick() const {
  return current()->progress->tick();
}

std::uint64_t RocksReadModels::wait_beyond(std::uint64_t tick, std::chrono::milliseconds timeout) {
  const auto deadline = Progress::Clock::now() + timeout;
  while (true) {
    const auto models = current();
    const Progress::Waited waited = models->progress->wait_beyond(tick, deadline);
    if (waited != Progress::Waited::Closed) return models->progress->tick();
  }
}

std::optional<std::string> RocksReadModels::failure() const {
  const std::optional<StoreError> error = current()->progress->failure();
  if (!error) return std::nullopt;
  return error->what;
}

}  // namespace cassette::projections
