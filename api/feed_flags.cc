// The feed's flags, with their environment variables.
#include "api/feed_flags.h"

#include <CLI/CLI.hpp>

namespace cassette::api {
namespace {

// A hundred years: more than the server's nanoseconds are good for comes soon after.
constexpr int kMaxAgeDays = 36'500;
// Below it a stream could not hold one batch of events.
constexpr std::uint64_t kMinBytes = 16 << 20;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50;

void add_tls(CLI::App& app, FeedSettings& feed) {
  CLI::Option* cert = app.add_option("--feed-tls-cert", feed.tls_cert,
                                     "PEM file of the own feed server's certificate and chain")
                          ->envname("CASSETTE_FEED_TLS_CERT")
                          ->check(CLI::ExistingFile);
  CLI::Option* key =
      app.add_option("--feed-tls-key", feed.tls_key, "PEM file of the key of --feed-tls-cert")
          ->envname("CASSETTE_FEED_TLS_KEY")
          ->check(CLI::ExistingFile);
  cert->needs(key);
  key->needs(cert);
}

}  // namespace

void add_feed(CLI::App& app, FeedSettings& feed) {
  add_tls(app, feed);
  CLI::Option* nats =
      app.add_option("--feed-nats", feed.nats_url,
                     "URL of a nats-server for the feed to use instead of the own one")
          ->envname("CASSETTE_FEED_NATS");
  app.add_option("--feed-creds", feed.nats_creds, "Credentials file for --feed-nats")
      ->envname("CASSETTE_FEED_CREDS")
      ->check(CLI::ExistingFile)
      ->needs(nats);
  app.add_option("--feed-max-age-days", feed.max_age_days,
                 "Days for which the feed keeps an event; the ledger keeps all")
      ->envname("CASSETTE_FEED_MAX_AGE_DAYS")
      ->check(CLI::Range(1, kMaxAgeDays))
      ->capture_default_str();
  app.add_option("--feed-max-bytes", feed.max_bytes,
                 "Bytes that a partition's feed may take, which its server sets aside at once; "
                 "past them the oldest events go (default: as the disk has room)")
      ->envname("CASSETTE_FEED_MAX_BYTES")
      ->check(CLI::Range(kMinBytes, kMaxBytes));
}

void add_feed_listener(CLI::App& app, FeedSettings& feed) {
  app.add_option("--feed", feed.listen,
                 "Address and port of the feed's own nats-server; port 0 takes a free one")
      ->envname("CASSETTE_FEED")
      ->capture_default_str();
  app.add_option("--feed-url", feed.url,
                 "URL by which vendors reach it, where that is not the address of --feed")
      ->envname("CASSETTE_FEED_URL");
}

}  // namespace cassette::api
