// NoteQueue: hands one partition's notes to the audit of all partitions, in batches and bounded,
// and settles between the two threads how far the partition is to be read.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "replay/commit_note.h"

namespace cassette::replay {

// One thread puts and one takes; `stop` is any thread's.
class NoteQueue {
 public:
  // ---- the putting thread

  // Blocks while much is waiting. False once it is stopped.
  bool put(std::vector<Note> batch);
  // After the last message that was asked for. Blocks until more is: then its number. Nothing when
  // that was all.
  std::optional<std::uint64_t> await_more();
  // After an error: there is nothing more to be had.
  void end();

  // ---- the taking thread

  // The next note, until `pop`. Blocks while there may be one; null when the partition is at its
  // end.
  Note* peek();
  void pop() { ++next_; }
  // Asks for what comes after the end, up to message `end`. False when there can be no more.
  bool ask_for(std::uint64_t end);
  // The partition has reached its end, and nothing more will be asked for.
  void finish();

  // Ends both threads' waiting, and everything else.
  void stop();

 private:
  std::vector<Note> taken_;  // of the taking thread
  std::size_t next_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<Note>> waiting_;
  std::size_t waiting_notes_ = 0;
  std::uint64_t asked_for_ = 0;  // message; 0: nothing
  bool at_end_ = false;          // the putting thread waits in `await_more`, or is done
  bool ended_ = false;           // and will not go on
  bool finished_ = false;
  bool stopped_ = false;
};

}  // namespace cassette::replay
