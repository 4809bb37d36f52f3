// Reads what verify's flags name.
#include "api/verify_options.h"

#include <CLI/CLI.hpp>

#include <filesystem>

#include "eventstore/data_folder.h"
#include "replay/cut.h"
#include "replay/notary.h"

namespace cassette::api {

using eventstore::NotaryPublicKey;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

Failure<StoreError> unusable(std::string what) {
  return Failure{StoreError{StoreError::Kind::Unsupported, std::move(what)}};
}

Stored<std::vector<replay::SignedHead>> heads_in(const std::string& file) {
  const auto text = eventstore::read_file(file);
  if (!text.ok()) return Failure{text.error()};
  auto heads = replay::parse_heads(text.value());
  if (heads.ok() && heads.value().empty()) return unusable(file + " holds no signed head");
  return heads;
}

// The newest head of `heads` that is not after `text`, a position.
Stored<replay::SignedHead> head_at(const std::string& text, eventstore::Position position,
                                   const std::vector<replay::SignedHead>& heads) {
  if (heads.empty()) {
    return unusable("--since " + text + " takes --heads: the newest head not after it is trusted");
  }
  const replay::SignedHead* newest = nullptr;
  for (const replay::SignedHead& head : heads) {
    if (position.partition >= head.partitions.size()) continue;
    if (head.partitions[position.partition].commit > position.commit) continue;
    if (newest == nullptr || newest->number < head.number) newest = &head;
  }
  if (newest == nullptr) return unusable("no head of --heads is at or before --since " + text);
  return *newest;
}

// What judging starts after: `--since` is a position or a file.
Stored<replay::SignedHead> since_of(const VerifySettings& settings,
                                    const std::vector<replay::SignedHead>& heads) {
  if (const auto position = eventstore::parse_position(settings.since)) {
    return head_at(settings.since, *position, heads);
  }
  auto own = heads_in(settings.since);
  if (!own.ok()) return Failure{own.error()};
  return std::move(own.value().back());
}

// Those given, else those of the data folder's notary, when it has some.
Stored<std::vector<NotaryPublicKey>> keys_of(const VerifySettings& settings) {
  std::vector<std::string> texts = settings.keys;
  const auto own = replay::notary_keys_file(settings.ledger.data);
  std::error_code ignored;
  if (texts.empty() && settings.ledger.nats_url.empty() && std::filesystem::exists(own, ignored)) {
    texts.push_back(own.string());
  }
  std::vector<NotaryPublicKey> keys;
  for (const std::string& text : texts) {
    const auto some = eventstore::notary_public_keys_of(text);
    if (!some.ok()) return Failure{some.error()};
    keys.insert(keys.end(), some.value().begin(), some.value().end());
  }
  return keys;
}

// Why the text is neither; empty when it is one.
std::string position_or_file(const std::string& text) {
  return eventstore::parse_position(text) ? std::string() : CLI::ExistingFile(text);
}

Stored<replay::Cut> cut_of(const std::string& text, std::span<eventstore::Ledger* const> ledgers) {
  const auto moment = replay::parse_moment(text);
  const auto* time = moment ? std::get_if<domain::Timestamp>(&*moment) : nullptr;
  if (time != nullptr) return replay::cut_at(ledgers, *time);
  if (!moment) return unusable(text + " is no moment such as 2026-11-23T21:07:00Z");
  if (ledgers.size() > 1) {
    return unusable(text + " is a moment of its own partition only: give --until a time");
  }
  const auto& position = std::get<eventstore::Position>(*moment);
  if (position.partition != 0) return unusable(text + " is of a partition that is not there");
  return replay::Cut{{position.commit}};
}

}  // namespace

void add_verify_options(CLI::App& verify, VerifySettings& settings) {
  verify
      .add_option("--heads", settings.heads_file,
                  "Signed heads, one a line, that the ledger must agree with")
      ->envname("CASSETTE_HEADS")
      ->check(CLI::ExistingFile);
  verify
      .add_option("--since", settings.since,
                  "Judge what comes after a signed head: the last one of this file or, of a "
                  "position such as 0:1841, the newest one of --heads that is not after it; all "
                  "before is folded as it is, and held against the head's hashes and roots")
      ->envname("CASSETTE_SINCE")
      ->check(CLI::Validator(position_or_file, "POSITION|FILE"));
  verify
      .add_option("--key", settings.keys,
                  "Public key that heads must be signed by, or a file with one a line; repeatable "
                  "(default DATA/notary/keys)")
      ->envname("CASSETTE_NOTARY_KEY")
      ->allow_extra_args(false);
  verify
      .add_option("--until", settings.until,
                  "Read no further than this time (RFC 3339) or, with one partition, position")
      ->envname("CASSETTE_UNTIL");
}

Stored<replay::VerifyOptions> verify_options(const VerifySettings& settings,
                                             std::span<eventstore::Ledger* const> ledgers) {
  replay::VerifyOptions options;
  if (settings.ledger.nats_url.empty()) options.data = settings.ledger.data;
  auto keys = keys_of(settings);
  if (!keys.ok()) return Failure{keys.error()};
  options.keys = std::move(keys).value();
  if (!settings.heads_file.empty()) {
    auto heads = heads_in(settings.heads_file);
    if (!heads.ok()) return Failure{heads.error()};
    options.heads = std::move(heads).value();
  }
  if (!settings.since.empty()) {
    if (options.keys.empty()) return unusable("--since takes the notary's --key");
    auto head = since_of(settings, options.heads);
    if (!head.ok()) return Failure{head.error()};
    options.since = std::move(head).value();
  }
  if (!settings.until.empty()) {
    auto cut = cut_of(settings.until, ledgers);
    if (!cut.ok()) return Failure{cut.error()};
    options.until = std::move(cut).value();
  }
  return options;
}

}  // namespace cassette::api
