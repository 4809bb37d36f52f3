// The command line of as-of.
#include <doctest/doctest.h>

#include "tests/unit/api/replay_words.h"

namespace cassette::api {
namespace {

using Words = std::vector<std::string>;

AsOfSettings as_of(const Words& words) {
  return replay_settings<AsOfSettings>(words);
}

}  // namespace

TEST_CASE("as-of takes a moment and a document") {
  const AsOfSettings settings = as_of({"as-of", "0:1841", "order", "o-77"});
  CHECK(settings.words == Words{"0:1841", "order", "o-77"});
  CHECK(settings.diff.empty());
  CHECK(replay_refuses({"as-of", "order", "o-77"}));
  CHECK(replay_refuses({"as-of"}));
}

TEST_CASE("as-of takes two moments before the document, or after it") {
  for (const Words& words : {Words{"as-of", "--diff", "0:1", "0:9", "order", "o-77"},
                             Words{"as-of", "order", "o-77", "--diff", "0:1", "0:9"}}) {
    const AsOfSettings settings = as_of(words);
    CHECK(settings.words == Words{"order", "o-77"});
    CHECK(settings.diff == Words{"0:1", "0:9"});
  }
  CHECK(replay_refuses({"as-of", "order", "o-77", "--diff", "0:1"}));
  CHECK(replay_refuses({"as-of", "0:5", "order", "o-77", "--diff", "0:1", "0:9"}));
}

}  // namespace cassette::api
