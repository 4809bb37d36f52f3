// CommitScreen: judges what needs no state of the marketplace: commands that were accepted twice,
// and calls and answers within a commit. It runs beside the fold, in the thread that reads, so that
// the fold has less to do.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include "eventstore/commit.h"
#include "replay/command_memory.h"
#include "replay/commit_note.h"
#include "replay/findings.h"

namespace cassette::replay {

struct Screened {
  CommitNote note;
  Findings findings;
};

// Of one partition. One thread screens, one takes.
class CommitScreen {
 public:
  // Commits up to `judged_from` are not judged.
  CommitScreen(std::uint32_t partitions, std::uint64_t judged_from)
      : partitions_(partitions), judged_from_(judged_from) {}

  // The next valid commit.
  void screen(const eventstore::StoredCommit& stored);
  // What came of the next one that was screened; there has to be one.
  Screened take();

 private:
  void check_commands(const eventstore::StoredCommit& stored, Screened& screened);

  const std::uint32_t partitions_;
  const std::uint64_t judged_from_;
  CommandMemory commands_;  // of the screening thread
  std::mutex mutex_;
  std::deque<Screened> screened_;
};

}  // namespace cassette::replay
