// Opening identity: the settings are checked first.
#include "api/open_identity.h"

#include <optional>

namespace cassette::api {
namespace {

using eventstore::Stored;
using eventstore::StoreError;

Failure<StoreError> refuse_setting(std::string why) {
  return Failure{StoreError{StoreError::Kind::Unsupported, std::move(why)}};
}

// An issuer is compared as text, so it has one spelling: no query, no fragment, and ours no slash
// at its end, since paths are put behind it.
bool is_issuer(const std::string& url) {
  return may_be_fetched(url) && url.find_first_of("?# \"\\") == std::string::npos;
}

// What is wrong with the settings, in a sentence.
std::optional<std::string> fault_of(const IdentitySettings& settings) {
  const std::string& own = settings.issuer;
  const bool http = own.starts_with("http://") || own.starts_with("https://");
  const bool plain = own.find_first_of("?# \"\\") == std::string::npos && !own.ends_with('/');
  if (!own.empty() && !(http && plain)) {
    return "--issuer takes http(s)://HOST[:PORT][/PATH] without a slash at its end, not " + own;
  }
  for (const std::string& url : settings.trust_issuers) {
    if (!is_issuer(url)) {
      return "--trust-issuer takes https://…, or http:// of this machine, not " + url;
    }
  }
  return std::nullopt;
}

}  // namespace

Stored<std::unique_ptr<OpenedIdentity>> open_identity(eventstore::JetStreamConnection& connection,
                                                      Keyring& keyring,
                                                      const IdentitySettings& settings,
                                                      SecurityLog& log) {
  if (auto fault = fault_of(settings)) return refuse_setting(*std::move(fault));
  auto opened = std::make_unique<OpenedIdentity>();
  auto bucket = connection.create_bucket(kIdentityBucket);
  if (!bucket) return Failure{bucket.error()};
  opened->bucket = std::move(bucket).value();
  Identity::Options options;
  options.issuer = settings.issuer;
  for (const std::string& url : settings.trust_issuers) {
    options.trusted.push_back({url, settings.trust_audience});
  }
  if (!options.trusted.empty()) options.fetcher = &opened->fetcher;
  auto identity = Identity::open(*opened->bucket, keyring, std::move(options), log);
  if (!identity) return Failure{identity.error()};
  opened->identity = std::move(identity).value();
  return opened;
}

}  // namespace cassette::api
