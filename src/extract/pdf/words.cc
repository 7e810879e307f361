#include "extract/pdf/words.h"

namespace loadline::pdf {

// Turn 1: in the reader's view the text runs down, so the frame's x is the reader's y.
Box to_page_view(const Frame& frame, const Box& box) {
  switch (frame.turn) {
    case 1:
      return {frame.height - box.y1, box.x0, frame.height - box.y0, box.x1};
    case 2:
      return {frame.width - box.x1, frame.height - box.y1, frame.width - box.x0, frame.height - box.y0};
    case 3:
      return {box.y0, frame.width - box.x1, box.y1, frame.width - box.x0};
    default:
      return box;
  }
}

Box to_frame_view(int turn, float page_width, float page_height, const Box& box) {
  switch (turn) {
    case 1:
      return {box.y0, page_width - box.x1, box.y1, page_width - box.x0};
    case 2:
      return {page_width - box.x1, page_height - box.y1, page_width - box.x0, page_height - box.y0};
    case 3:
      return {page_height - box.y1, box.x0, page_height - box.y0, box.x1};
    default:
      return box;
  }
}

}  // namespace loadline::pdf
