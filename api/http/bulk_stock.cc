// Bulk stock: up to ten thousand counts and adjustments as NDJSON, each line on its own, answered
// in their order. Lines are submitted without waiting for one another, a bounded number at a time.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/stock_request.h"
#include "api/http/writes.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using eventstore::Accepted;
using eventstore::Position;
using eventstore::Reply;

constexpr std::size_t kMaxLines = 10'000;
// A line names a product and half a dozen values.
constexpr std::size_t kMaxLineBytes = 64 * 1024;
// Lines in flight: well below an engine's inbox, so that a bulk request never fills it.
constexpr std::size_t kMaxInFlight = 256;

struct ProductGlance {
  domain::ProductId product_id;
  domain::ProductStatus status = domain::ProductStatus::Listed;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    visit("status", self.status);
  }
};

struct Line {
  std::string product_id;  // once known
  Answered<Accepted> answer = Failure{Problem{}};
};

// The replies to lines in flight; outlives the request when it gives up.
struct Gathering {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Reply>> replies;
  std::size_t in_flight = 0;
};

// At most one more than a request may have.
std::vector<std::string_view> lines_of(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty() && lines.size() <= kMaxLines) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

std::optional<Problem> refuse_odd(const StockLineRequest& line) {
  if (line.product_id.has_value() == line.sku.has_value()) {
    return invalid_field("productId", "or sku is there, and not both");
  }
  if (line.quantity && (line.adjustment.delta || line.adjustment.reason)) {
    return invalid_field("quantity", "goes with neither delta nor reason");
  }
  if (line.quantity) return std::nullopt;
  return refuse_empty(line.adjustment);
}

// The listed product with a SKU, as the read model knows it, also while its vendor is suspended.
Answered<domain::ProductId> product_with(const Call& call, const std::string& sku) {
  ListQuery query;
  query.list = ListQuery::List::Products;
  query.vendor_id = call.vendor_id();
  query.sku = sku;
  query.include_delisted = true;
  query.limit = kMaxPage;
  const auto page = call.services.models.list(query);
  if (!page) return Failure{problem_of(page.error())};
  for (const std::string& item : page.value().items) {
    ProductGlance product;
    const bool read = eventstore::read_json(item, product);
    if (read && product.status == domain::ProductStatus::Listed) return product.product_id;
  }
  return Failure{not_found("product", sku)};
}

Answered<Write> to_write(const Call& call, std::string_view text, std::size_t number, Line& line) {
  if (text.empty()) return Failure{malformed("The line is empty.")};
  if (text.size() > kMaxLineBytes) {
    return Failure{malformed(fmt::format("A line has at most {} bytes.", kMaxLineBytes))};
  }
  auto parsed = read_request<StockLineRequest>(text, call.now);
  if (!parsed) return Failure{std::move(parsed).error()};
  const StockLineRequest& request = parsed.value();
  if (auto problem = refuse_odd(request)) return Failure{std::move(*problem)};
  auto product = request.product_id ? Answered<domain::ProductId>(*request.product_id)
                                    : product_with(call, request.sku->value);
  if (!product) return Failure{std::move(product).error()};
  line.product_id = product.value().value;
  const StockChange& change = request.adjustment.change;
  Write write;
  if (request.quantity) {
    write.command = to_count(call.vendor_id(), product.value(), {*request.quantity, change}, {});
  } else {
    write.command = to_adjustment(call.vendor_id(), product.value(), request.adjustment, {});
  }
  write.occurred_at = change.occurred_at;
  write.part = std::to_string(number + 1);
  write.raw = text;
  return write;
}

// Submits line after line, and stops for a while when too many are in flight. False when no reply
// came in time.
class Submitter {
 public:
  Submitter(const Call& call, std::size_t lines)
      : call_(call), gathering_(std::make_shared<Gathering>()) {
    gathering_->replies.resize(lines);
  }

  bool submit(std::size_t line, Write write) {
    if (!wait_until(kMaxInFlight - 1)) return false;
    {
      const std::scoped_lock lock(gathering_->mutex);
      ++gathering_->in_flight;
    }
    auto keep = gathering_;
    call_.services.gateway.submit(to_request(call_, std::move(write)), [keep, line](Reply reply) {
      const std::scoped_lock lock(keep->mutex);
      keep->replies[line] = std::move(reply);
      --keep->in_flight;
      keep->changed.notify_one();
    });
    return true;
  }

