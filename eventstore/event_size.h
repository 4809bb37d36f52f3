// Event size: an estimate of what an event adds to a commit's body, from its fields, in bytes.
// It bounds what one command may add, before it is; how large a commit is, its own text says.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/events.h"

namespace cassette::eventstore {

// Adds up names, texts and punctuation; numbers count as kNumberBytes.
class SizeEstimate {
 public:
  static constexpr std::size_t kNumberBytes = 8;

  template <class T>
  void operator()(std::string_view name, const T& value) {
    bytes_ += name.size() + 4;
    add(value);
  }
  std::size_t bytes() const { return bytes_; }

  // JSON writes a quote or a backslash as two bytes, and a control character as up to six.
  void add(const std::string& text) {
    bytes_ += text.size() + 2;
    for (const char c : text) {
      bytes_ += c == '"' || c == '\\' ? 1 : static_cast<unsigned char>(c) < 0x20 ? 5 : 0;
    }
  }
  template <class Tag>
  void add(const domain::Id<Tag>& id) {
    add(id.value);
  }
  void add(const domain::Currency& currency) { add(currency.code); }
  void add(const domain::Sealed& sealed) { bytes_ += sealed.token.size() + 16; }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) add(*value);
  }
  template <class T>
  void add(const std::vector<T>& values) {
    for (const T& value : values) add(value);
  }
  void add(const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) {
      add(name);
      add(value);
      bytes_ += 2;
    }
  }
  template <class T>
  void add(const T& value) {
    if constexpr (requires { typename T::OneOf; }) {
      std::visit([this](const auto& alternative) { add(alternative); }, value);
    } else if constexpr (Described<T>) {
      T::fields(value, *this);
      bytes_ += 2;
    } else {
      bytes_ += kNumberBytes;
    }
  }

 private:
  std::size_t bytes_ = 0;
};

// The envelope of an event (type, cause, by) counts as 60 bytes.
inline std::size_t estimated_bytes(const domain::Event& event) {
  constexpr std::size_t kEnvelopeBytes = 60;
  SizeEstimate estimate;
  estimate.add(event);
  return estimate.bytes() + kEnvelopeBytes;
}

}  // namespace cassette::eventstore
