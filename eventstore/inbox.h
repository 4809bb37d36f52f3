// Inbox: the bounded queue of requests that many threads fill and one engine empties.
// It is lock-free (a Treiber stack whose taker takes all and turns it round) and keeps the order in
// which requests of one thread were put in.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "eventstore/command_gateway.h"

namespace cassette::eventstore {

// A request and the way back to who waits for its reply.
struct Submission {
  Request request;
  std::function<void(Reply)> done;
};

class Inbox {
 public:
  explicit Inbox(std::size_t capacity) : capacity_(capacity) {}
  ~Inbox() { take_all(); }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Any thread. False, and `submission` untouched, when the inbox is full.
  bool put(Submission& submission) {
    if (size_.fetch_add(1, std::memory_order_acq_rel) >= capacity_) {
      size_.fetch_sub(1, std::memory_order_acq_rel);
      return false;
    }
    auto node = std::make_unique<Node>(Node{std::move(submission), nullptr});
    node->next = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(node->next, node.get(), std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
    static_cast<void>(node.release());
    return true;
  }

  // The engine's. All that is there, oldest first.
  std::vector<Submission> take_all() {
    Node* newest = head_.exchange(nullptr, std::memory_order_acquire);
    std::vector<Submission> taken;
    for (Node* at = newest; at != nullptr;) {
      const std::unique_ptr<Node> owned(at);
      taken.push_back(std::move(owned->submission));
      at = owned->next;
    }
    size_.fetch_sub(taken.size(), std::memory_order_acq_rel);
    return {std::make_move_iterator(taken.rbegin()), std::make_move_iterator(taken.rend())};
  }

 private:
  struct Node {
    Submission submission;
    Node* next;
  };

  const std::size_t capacity_;
  std::atomic<std::size_t> size_{0};
  std::atomic<Node*> head_{nullptr};
};

}  // namespace cassette::eventstore