  // Waits until at most `in_flight` lines are.
  bool wait_until(std::size_t in_flight) {
    std::unique_lock lock(gathering_->mutex);
    return gathering_->changed.wait_for(lock, call_.services.waits.command,
                                        [&] { return gathering_->in_flight <= in_flight; });
  }

  std::optional<Reply> take(std::size_t line) {
    const std::scoped_lock lock(gathering_->mutex);
    return std::exchange(gathering_->replies[line], std::nullopt);
  }

 private:
  const Call& call_;
  std::shared_ptr<Gathering> gathering_;
};

std::vector<Line> submit_all(const Call& call, const std::vector<std::string_view>& texts) {
  std::vector<Line> lines(texts.size());
  std::vector<bool> submitted(texts.size(), false);
  Submitter submitter(call, texts.size());
  bool answering = true;
  for (std::size_t i = 0; i < texts.size() && answering; ++i) {
    auto write = to_write(call, texts[i], i, lines[i]);
    if (!write) {
      lines[i].answer = Failure{std::move(write).error()};
      continue;
    }
    submitted[i] = true;
    answering = submitter.submit(i, std::move(write).value());
  }
  submitter.wait_until(0);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto reply = submitter.take(i);
    if (reply) {
      lines[i].answer = to_answer(std::move(*reply));
    } else if (submitted[i] || !answering) {
      lines[i].answer = Failure{unavailable("No answer came in time.")};
    }
  }
  return lines;
}

// The newest position of each partition; how far the models are when nothing was accepted.
std::vector<Position> newest(const Call& call, const std::vector<Line>& lines) {
  std::vector<Position> positions;
  for (const Line& line : lines) {
    if (!line.answer) continue;
    const Position position = line.answer.value().position;
    const auto same = std::ranges::find(positions, position.partition, &Position::partition);
    if (same == positions.end()) {
      positions.push_back(position);
    } else {
      same->commit = std::max(same->commit, position.commit);
    }
  }
  if (positions.empty()) return call.services.models.positions();
  std::ranges::sort(positions);
  return positions;
}

std::vector<std::optional<Document>> documents_of(const Call& call,
                                                  const std::vector<Line>& lines) {
  std::vector<std::string> keys;
  for (const Line& line : lines) keys.push_back(call.ids[0] + '/' + line.product_id);
  auto found = call.services.models.get_many(Model::Stock, keys);
  if (found) return std::move(found).value();
  return std::vector<std::optional<Document>>(lines.size());
}

void append_line(std::string& body, std::size_t number, const Line& line,
                 const std::optional<Document>& document) {
  std::string text = "{";
  append_member(text, "line", static_cast<std::uint64_t>(number + 1));
  append_member(text, "status",
                line.answer ? line.answer.value().status : line.answer.error().status);
  if (line.answer && document) append_member(text, "version", document->version);
  if (!line.answer) text.append(",\"problem\":").append(to_response(line.answer.error()).body);
  body.append(text).append("}\n");
}

}  // namespace

Answered<Response> write_stock_in_bulk(const Call& call) {
  const auto vendor = read_document(call, Model::Vendors, call.ids[0], "vendor");
  if (!vendor) return Failure{vendor.error()};
  const auto texts = lines_of(call.request.body);
  if (texts.size() > kMaxLines) return Failure{malformed("There are more than 10000 lines.")};
  const std::vector<Line> lines = submit_all(call, texts);
  const std::vector<Position> positions = newest(call, lines);
  const bool folded = call.services.models.wait_for(positions, call.services.waits.position);
  const auto documents =
      folded ? documents_of(call, lines) : std::vector<std::optional<Document>>(lines.size());
  Response response;
  response.content_type = kNdjson;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    append_line(response.body, i, lines[i], documents[i]);
  }
  response.set_header("Cassette-Position", format_positions(positions));
  return response;
}

}  // namespace cassette::api
