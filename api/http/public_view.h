// Public view: what there is to see of a vendor and its stock for who may not see all of it: no
// contacts, nothing but how many of a listed part can be bought. Everyone else's documents it
// leaves as they are.
#pragma once

#include <string>
#include <string_view>

#include "api/http/reads.h"

namespace cassette::api {

// Narrows the document to what the caller may see of it. Whether anything was left out, so that it
// is another view, with an ETag of its own.
bool show_public(const Caller& caller, Model model, std::string& document);

// Narrows each document of a page, and leaves out the stock of parts that are not listed where only
// listed ones are public.
Answered<eventstore::Done> show_public(const Call& call, ListQuery::List list,
                                       std::vector<std::string>& documents);

// Stock documents by their keys "V/P", as `GET /inventory` shows them to the caller: another
// vendor's are nothing to a vendor, delisted parts' nothing to who sees only what is public.
Answered<std::vector<std::string>> stocks_for(const Call& call,
                                              const std::vector<std::string>& keys);

// 404 for the stock of a part that is not listed, to who sees only what is public.
Answered<eventstore::Done> refuse_unlisted(const Call& call, const std::string& key);

}  // namespace cassette::api
