// Making the feed's parts, and taking them down in order.
#include "api/feed_role.h"

#include <utility>

#include "api/identity/ids.h"

namespace cassette::api {

using eventstore::Stored;

namespace {

// Nothing is lost by leaving earlier: the ledger has it, and the next start publishes it.
constexpr std::chrono::milliseconds kDrainTimeout{2000};

}  // namespace

eventstore::FeedOptions feed_options(const FeedSettings& settings) {
  eventstore::FeedOptions options;
  options.max_age = std::chrono::days(settings.max_age_days);
  options.max_bytes = settings.max_bytes;
  return options;
}

Stored<std::unique_ptr<FeedRole>> FeedRole::start(const FeedSettings& settings,
                                                  const std::filesystem::path& data,
                                                  const std::vector<eventstore::Ledger*>& ledgers) {
  auto server =
      FeedServer::open(settings, data, static_cast<std::uint32_t>(ledgers.size()), wall_clock());
  if (!server) return Failure{server.error()};
  std::unique_ptr<FeedRole> role(new FeedRole);
  role->server_ = std::move(server).value();
  auto streams = role->server_->connection().publisher();
  if (!streams) return Failure{streams.error()};
  role->streams_ = std::move(streams).value();
  projections::FeedPublisherOptions options;
  options.stream = feed_options(settings);
  role->publisher_ =
      std::make_unique<projections::FeedPublisher>(ledgers, *role->streams_, std::move(options));
  return role;
}

FeedRole::~FeedRole() = default;

std::optional<std::string> FeedRole::failure() const {
  const auto failure = publisher_->failure();
  if (!failure) return std::nullopt;
  return failure->what;
}

bool FeedRole::drain(const std::vector<eventstore::Position>& heads) {
  const bool published = publisher_->await(heads, kDrainTimeout);
  publisher_->stop();
  return published;
}

}  // namespace cassette::api
