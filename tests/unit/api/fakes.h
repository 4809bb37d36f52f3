// Fakes of what handlers stand on: a gateway that answers as a test says and remembers what it was
// asked, read models that are a map, and all of it put together behind a router. No engine, no
// server, no socket.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/http/router.h"
#include "domain/check.h"
#include "eventstore/memory_key_value.h"

namespace cassette::api {

class FakeGateway : public eventstore::CommandGateway {
 public:
  void submit(eventstore::Request request, std::function<void(eventstore::Reply)> done) override {
    requests.push_back(std::move(request));
    if (silent) return;
    done(answer ? answer(requests.back()) : accept(requests.back()));
  }
  std::vector<eventstore::Position> heads() const override { return heads_; }
  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(heads_.size()); }

  // The default answer: a new commit of partition 0.
  eventstore::Reply accept(const eventstore::Request& request) {
    return eventstore::Accepted{{0, ++heads_[0].commit}, request.status, false, true};
  }

  const eventstore::Request& last() const { return requests.back(); }
  template <class C>
  const C& last_command() const {
    return std::get<C>(requests.back().command);
  }

  std::vector<eventstore::Request> requests;
  std::function<eventstore::Reply(const eventstore::Request&)> answer;
  bool silent = false;  // never answers
  std::vector<eventstore::Position> heads_ = {{0, 10}};
};

class FakeModels : public projections::ReadModels {
 public:
  using Model = projections::Model;
  using Document = projections::Document;

  explicit FakeModels(const FakeGateway& gateway) : gateway_(gateway) {}

  eventstore::Stored<std::optional<Document>> get(Model model, std::string_view key) override {
    const int number = ++gets;
    if (before_get) before_get(number);
    const auto found = documents.find({model, std::string(key)});
    if (found == documents.end()) return std::optional<Document>();
    return std::optional(found->second);
  }
  eventstore::Stored<std::vector<std::optional<Document>>> get_many(
      Model model, std::span<const std::string> keys) override {
    std::vector<std::optional<Document>> all;
    for (const std::string& key : keys) all.push_back(get(model, key).value());
    return all;
  }
  eventstore::Stored<projections::Page> list(const projections::ListQuery& query) override {
    queries.push_back(query);
    return page;
  }
  std::vector<eventstore::Position> positions() const override { return gateway_.heads(); }
  // Folded as far as the gateway's heads, or so many commits behind; never, when it lags.
  bool wait_for(std::span<const eventstore::Position> wanted, std::chrono::milliseconds) override {
    const auto heads = gateway_.heads();
    return !lagging && std::ranges::all_of(wanted, [&](const eventstore::Position& position) {
      return position.partition < heads.size() &&
             position.commit + behind <= heads[position.partition].commit;
    });
  }
  std::uint64_t tick() const override { return ticks; }
  std::uint64_t wait_beyond(std::uint64_t tick, std::chrono::milliseconds timeout) override {
    waited.push_back(timeout);
    if (on_wait) on_wait();
    return tick + 1;
  }
  std::optional<std::string> failure() const override { return failed; }

  void put(Model model, std::string key, std::string body, std::uint64_t version) {
    documents[{model, std::move(key)}] = {std::move(body), version};
  }

  std::map<std::pair<Model, std::string>, Document> documents;
  projections::Page page;
  std::vector<projections::ListQuery> queries;
  std::vector<std::chrono::milliseconds> waited;
  std::function<void()> on_wait;
  std::function<void(int)> before_get;
  std::optional<std::string> failed;
  bool lagging = false;
  std::uint64_t behind = 0;
  std::atomic<int> gets = 0;  // servers in tests ask on several threads
  std::uint64_t ticks = 0;

 private:
  const FakeGateway& gateway_;
};

class FakeHealth : public HealthSource {
 public:
  HealthReport report() const override {
    if (not_ready_for == 0) return current;
    --not_ready_for;
    return {false, "fsync", {"the read models are catching up"}};
  }
  HealthReport current{true, "fsync", {}};
  mutable int not_ready_for = 0;  // reports to come
};

// A folder of its own, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cassette-api-XXXXXX").string();
    CASSETTE_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The whole of api/http behind a router. Waits are zero: what isn't there at once never comes.
struct Desk {
  TemporaryFolder folder;
  eventstore::MemoryKeyValue bucket;
  std::unique_ptr<Keyring> keyring = Keyring::open(folder.path() / "master.key", bucket).value();
  Sealer sealer{*keyring};
  Signer signer{keyring->signing_root()};
  FakeGateway gateway;
  FakeModels models{gateway};
  FakeHealth health;
  domain::Timestamp now = *domain::parse_timestamp("2026-11-23T21:07:00Z");
  Services services{
      gateway,
      models,
      sealer,
      signer,
      health,
      "openapi: 3.1.0\n",
      [this] { return now; },
      {std::chrono::milliseconds(20), std::chrono::milliseconds(0), std::chrono::milliseconds(0)}};
  Router router{services};

  Response send(std::string method, std::string target, std::string body = {},
                RequestHeaders headers = {}) {
    if (headers.content_type.empty() && !body.empty()) headers.content_type = kJson;
    return router.handle(
        {std::move(method), std::move(target), std::move(headers), std::move(body), false});
  }
  // With an Idempotency-Key.
  Response send_keyed(std::string method, std::string target, std::string body,
                      std::string key = "k-1") {
    RequestHeaders headers;
    headers.idempotency_key = std::move(key);
    return send(std::move(method), std::move(target), std::move(body), std::move(headers));
  }
  Response get(std::string target) { return send("GET", std::move(target)); }
};

// The first header of that name; empty when there is none.
inline std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (header == name) return value;
  }
  return {};
}

// "invalid-field" of "/problems/invalid-field".
inline std::string problem_type(const Response& response) {
  constexpr std::string_view kStart = "{\"type\":\"/problems/";
  if (!response.body.starts_with(kStart)) return {};
  const std::size_t end = response.body.find('"', kStart.size());
  return response.body.substr(kStart.size(), end - kStart.size());
}

// "items[0].colour" of the member `field`.
inline std::string problem_field(const Response& response) {
  constexpr std::string_view kMember = "\"field\":\"";
  const std::size_t start = response.body.find(kMember);
  if (start == std::string::npos) return {};
  const std::size_t end = response.body.find('"', start + kMember.size());
  return response.body.substr(start + kMember.size(), end - start - kMember.size());
}

}  // namespace cassette::api
