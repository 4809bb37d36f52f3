// The figures of a sub-order.
#include "replay/commit_note.h"

namespace cassette::replay {

PartFigures figures_of(const domain::SubOrder& sub_order) {
  return {sub_order.version, sub_order.status(), sub_order.open_units(), sub_order.total(),
          sub_order.payable()};
}

}  // namespace cassette::replay
