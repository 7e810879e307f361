#pragma once
// The words of a page with their places: what every later step of the layout works on, whether the words came
// from the text layer (glyph_reader.h) or from recognition (ocr.h). Plain values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/document.h"

namespace loadline::pdf {

struct Word {
  std::string text;    // UTF-8, no white space
  Box box;             // in the frame's view, points
  float baseline = 0;  // y of the line the letters stand on
  float size = 0;      // of the font, points, as seen
  bool bold = false;
  bool italic = false;
  bool raised = false;    // a footnote mark or exponent beside a larger word
  bool attached = false;  // follows the word before it without a space
};

/// A thin filled or stroked path: ruling of a table, underline of a header.
struct Rule {
  Box box;
  bool horizontal() const { return box.x1 - box.x0 >= box.y1 - box.y0; }
};

/// Words that run in one direction, seen so that they run from left to right. `turn` quarter turns clockwise
/// take this view to the reader's view of the page.
struct Frame {
  int turn = 0;
  float width = 0, height = 0;  // of the page in this view
  std::vector<Word> words;      // in the order of the file
  std::vector<Rule> rules;
};

/// One page as read, before any layout.
struct PageWords {
  float width = 0, height = 0;  // as a reader sees it
  std::vector<Frame> frames;    // the one with the most words first; empty: no text
  std::size_t glyphs = 0;       // letters seen in the text layer
  std::size_t unreadable = 0;   // of them without a known character
  float image_share = 0;        // of the page's area, covered by its largest image
  int drawings = 0;             // images, paths and shadings on it
};

/// A box of the frame in the reader's view.
Box to_page_view(const Frame& frame, const Box& box);
/// A box of the reader's view (page of that size) in the frame with `turn`.
Box to_frame_view(int turn, float page_width, float page_height, const Box& box);

}  // namespace loadline::pdf
