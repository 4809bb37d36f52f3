// Logging: the formatter that makes each record a JSON object.
#include "api/logging.h"

#include <chrono>
#include <memory>

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "domain/values.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& record, spdlog::memory_buf_t& out) override {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(record.time.time_since_epoch());
    const auto level = spdlog::level::to_string_view(record.level);
    std::string line = R"({"at":")" + domain::format(domain::Timestamp{since.count()}) +
                       R"(","level":")" + std::string(level.data(), level.size()) +
                       R"(","message":)";
    eventstore::write_json(line, std::string(record.payload.data(), record.payload.size()));
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

void set_up_logging(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("cassette");
  logger->set_formatter(std::make_unique<JsonFormatter>());
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace cassette::api
