// A vendor's consumer. Vendors can't change it, so all of its settings are here.
#include "eventstore/jetstream_vendor_consumer.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "eventstore/publisher.h"

namespace cassette::eventstore {
namespace {

// What is not acknowledged by then comes again.
constexpr std::int64_t kAckWaitNs = 30LL * 1'000'000'000;
// Events out at once; a vendor that acknowledges none gets no more than these.
constexpr std::int64_t kMaxAckPending = 1'000;
// Pulls that wait at once: a few connections with one or two each.
constexpr std::int64_t kMaxWaiting = 64;
// Of one pull.
constexpr std::int64_t kMaxBatch = 1'000;
// How long it may wait. Between accounts the server forgets who asked after two minutes of silence.
constexpr std::int64_t kMaxExpiresNs = 60LL * 1'000'000'000;

using ConsumerInfoHandle = std::unique_ptr<jsConsumerInfo, HandleDeleter<jsConsumerInfo_Destroy>>;

}  // namespace

Stored<Done> make_vendor_consumer(JetStreamLink& link, std::uint32_t partition,
                                  const domain::VendorId& vendor, std::uint64_t first_sequence) {
  const std::string stream = feed_stream(partition);
  ConsumerInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  natsStatus status = js_GetConsumerInfo(out(info), link.context.get(), stream.c_str(),
                                         vendor.value.c_str(), nullptr, &code);
  if (status == NATS_OK) return Done{};
  if (code != JSConsumerNotFoundErr) {
    return Failure{
        store_error(fmt::format("consumer {} of {}", vendor.value, stream), status, code)};
  }
  const std::string filter = fmt::format("feed.{}.vendor.{}.>", partition, vendor.value);
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = vendor.value.c_str();
  config.Description = "A vendor's part of the feed";
  config.FilterSubject = filter.c_str();
  config.DeliverPolicy = first_sequence == 0 ? js_DeliverAll : js_DeliverByStartSequence;
  config.OptStartSeq = first_sequence;
  config.AckPolicy = js_AckExplicit;
  config.AckWait = kAckWaitNs;
  config.MaxDeliver = -1;  // until it is acknowledged
  config.MaxAckPending = kMaxAckPending;
  config.MaxWaiting = kMaxWaiting;
  config.MaxRequestBatch = kMaxBatch;
  config.MaxRequestExpires = kMaxExpiresNs;
  config.ReplayPolicy = js_ReplayInstant;
  status = js_AddConsumer(out(info), link.context.get(), stream.c_str(), &config, nullptr, &code);
  if (status != NATS_OK) {
    return Failure{
        store_error(fmt::format("making consumer {} of {}", vendor.value, stream), status, code)};
  }
  return Done{};
}

}  // namespace cassette::eventstore
