// Form: fields are decoded once, and none may stand twice.
#include "api/http/form.h"

#include <algorithm>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

// What follows "Basic ", whose case is of no matter; nothing for another scheme.
std::optional<std::string_view> basic_credentials(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != kScheme[i]) return std::nullopt;
  }
  return header.substr(kScheme.size());
}

// Both parts are encoded as in a form before they are joined.
std::optional<ClientProof> parse_basic(std::string_view header) {
  const auto credentials = basic_credentials(header);
  const auto pair = credentials ? from_base64(*credentials) : std::nullopt;
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto id = percent_decoded(std::string_view(*pair).substr(0, colon), true);
  auto secret = percent_decoded(std::string_view(*pair).substr(colon + 1), true);
  if (!id || !secret) return std::nullopt;
  return ClientProof{*std::move(id), *std::move(secret)};
}

}  // namespace

std::optional<Form> Form::parse(std::string_view body) {
  Parameters fields;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    if (fields.size() == kMaxFormFields) return std::nullopt;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return std::nullopt;
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  return of(std::move(fields));
}

std::optional<Form> Form::of(Parameters fields) {
  Form form(std::move(fields));
  for (const auto& [name, value] : form.fields_) {
    if (std::ranges::count(form.fields_, name, &Parameters::value_type::first) > 1) {
      return std::nullopt;
    }
  }
  return form;
}

bool Form::has(std::string_view name) const {
  return std::ranges::find(fields_, name, &Parameters::value_type::first) != fields_.end();
}

std::string Form::text(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &Parameters::value_type::first);
  return found == fields_.end() ? std::string() : found->second;
}

Granted<ClientProof> client_proof(const RequestHeaders& headers, const Form& form) {
  if (form.has("client_assertion")) {
    return refuse(OAuthCode::InvalidClient, "Clients show a secret here, not an assertion.");
  }
  const std::string client_id = form.text("client_id");
  if (headers.authorization.empty()) {
    if (client_id.empty()) return refuse(OAuthCode::InvalidClient, "There is no client_id.");
    ClientProof proof{client_id, std::nullopt};
    if (form.has("client_secret")) proof.secret = form.text("client_secret");
    return proof;
  }
  auto proof = parse_basic(headers.authorization);
  if (!proof) {
    return refuse(OAuthCode::InvalidClient, "The Authorization header is not Basic as it must be.");
  }
  if (form.has("client_secret")) {
    return refuse(OAuthCode::InvalidRequest, "The client shows its secret in two ways.");
  }
  if (!client_id.empty() && client_id != proof->client_id) {
    return refuse(OAuthCode::InvalidRequest, "The client names itself in two ways.");
  }
  return *std::move(proof);
}

}  // namespace cassette::api
