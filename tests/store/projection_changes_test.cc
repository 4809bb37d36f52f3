// What a projection says about the documents it changes: each, once readers see it, and that
// another generation is read.
#include <mutex>
#include <set>

#include "tests/store/projections_rig.h"

using namespace cassette;
using namespace cassette::testing;
using projections::ChangedDocument;
using projections::ChangeListener;
using projections::Model;
using projections::Projection;

namespace {

using Changes = std::set<std::pair<Model, std::string>>;

// Remembers what it is told, and reads each document at that moment.
class Listener : public ChangeListener {
 public:
  bool wants(Model model) const override { return model != Model::Customers; }
  void changed(std::span<const ChangedDocument> documents) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [model, key] : documents) {
      changes_.emplace(model, key);
      if (models_ == nullptr) continue;
      const auto document = models_->get(model, key);
      seen_ += document.ok() && document.value() ? document.value()->body : "nothing";
    }
  }
  void replaced() override {
    const std::lock_guard lock(mutex_);
    changes_.clear();
    ++replaced_;
  }

  void read_from(projections::ReadModels& models) {
    const std::lock_guard lock(mutex_);
    models_ = &models;
  }
  Changes take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(changes_, {});
  }
  std::string seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  int replaced_times() {
    const std::lock_guard lock(mutex_);
    return replaced_;
  }

 private:
  std::mutex mutex_;
  projections::ReadModels* models_ = nullptr;
  Changes changes_;
  std::string seen_;
  int replaced_ = 0;
};

// A tape, the ledgers that hold it, and a projection of them that tells `listener`.
struct Rig {
  Rig() {
    tape.run(register_vendor("v"));
    tape.run(list_product("v", "p"));
    tape.run(count_stock("v", "p", 10));
    ledgers.copy();
    projection = value_of(Projection::open({folder / "models", ledgers.all(), &listener}));
    REQUIRE(projection->drain_to(ends_of(tape), kPatience));
    listener.read_from(projection->models());
  }
  void run(const domain::Command& command) {
    const eventstore::Position position = tape.run(command);
    ledgers.copy();
    REQUIRE(projection->models().wait_for(std::vector{position}, kPatience));
  }

  TempFolder folder;
  TapeMaker tape{1};
  TapeLedgers ledgers{tape};
  Listener listener;
  std::unique_ptr<Projection> projection;
};

}  // namespace

TEST_CASE("each batch names the documents that it changed, and no others") {
  Rig rig;
  CHECK(rig.listener.replaced_times() == 1);
  rig.listener.take();
  rig.run(count_stock("v", "p", 7));
  CHECK(rig.listener.take() == Changes{{Model::Stock, "v/p"}});
  rig.run(list_product("v", "q"));
  CHECK(rig.listener.take() == Changes{{Model::Products, "v/q"}});
  rig.run(place_order("o", {item("v", "p", 2)}));
  const Changes of_order = rig.listener.take();
  CHECK(of_order.contains({Model::Stock, "v/p"}));
  CHECK(of_order.contains({Model::Orders, "o"}));
  CHECK(of_order.contains({Model::VendorOrders, "v/o"}));
  CHECK_FALSE(of_order.contains({Model::Products, "v/p"}));
}

// A cache that is purged before readers see the change keeps the old answer once more.
TEST_CASE("whoever is told of a change reads it") {
  Rig rig;
  rig.run(count_stock("v", "p", 4711));
  CHECK(rig.listener.seen().find("\"quantityOnHand\":4711") != std::string::npos);
}

TEST_CASE("a generation is silent while it is built, and said to have replaced the one before") {
  Rig rig;
  rig.listener.take();
  const auto rebuilt = rig.projection->rebuild(std::stop_token());
  REQUIRE(rebuilt.ok());
  CHECK(rig.listener.replaced_times() == 2);
  CHECK(rig.listener.take().empty());
  rig.run(count_stock("v", "p", 3));
  CHECK(rig.listener.take() == Changes{{Model::Stock, "v/p"}});
}
