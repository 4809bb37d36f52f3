// Tape: a ledger of many events on disk, of orders on their way from placed to delivered, for
// benchmarks that read it. It is written once a run, and measures nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "api/ledger_access.h"
#include "bench/filler.h"
#include "bench/market.h"
#include "bench/report.h"
#include "bench/workload.h"

namespace cassette::bench {

// Orders on their way: each step places one and takes earlier ones further. So the same number is
// open at any time, however many there were.
class Traffic {
 public:
  static constexpr std::uint32_t kItems = 5'000;

  // The vendors, products and stock that orders need.
  void stock(Filler& filler);
  void step(Filler& filler);
  std::uint64_t orders() const { return next_; }
  // What the steps do, for a benchmark's configuration.
  static std::string description();

 private:
  const Items& items_of(std::uint64_t order) const;
  void place(Filler& filler, std::uint64_t order);
  void advance(Filler& filler, std::uint64_t order, domain::OrderStatus to);

  const std::vector<Items> short_ = make_orders(Spread::Even, Shape::OneLine, kItems, 10'000);
  const std::vector<Items> long_ = make_orders(Spread::Even, Shape::FourLines, kItems, 10'000, 2);
  std::uint64_t next_ = 0;
};

// The folder is laid out as `cassette up` lays it out, with an archive and without read models.
class Tape {
 public:
  // At least `events`, and few more. Blocks for as long as writing takes.
  explicit Tape(std::uint64_t events);

  std::filesystem::path data() const { return scratch_.path() / "data"; }
  std::uint64_t events() const { return events_; }
  std::uint64_t orders() const { return orders_; }

 private:
  Scratch scratch_;
  std::uint64_t events_ = 0;
  std::uint64_t orders_ = 0;
};

// The tapes of one run, each made when it is first asked for.
class Tapes {
 public:
  const Tape& of(std::uint64_t events);

 private:
  std::map<std::uint64_t, std::unique_ptr<Tape>> tapes_;
};

// A tape's ledger with a server of its own, and where it ends.
struct OpenTape {
  explicit OpenTape(const Tape& tape);

  eventstore::Ledger& ledger() { return *access.ledgers.front(); }

  api::LedgerAccess access;
  std::uint64_t head = 0;   // the last message
  std::uint64_t bytes = 0;  // of the stream, as its server counts them
};

// Takes every message up to `head` and does nothing with it. Seconds.
double drain(eventstore::Ledger& ledger, std::uint64_t head);
// The same, but that every message is hashed and decoded, as every fold has to.
double drain_decoded(eventstore::Ledger& ledger, std::uint64_t head);

// What a benchmark makes of a whole tape, in events a second, round by round beside the two drains.
struct BesideDrains {
  Samples plain;
  Samples decoded;
};
// `seconds` is called once a round, and takes what the tape takes.
BesideDrains beside_drains(OpenTape& open, const Tape& tape, int rounds,
                           const std::function<double()>& seconds);
// The configuration of such a benchmark; `ours` says what it does with the tape.
std::vector<std::string> tape_configuration(const Tape& tape, const std::string& ours);

}  // namespace cassette::bench
