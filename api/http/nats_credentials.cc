// NATS credentials: a vendor's own way into the feed, handed out once and kept nowhere.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/writes.h"
#include "api/identity/security_log.h"
#include "eventstore/vendor_feed.h"

namespace cassette::api {
namespace {

// Shorter ones would be renewed all the time, longer ones never.
constexpr std::int64_t kMinLifetime_s = 3'600;
constexpr std::int64_t kMaxLifetime_s = 31'536'000;
constexpr std::int64_t kDefaultLifetime_s = 90 * 86'400;

struct MintRequest {
  std::optional<Integer<kMinLifetime_s, kMaxLifetime_s>> expires_in_seconds;

  static void fields(auto& self, auto&& visit) {
    visit("expiresInSeconds", self.expires_in_seconds);
  }
};

void note(const Call& call, std::string_view type, std::string detail) {
  if (call.services.security == nullptr) return;
  call.services.security->record({call.now, std::string(type), call.caller.principal,
                                  call.caller.credential_id, call.request.address,
                                  call.request.headers.request_id, std::move(detail)});
}

// The feed, for a vendor that there is.
Answered<eventstore::VendorFeed*> feed_of(const Call& call) {
  const auto vendor = read_document(call, Model::Vendors, call.ids[0], "vendor");
  if (!vendor) return Failure{vendor.error()};
  if (call.services.vendor_feed != nullptr) return call.services.vendor_feed;
  return Failure{
      unavailable("Credentials for the feed are made by whoever runs its server, not here.")};
}

std::string body_of(const eventstore::FeedCredentials& credentials) {
  std::string body = "{";
  append_member(body, "url", credentials.url);
  append_member(body, "creds", credentials.creds);
  append_member(body, "stream", credentials.stream);
  append_member(body, "consumer", credentials.consumer);
  append_member(body, "inboxPrefix", credentials.inbox_prefix);
  append_member(body, "expiresAt", domain::format(credentials.expires_at));
  return body += '}';
}

}  // namespace

Answered<Response> mint_nats_credentials(const Call& call) {
  const auto body = read_body<MintRequest>(call);
  if (!body) return Failure{body.error()};
  const auto feed = feed_of(call);
  if (!feed) return Failure{feed.error()};
  const auto& wanted = body.value().expires_in_seconds;
  const std::chrono::seconds lifetime(wanted ? wanted->value : kDefaultLifetime_s);
  const auto made = feed.value()->mint(call.vendor_id(), call.now, lifetime);
  if (!made) return Failure{problem_of(made.error())};
  note(call, "FeedCredentialsMinted",
       "vendor:" + call.ids[0] + " until " + domain::format(made.value().expires_at));
  Response response;
  response.status = 201;
  response.body = body_of(made.value());
  response.set_header("Cache-Control", "no-store");
  return response;
}

Answered<Response> revoke_nats_credentials(const Call& call) {
  const auto feed = feed_of(call);
  if (!feed) return Failure{feed.error()};
  const auto revoked = feed.value()->revoke(call.vendor_id(), call.now);
  if (!revoked) return Failure{problem_of(revoked.error())};
  if (revoked.value()) note(call, "FeedCredentialsRevoked", "vendor:" + call.ids[0]);
  Response response;
  response.status = 204;
  return response;
}

}  // namespace cassette::api
