// VendorFeed: who among the vendors may read their part of the feed, and with what credentials.
// It reads and publishes nothing of the feed, and keeps none of the secrets that it hands out.
#pragma once

#include <chrono>
#include <string>

#include "domain/values.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

struct FeedCredentials {
  std::string url;           // of the feed's server, as vendors reach it
  std::string creds;         // a .creds file's text: the user's JWT and its seed. Secret.
  std::string stream;        // FEED-<partition of the vendor>
  std::string consumer;      // a durable pull consumer, named as the vendor
  std::string inbox_prefix;  // what the subjects of answers must begin with, without the last dot
  domain::Timestamp expires_at;
};

// Thread-safe. Calls block for the feed's server.
class VendorFeed {
 public:
  virtual ~VendorFeed() = default;

  // Makes credentials that are good from now on, until `now + lifetime` (whole seconds), and the
  // vendor's consumer when there is none; earlier credentials stay as they are, and a consumer
  // stays where it was. `vendor` is a valid id; whether there is such a vendor is the caller's to
  // know. Unavailable while the feed's server or the vendor's stream is not there.
  virtual Stored<FeedCredentials> mint(const domain::VendorId& vendor, domain::Timestamp now,
                                       std::chrono::seconds lifetime) = 0;

  // Ends every credential minted so far, and the connections that were made with them. The consumer
  // stays where it was. False when there never was one: revoking twice is no error. Unavailable
  // while the feed's server is not there; then nothing is revoked.
  virtual Stored<bool> revoke(const domain::VendorId& vendor, domain::Timestamp now) = 0;
};

}  // namespace cassette::eventstore
