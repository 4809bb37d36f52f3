// run_import: reads, writes, reads back, compares.
#include "api/import/run_import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "api/http/token_source.h"
#include "api/import/adventureworks.h"
#include "api/import/runner.h"
#include "api/import/tables.h"

namespace cassette::api {
namespace {

using namespace importing;

// Where the server's ledgers end, once it is ready. Whether it lives is asked once: what happens to
// be down during an import is waited for, what was never there is not.
Result<std::string, std::string> heads_of_ready(const ImportOptions& options) {
  HttpClient client(options.url, options.tokens);
  ClientRequest request;
  request.target = "/health/live";
  const auto answer = client.send(request);
  if (!answer) return Failure{fmt::format("{}: {}", options.url, answer.error())};
  if (!answer.value().ok()) return Failure{fmt::format("{} is no cassette", options.url)};
  return await_ready(client);
}

// One page of a list; the longest that is served.
constexpr std::string_view kWholePage = "limit=200";

Result<Figures, std::string> found_figures(const Plan& plan, Runner& runner) {
  const auto documents = runner.read(plan.subjects);
  if (!documents) return Failure{documents.error()};
  auto figures = count_documents(plan, documents.value());
  if (!figures) return figures;
  std::vector<std::string> lists;
  for (const Subject& subject : plan.subjects) {
    if (subject.kind != Kind::Vendor) continue;
    lists.push_back(fmt::format("{}/orders?{}", subject.path, kWholePage));
  }
  const auto pages = runner.read_lists(lists, "vendors' orders");
  if (!pages) return Failure{pages.error()};
  const auto counted = count_vendors_sub_orders(pages.value(), plan.expected, figures.value());
  if (!counted) return Failure{counted.error()};
  return figures;
}

Result<std::map<std::string, std::string>, std::string> read_months(const Plan& plan,
                                                                    Runner& runner) {
  std::vector<std::string> lists;
  for (const auto& [order_id, order] : plan.expected.orders) {
    lists.push_back(fmt::format("/events?orderId={}&{}", order_id, kWholePage));
  }
  const auto pages = runner.read_lists(lists, "timelines");
  if (!pages) return Failure{pages.error()};
  return month_positions(pages.value());
}

// A line that is written over, with the rate and the time left.
class TerminalProgress {
 public:
  void operator()(const Progress& progress) {
    using std::chrono::steady_clock;
    if (progress.phase != phase_ || progress.total != total_) begin(progress);
    const double seconds =
        std::chrono::duration<double>(steady_clock::now() - began_).count() + 0.001;
    const double rate = static_cast<double>(progress.done - first_) / seconds;
    const double left = rate > 0 ? static_cast<double>(progress.total - progress.done) / rate : 0;
    fmt::print(stderr, "\r\x1b[K{}: {} of {}, {:.0f}/s, {:.0f} s left", progress.phase,
               progress.done, progress.total, rate, left);
    std::fflush(stderr);
  }

 private:
  void begin(const Progress& progress) {
    phase_ = progress.phase;
    total_ = progress.total;
    first_ = progress.done;
    began_ = std::chrono::steady_clock::now();
  }

  std::string phase_;
  std::size_t total_ = 0;
  std::size_t first_ = 0;
  std::chrono::steady_clock::time_point began_;
};

std::shared_ptr<TokenSource> tokens_of_environment(const std::string& url) {
  if (auto client = client_of_environment()) {
    return std::make_shared<TokenSource>(url, *std::move(client));
  }
  return std::make_shared<TokenSource>(token_of_environment());
}

}  // namespace

Result<Report, std::string> import_adventureworks(const ImportOptions& options,
                                                  OnProgress progress) {
  const auto tables = load_tables(options.folder);
  if (!tables) return Failure{tables.error()};
  const auto heads = heads_of_ready(options);
  if (!heads) return Failure{heads.error()};
  const Plan plan = adventureworks_plan(tables.value());
  Runner runner({options.url, options.tokens}, options.clients, std::move(progress));
  runner.positions().add(heads.value());
  const auto documents = runner.read(plan.subjects);
  if (!documents) return Failure{documents.error()};
  const auto facts = facts_of(plan.subjects, documents.value());
  if (!facts) return Failure{facts.error()};
  const auto written = runner.write(plan, facts.value());
  if (!written) return Failure{written.error()};
  auto found = found_figures(plan, runner);
  if (!found) return Failure{found.error()};
  auto months = read_months(plan, runner);
  if (!months) return Failure{months.error()};
  return Report{std::move(found).value(), demanded(plan.expected), std::move(months).value(),
                written.value()};
}

int run_import(ImportOptions options) {
  if (!options.tokens) options.tokens = tokens_of_environment(options.url);
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const OnProgress progress = terminal ? OnProgress(TerminalProgress()) : [](const Progress&) {};
  const auto report = import_adventureworks(options, progress);
  if (terminal) fmt::print(stderr, "\r\x1b[K");
  if (!report) {
    fmt::print(stderr, "import: {}\n", report.error());
    return 2;
  }
  fmt::print("{}", to_text(report.value()));
  const bool sound = report.value().as_demanded();
  fmt::print("{}\n", sound ? "The read models are as the tables demand."
                           : "The read models are NOT as the tables demand.");
  return sound ? 0 : 1;
}

}  // namespace cassette::api
