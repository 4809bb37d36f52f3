// The sign-in page: HTML without script, for people with any browser or reader, and the policy that
// holds it to that. All that it shows of others is escaped. Sources: HTML, CSP level 3, WCAG 2.2.
#pragma once

#include <string>
#include <string_view>

namespace cassette::api {

struct Page {
  std::string html;
  std::string policy;  // Content-Security-Policy
};

struct SignInForm {
  std::string client;        // its name
  std::string redirect_uri;  // where the answer goes
  std::string ticket;
  std::string user_name;  // as it was typed, or hinted at
  std::string fault;      // what went wrong with the last try; empty: nothing
};

Page sign_in_page(const SignInForm& form);

// For what can't be told to the client.
Page refusal_page(std::string_view why);

}  // namespace cassette::api
