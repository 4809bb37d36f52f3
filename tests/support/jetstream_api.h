// JetStreamApi: what a test asks a nats-server's JetStream in its own words, past all of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/raw_nats.h"

namespace cassette::test {

// A message as a consumer delivers it.
struct Delivered {
  std::string subject;
  std::string id;   // Nats-Msg-Id
  std::string ack;  // where to acknowledge it
  std::string body;
};

// One connection to a server that takes anybody.
class JetStreamApi {
 public:
  explicit JetStreamApi(const std::string& url) : nats_(url) {
    REQUIRE(nats_.connect("") == "PONG");
    nats_.send("SUB answers.> 1\r\n");
  }

  // The answer's body.
  std::string request(const std::string& subject, const std::string& body) {
    ask(subject, body);
    return next().body;
  }

  void make_consumer(const std::string& stream, const std::string& name,
                     const std::string& filter) {
    const std::string made =
        request("$JS.API.CONSUMER.DURABLE.CREATE." + stream + "." + name,
                R"({"stream_name":")" + stream + R"(","config":{"durable_name":")" + name +
                    R"(","ack_policy":"explicit","deliver_policy":"all","max_ack_pending":-1,)" +
                    R"("filter_subject":")" + filter + R"("}})");
    REQUIRE_MESSAGE(made.find("\"error\"") == std::string::npos, made);
  }

  // What the consumer has now, at most `batch`.
  std::vector<Delivered> pull(const std::string& stream, const std::string& consumer,
                              std::size_t batch) {
    ask("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
        R"({"no_wait":true,"batch":)" + std::to_string(batch) + "}");
    std::vector<Delivered> got;
    while (got.size() < batch) {
      Delivered one = next();
      if (one.id.empty()) break;  // a status: there is no more
      got.push_back(std::move(one));
    }
    return got;
  }

  // Waits for the server to have taken it.
  void acknowledge(const Delivered& message) { request(message.ack, "+ACK"); }

 private:
  void ask(const std::string& subject, const std::string& body) {
    nats_.send("PUB " + subject + " answers." + std::to_string(++asked_) + " " +
               std::to_string(body.size()) + "\r\n" + body + "\r\n");
  }

  // "MSG subject sid [reply] bytes", or HMSG with the headers' bytes before that.
  Delivered next() {
    std::string head = nats_.line();
    while (head == "PING" || head == "+OK") {
      if (head == "PING") nats_.send("PONG\r\n");
      head = nats_.line();
    }
    const std::vector<std::string> words = words_of(head);
    REQUIRE(words.size() >= 4);
    const bool headers = words[0] == "HMSG";
    Delivered message;
    message.subject = words[1];
    if (words.size() == (headers ? 6U : 5U)) message.ack = words[3];
    if (headers) message.id = take_headers();
    message.body = nats_.line();
    return message;
  }

  // Up to the empty line after them; gives the id among them.
  std::string take_headers() {
    static constexpr std::string_view kId = "Nats-Msg-Id: ";
    std::string id;
    for (std::string line = nats_.line(); !line.empty(); line = nats_.line()) {
      if (line.starts_with(kId)) id = line.substr(kId.size());
    }
    return id;
  }

  static std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    for (std::size_t from = 0; from < line.size();) {
      const std::size_t end = std::min(line.find(' ', from), line.size());
      if (end > from) words.push_back(line.substr(from, end - from));
      from = end + 1;
    }
    return words;
  }

  RawNats nats_;
  int asked_ = 0;
};

}  // namespace cassette::test
