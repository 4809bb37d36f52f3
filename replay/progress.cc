// The arithmetic of rate and time left, and the one line on a terminal.
#include "replay/progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace cassette::replay {
namespace {

constexpr std::chrono::milliseconds kShowEvery{200};
// Between two looks at the clock.
constexpr std::uint64_t kLookEvery = 64;

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace

ProgressMeter::ProgressMeter(MonotonicClock clock, ShowProgress show)
    : clock_(std::move(clock)), show_(std::move(show)) {}

void ProgressMeter::start(std::uint64_t total) {
  total_ = total;
  done_ = next_look_ = 0;
  started_ = shown_ = clock_();
}

void ProgressMeter::reach(std::uint64_t done) {
  done_ = done;
  if (done < next_look_) return;
  next_look_ = done + kLookEvery;
  const auto now = clock_();
  if (now - shown_ < kShowEvery) return;
  shown_ = now;
  show_(measure(now));
}

void ProgressMeter::finish() {
  show_(measure(clock_()));
}

Progress ProgressMeter::measure(std::chrono::steady_clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - started_).count();
  Progress progress{done_, total_, 0, std::chrono::seconds(0)};
  if (seconds <= 0 || done_ == 0) return progress;
  progress.per_second = static_cast<double>(done_) / seconds;
  const double left = static_cast<double>(total_ - std::min(done_, total_)) / progress.per_second;
  progress.left = std::chrono::seconds(static_cast<std::int64_t>(left));
  return progress;
}

std::string render(const Progress& progress, std::string_view unit) {
  const std::uint64_t percent = progress.total == 0 ? 100 : progress.done * 100 / progress.total;
  return fmt::format("{} of {} {} ({} %), {}/s, {} s left", with_commas(progress.done),
                     with_commas(progress.total), unit, percent,
                     with_commas(static_cast<std::uint64_t>(progress.per_second)),
                     progress.left.count());
}

ShowProgress on_terminal(std::FILE* terminal, std::string unit) {
  if (isatty(fileno(terminal)) == 0) return [](const Progress&) {};
  return [terminal, unit = std::move(unit)](const Progress& progress) {
    const bool last = progress.done >= progress.total;
    // Back to the start of the line, and clear to its end.
    fmt::print(terminal, "\r\x1b[K{}{}", render(progress, unit), last ? "\n" : "");
    std::fflush(terminal);
  };
}

}  // namespace cassette::replay
