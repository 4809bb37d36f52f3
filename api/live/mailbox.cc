// Mailbox: a queue, and a map in which the newest level wins.
#include "api/live/mailbox.h"

namespace cassette::api {

void Mailbox::add(std::size_t bytes) {
  bytes_ += bytes;
  full_ = bytes_ > kMaxUnsentBytes;
  if (full_) {
    overflow();
  } else {
    wake();
  }
}

void Mailbox::put_event(const std::shared_ptr<Member>& member, const LiveEventPtr& event,
                        const std::shared_ptr<const std::string>& cursor) {
  if (full_) return;
  Mail mail;
  mail.member = member;
  mail.event = event;
  mail.cursor = cursor;
  queue_.push_back(std::move(mail));
  ++member->queued;
  add(event->frame.size());
}

void Mailbox::put_level(const std::shared_ptr<Member>& member, const LevelPtr& level) {
  if (full_) return;
  const auto [place, added] = levels_.try_emplace({member.get(), level->key()});
  place->second.member = member;
  place->second.level = level;
  add(added ? kLevelBytes : 0);
}

void Mailbox::put_text(std::string text) {
  if (full_) return;
  const std::size_t bytes = text.size();
  Mail mail;
  mail.text = std::move(text);
  queue_.push_back(std::move(mail));
  add(bytes);
}

std::optional<Mail> Mailbox::take() {
  if (!queue_.empty()) {
    Mail mail = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= mail.event ? mail.event->frame.size() : mail.text.size();
    if (mail.event) {
      --mail.member->queued;
      mail.member->sent = mail.cursor;
    }
    return mail;
  }
  if (levels_.empty()) return std::nullopt;
  Mail mail = std::move(levels_.begin()->second);
  levels_.erase(levels_.begin());
  bytes_ -= kLevelBytes;
  return mail;
}

void Mailbox::drop_levels(const Member& member) {
  for (auto at = levels_.begin(); at != levels_.end();) {
    if (at->first.first != &member) {
      ++at;
      continue;
    }
    at = levels_.erase(at);
    bytes_ -= kLevelBytes;
  }
}

void Mailbox::clear() {
  queue_ = {};
  levels_ = {};
  bytes_ = 0;
}

}  // namespace cassette::api
