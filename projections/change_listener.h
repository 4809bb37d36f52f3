// ChangeListener: who is told which documents a batch has changed, once readers see it. It is told
// no contents.
#pragma once

#include <span>
#include <string>

#include "projections/read_models.h"

namespace cassette::projections {

struct ChangedDocument {
  Model model = Model::Vendors;
  std::string key;  // as ReadModels takes it

  bool operator==(const ChangedDocument&) const = default;
};

// Called from the threads of a projection, while one is being opened too, never from two at a time
// for one generation. No call may block, nor call back: folding waits for it.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;

  // Whether changes of the model are of interest. Cheap, and always the same.
  virtual bool wants(Model model) const = 0;
  // A batch is written: whoever reads from now on sees the documents as it left them. Each is named
  // once, in no order that means anything.
  virtual void changed(std::span<const ChangedDocument> documents) = 0;
  // Another generation is read, or the first one: any document may be another than before.
  virtual void replaced() = 0;
};

}  // namespace cassette::projections
