// Form: a body of application/x-www-form-urlencoded, as OAuth's endpoints take it, and the client
// that shows itself in it or in a Basic header. Sources: WHATWG URL §5, RFC 6749 §2.3.1 and §3.2,
// RFC 7617.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "api/http/query.h"
#include "api/identity/client_authentication.h"

namespace cassette::api {

inline constexpr std::size_t kMaxFormFields = 32;

class Form {
 public:
  // Nothing for bad escapes, what is no UTF-8, too many fields, or one that stands twice.
  static std::optional<Form> parse(std::string_view body);
  // The same of parameters that were decoded already.
  static std::optional<Form> of(Parameters fields);

  bool has(std::string_view name) const;
  // Empty when it is absent.
  std::string text(std::string_view name) const;

 private:
  explicit Form(Parameters fields) : fields_(std::move(fields)) {}

  Parameters fields_;
};

// The client by its Basic header or by `client_id` and `client_secret`, never by both.
Granted<ClientProof> client_proof(const RequestHeaders& headers, const Form& form);

}  // namespace cassette::api
