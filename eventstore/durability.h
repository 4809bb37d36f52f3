// Durability: proves, before the first commit, that an acknowledged one survives what was promised.
// It believes what the servers' monitors and streams show, never what the command line says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

enum class Durability {
  Fsync,       // on disk at every server that holds the stream: survives power cuts of them all
  Replicated,  // in memory of three servers or more: survives the loss of a minority
  Relaxed,     // in one server's memory: a power cut may lose the last two minutes
};

// "fsync", "replicated", "relaxed".
std::string_view name_of(Durability durability);

// What there is to judge by.
struct DurabilityEvidence {
  // Replicas of each ledger stream; at least one stream.
  std::span<const std::uint32_t> replicas;
  // Monitoring URLs (http://HOST:PORT) of the servers that hold the streams.
  std::span<const std::string> monitors;
  // Id of the server that we are connected to (JetStreamConnection::server_id).
  std::string_view connected_server;
};

// Fsync needs as many monitors as the streams have replicas, of different servers, each showing
// sync_always, and among them the server that we are connected to. Replicated needs three replicas
// or more of each stream. Relaxed needs nothing. Unsupported, naming what is missing, when it can't
// be shown; Unavailable when a monitor doesn't answer. Blocks for a request a monitor.
Stored<Done> prove_durability(Durability wanted, const DurabilityEvidence& evidence);

}  // namespace cassette::eventstore
