// List filters: what of a query no index answers, asked of a document's body. Pure.
#pragma once

#include <string_view>

#include "projections/read_models.h"

namespace cassette::projections {

// Whether any body can fail to pass.
bool filters_bodies(const ListQuery& query);

// Whether the document passes all the filters that its list's index leaves open. False for a body
// that can't be read.
bool passes(const ListQuery& query, std::string_view body);

}  // namespace cassette::projections
