// run_import: `cassette import adventureworks DIR --url URL`, from the tables to the report.
// Everything goes through the public HTTP API, as any client's requests do.
#pragma once

#include <string>

#include "api/import/report.h"

namespace cassette::api {

struct ImportOptions {
  std::string folder;                             // of the CSV files
  std::string url;                                // http://HOST:PORT
  std::shared_ptr<TokenSource> tokens = nullptr;  // an administrator's; null: none
  std::size_t clients = 8;                        // connections at the same time
};

// Blocks until the read models have all of it. The failure says what could not be read or what the
// server refused; what was written until then stays, and a repeat goes on from there.
Result<importing::Report, std::string> import_adventureworks(const ImportOptions& options,
                                                             importing::OnProgress progress);

// The same as a command: progress on stderr when it is a terminal, the report on stdout. Gives the
// exit status: 0 as the tables demand, 1 not so, 2 could not run. Without tokens it takes
// those of the environment: of the client CASSETTE_CLIENT_ID, renewed as long as it runs, or
// CASSETTE_TOKEN.
int run_import(ImportOptions options);

}  // namespace cassette::api
