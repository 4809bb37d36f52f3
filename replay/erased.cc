// A walk over the fields of events, down to what is sealed.
#include "replay/erased.h"

#include <concepts>
#include <optional>
#include <vector>

namespace cassette::replay {
namespace {

// Subjects remembered at a time; past it all are asked anew.
constexpr std::size_t kMaxKnown = 100'000;

class Redactor {
 public:
  explicit Redactor(Erased& erased) : erased_(erased) {}

  // A token is `subject|field|ciphertext`.
  void operator()(std::string_view, domain::Sealed& sealed) {
    const std::size_t end = sealed.token.find('|');
    if (end != std::string::npos && erased_.covers(std::string_view(sealed.token).substr(0, end))) {
      sealed.token = kErased;
    }
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <class T>
  void operator()(std::string_view name, std::vector<T>& list) {
    for (T& item : list) (*this)(name, item);
  }
  template <class T>
  void operator()(std::string_view, T& value) {
    if constexpr (Described<T>) {
      T::fields(value, *this);
    } else if constexpr (requires { this->walk(value); }) {
      walk(value);
    }
  }
  template <class... T>
  void walk(std::variant<T...>& one) {
    std::visit([this]<class E>(E& held) { E::fields(held, *this); }, one);
  }

 private:
  Erased& erased_;
};

}  // namespace

bool Erased::covers(std::string_view subject) {
  const auto found = known_.find(std::string(subject));
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMaxKnown) known_.clear();
  const std::optional<bool> erased = ask_ ? ask_(subject) : false;
  if (erased) known_.emplace(subject, *erased);
  return erased.value_or(false);
}

void Erased::note(const domain::Event& event) {
  if (const auto* erased = std::get_if<domain::CustomerErased>(&event)) {
    known_.insert_or_assign("customer:" + erased->customer_id.value, true);
  }
}

eventstore::Link Erased::redact(eventstore::Link link) {
  auto* stored = std::get_if<eventstore::StoredCommit>(&link);
  if (stored == nullptr) return link;
  Redactor redactor(*this);
  for (eventstore::RecordedEvent& recorded : stored->commit.events) {
    note(recorded.event);
    std::visit([&]<class E>(E& event) { E::fields(event, redactor); }, recorded.event);
  }
  return link;
}

}  // namespace cassette::replay
