// As-of command: a moment to a commit and that to a document, by the history.
#include "api/as_of_command.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "api/identity/ids.h"
#include "api/identity/key_wrapping.h"
#include "api/identity/keyring.h"
#include "api/identity/sealing.h"
#include "api/ledger_access.h"
#include "api/scratch_folder.h"
#include "eventstore/codec.h"
#include "replay/as_of.h"
#include "replay/as_of_report.h"
#include "replay/heads.h"
#include "replay/progress.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;
using projections::History;
using replay::Entity;
using replay::Moment;
using replay::Standing;

constexpr int kFound = 0;
constexpr int kNotThere = 1;
constexpr int kCouldNotRun = 2;
// Between two looks at how far the history is.
constexpr std::chrono::milliseconds kLook{200};
// Of a history that another process is only making.
constexpr int kMaxOpenings = 50;
// Looks without a commit more, after which it stands still: a minute.
constexpr int kMaxStillLooks = 300;

int could_not_run(const std::string& why) {
  spdlog::critical("{}", why);
  return kCouldNotRun;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Failure<StoreError> refused(std::string why) {
  return Failure{StoreError{StoreError::Kind::Mismatch, std::move(why)}};
}

class AsOf {
 public:
  explicit AsOf(const AsOfSettings& settings) : settings_(settings) {}

  int run() {
    auto access = open_ledger(settings_.ledger);
    if (!access) return could_not_run(access.error().what);
    access_.emplace(std::move(access).value());
    auto scratch = ScratchFolder::make("as-of");
    if (!scratch) return could_not_run(scratch.error().what);
    scratch_ = std::move(scratch).value();
    ledgers_ = access_->borrowed();
    const std::string& kind = settings_.words[settings_.words.size() - 2];
    const auto entity = replay::entity_of(kind, settings_.words.back(),
                                          static_cast<std::uint32_t>(ledgers_.size()));
    if (!entity) {
      return could_not_run(
          fmt::format("{} {} can't be: there are {}; an id of two is "
                      "VENDOR/PRODUCT or VENDOR/ORDER",
                      kind, settings_.words.back(), replay::kinds()));
    }
    const Stored<int> status = settings_.diff.empty() ? show(*entity) : show_diff(*entity);
    return status ? status.value() : could_not_run(status.error().what);
  }

 private:
  Stored<int> show(const Entity& entity) {
    auto commits = commits_of(entity, {settings_.words.front()});
    if (!commits) return Failure{std::move(commits).error()};
    auto then = standing(entity, commits.value().front());
    if (!then) return Failure{std::move(then).error()};
    const auto& document = then.value().document;
    if (settings_.json) {
      print(replay::to_json(entity, then.value()) + "\n");
    } else if (document) {
      print(document->body + "\n");
    } else {
      spdlog::error("there was no {} {} at {}", entity.kind, entity.key,
                    eventstore::format(Position{entity.partition, then.value().commit}));
    }
    return document ? kFound : kNotThere;
  }

  Stored<int> show_diff(const Entity& entity) {
    auto commits = commits_of(entity, settings_.diff);
    if (!commits) return Failure{std::move(commits).error()};
    const std::uint64_t from = commits.value().front();
    const std::uint64_t to = commits.value().back();
    if (from > to) return refused("the second moment is before the first");
    auto before = standing(entity, from);
    if (!before) return Failure{std::move(before).error()};
    auto after = standing(entity, to);
    if (!after) return Failure{std::move(after).error()};
    auto events = replay::events_between(*history_, *ledgers_[entity.partition], entity, from, to);
    if (!events) return Failure{std::move(events).error()};
    const bool there = before.value().document || after.value().document;
    const replay::Difference difference{std::move(before).value(), std::move(after).value(),
                                        std::move(events).value()};
    print(settings_.json ? replay::to_json(entity, difference) + "\n"
                         : replay::to_text(entity, difference));
    return there ? kFound : kNotThere;
  }

  // The commits that moments are, once the history has them.
  Stored<std::vector<std::uint64_t>> commits_of(const Entity& entity,
                                                const std::vector<std::string>& texts) {
    std::vector<Moment> moments;
    Position wanted{entity.partition, 0};
    for (const std::string& text : texts) {
      auto moment = moment_of(entity, text, wanted.commit);
      if (!moment) return Failure{std::move(moment).error()};
      moments.push_back(moment.value());
    }
    if (auto ready = open_history(wanted); !ready) return Failure{std::move(ready).error()};
    std::vector<std::uint64_t> commits;
    for (const Moment& each : moments) {
      const auto commit = replay::commit_at(*history_, entity, each);
      if (!commit) return Failure{commit.error()};
      commits.push_back(commit.value());
    }
    return commits;
  }

  // Raises `wanted` to the message up to which the history says what stood then: for a time the
  // last there is, since only who has read the chain knows which messages are in it.
  Stored<Moment> moment_of(const Entity& entity, const std::string& text, std::uint64_t& wanted) {
    const std::optional<Moment> moment = replay::parse_moment(text);
    if (!moment) return refused(text + " is neither a position such as 0:1841 nor a time in UTC");
    if (auto why = replay::refusal(entity, *moment)) return refused(std::move(*why));
    const auto last = ledgers_[entity.partition]->last_sequence();
    if (!last) return Failure{last.error()};
    if (const auto* at = std::get_if<domain::Timestamp>(&*moment)) {
      if (*at > wall_clock()) return refused(text + " is a time to come");
      wanted = last.value();
      return *moment;
    }
    const std::uint64_t commit = std::get<Position>(*moment).commit;
    if (commit > last.value()) {
      return refused(fmt::format("there is no {}: the partition ends with {}", text, last.value()));
    }
    wanted = std::max(wanted, commit);
    return *moment;
  }

  // To fold it, or to read what another process folds.
  Stored<std::unique_ptr<History>> open_either(const std::filesystem::path& folder) {
    auto own = projections::open_history(folder, ledgers_);
    if (own || own.error().kind != StoreError::Kind::Unavailable) return own;
    auto others = projections::open_history_reader(folder, scratch_->path() / "reader");
    if (others) return others;
    return Failure{StoreError{others.error().kind,
                              own.error().what + "; and to read it: " + others.error().what}};
  }

  // The history, once it has come as far as `wanted`: that of a running `up`, or else our own.
  Stored<Done> open_history(const Position& wanted) {
    // A ledger of --nats may have no folder here: then nothing is left behind.
    std::error_code none;
    const bool kept = std::filesystem::exists(settings_.ledger.data, none);
    const auto folder = kept ? history_folder(settings_.ledger) : scratch_->path() / "history";
    auto opened = open_either(folder);
    for (int tries = 1; !opened && tries < kMaxOpenings; ++tries) {
      if (opened.error().kind != StoreError::Kind::Unavailable) break;
      std::this_thread::sleep_for(kLook);
      opened = open_either(folder);
    }
    if (!opened) return Failure{std::move(opened).error()};
    history_ = std::move(opened).value();
    return await(wanted);
  }

  // Void messages have no commit, so a position may be one that is never folded: the last message
  // is waited for as the commit before it.
  Stored<Done> await(const Position& wanted) {
    const auto head =
        replay::head_before(wanted.partition, *ledgers_[wanted.partition], wanted.commit + 1);
    if (!head) return Failure{head.error()};
    const Position last{wanted.partition, head.value().commit};
    replay::ProgressMeter meter([] { return std::chrono::steady_clock::now(); },
                                replay::on_terminal(stderr, "commits"));
    meter.start(last.commit);
    std::uint64_t reached = 0;
    for (int still = 0; still < kMaxStillLooks; ++still) {
      if (history_->wait_for({&last, 1}, kLook)) {
        meter.finish();
        return Done{};
      }
      if (auto failure = history_->failure()) return refused(std::move(*failure));
      const auto points = history_->points();
      if (!points) return Failure{points.error()};
      const std::uint64_t now = points.value()[last.partition].commit;
      if (now > reached) still = 0;
      reached = now;
      meter.reach(reached);
    }
    return refused(fmt::format("the history stands still at {}",
                               eventstore::format(Position{last.partition, reached})));
  }

  Stored<Standing> standing(const Entity& entity, std::uint64_t commit) {
    Standing then{commit, std::nullopt, std::nullopt};
    auto document = history_->get(entity.model, entity.key, commit);
    if (!document) return Failure{std::move(document).error()};
    then.document = std::move(document).value();
    if (then.document && settings_.open) {
      auto body = opened(std::move(then.document->body));
      if (!body) return Failure{std::move(body).error()};
      then.document->body = std::move(body).value();
    }
    const auto message = commit == 0 ? Stored<std::optional<eventstore::Message>>(std::nullopt)
                                     : ledgers_[entity.partition]->read(commit);
    if (!message) return Failure{message.error()};
    if (message.value()) {
      if (const auto decoded = eventstore::decode(message.value()->body)) {
        then.at = decoded.value().at;
      }
    }
    return then;
  }

  Stored<std::string> opened(std::string body) {
    if (!sealer_) {
      auto keys = access_->connection->create_bucket(kKeyBucket);
      if (!keys) return Failure{std::move(keys).error()};
      keys_ = std::move(keys).value();
      std::filesystem::path master = settings_.master_key_file;
      if (master.empty()) master = std::filesystem::path(settings_.ledger.data) / "master.key";
      if (!std::filesystem::exists(master)) return refused("there is no " + master.string());
      auto keyring = Keyring::open(master, *keys_);
      if (!keyring) return Failure{std::move(keyring).error()};
      keyring_ = std::move(keyring).value();
      sealer_.emplace(*keyring_);
    }
    return sealer_->open_document(std::move(body));
  }

  const AsOfSettings& settings_;
  std::unique_ptr<ScratchFolder> scratch_;
  std::optional<LedgerAccess> access_;
  std::vector<eventstore::Ledger*> ledgers_;
  std::unique_ptr<eventstore::KeyValue> keys_;
  std::unique_ptr<Keyring> keyring_;
  std::optional<Sealer> sealer_;
  std::unique_ptr<History> history_;
};

}  // namespace

int run_as_of(const AsOfSettings& settings) {
  return AsOf(settings).run();
}

}  // namespace cassette::api
