// The sign-in page: one style, whose hash is all that the policy lets in.
#include "api/identity/sign_in_page.h"

#include <sodium.h>

#include <array>

#include "api/identity/encoding.h"
#include "api/identity/redirect_uri.h"

namespace cassette::api {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}"
    "main{max-width:24rem;margin:2rem auto}"
    "h1{font-size:1.5rem}"
    "label{display:block;margin-top:1rem;font-weight:600}"
    "input{font:inherit;box-sizing:border-box;width:100%;padding:.5rem;border:1px solid "
    "currentColor;border-radius:.25rem}"
    "button{font:inherit;margin:1.5rem .5rem 0 0;padding:.5rem 1rem;min-height:2.75rem}"
    ".fault{border-left:.25rem solid #b00020;padding-left:.75rem}"
    "code{overflow-wrap:anywhere}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string style_source() {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), bytes_of(kStyle).data(), kStyle.size());
  return "'sha256-" + base64(hash) + "'";
}

std::string policy_with(std::string_view form_action) {
  std::string policy = "default-src 'none'; style-src " + style_source();
  policy.append("; form-action ").append(form_action);
  return policy.append("; frame-ancestors 'none'; base-uri 'none'");
}

std::string document(std::string_view title, std::string_view main) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>";
  html.append(title).append("</title>\n<style>").append(kStyle).append("</style>\n");
  html.append("</head>\n<body>\n<main>\n<h1>").append(title).append("</h1>\n").append(main);
  return html.append("</main>\n</body>\n</html>\n");
}

}  // namespace

Page sign_in_page(const SignInForm& form) {
  std::string main;
  main.append("<p><strong>").append(escaped(form.client));
  main.append("</strong> asks who you are. Afterwards you go to <code>");
  main.append(escaped(origin_of(form.redirect_uri))).append("</code>.</p>\n");
  if (!form.fault.empty()) {
    main.append("<p class=\"fault\" role=\"alert\" id=\"fault\">");
    main.append(escaped(form.fault)).append("</p>\n");
  }
  const std::string_view described =
      form.fault.empty() ? "" : " aria-invalid=\"true\" aria-describedby=\"fault\"";
  main.append("<form method=\"post\" action=\"/auth/authorize\">\n");
  main.append("<input type=\"hidden\" name=\"ticket\" value=\"");
  main.append(escaped(form.ticket)).append("\">\n");
  main.append(
      "<label for=\"username\">User name</label>\n<input id=\"username\" name=\"username\"");
  main.append(" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required");
  main.append(" maxlength=\"64\" value=\"").append(escaped(form.user_name)).append(1, '"');
  main.append(described).append(">\n");
  main.append("<label for=\"password\">Password</label>\n<input id=\"password\" name=\"password\"");
  main.append(" type=\"password\" autocomplete=\"current-password\" required maxlength=\"1024\"");
  main.append(described).append(">\n");
  main.append("<button type=\"submit\" name=\"action\" value=\"sign-in\">Sign in</button>\n");
  main.append("<button type=\"submit\" name=\"action\" value=\"cancel\" formnovalidate>Cancel");
  main.append("</button>\n</form>\n");
  return {document("Sign in", main), policy_with("'self' " + origin_of(form.redirect_uri))};
}

Page refusal_page(std::string_view why) {
  std::string main = "<p role=\"alert\">";
  main.append(escaped(why)).append("</p>\n<p>Go back to the program that sent you here, and ");
  main.append("try again from there.</p>\n");
  return {document("You can't sign in this way", main), policy_with("'none'")};
}

}  // namespace cassette::api
