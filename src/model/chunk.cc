#include "model/chunk.h"

#include <algorithm>

namespace loadline {

std::string indexed_text(const Chunk& chunk) {
  return chunk.context.empty() ? chunk.text : chunk.context + "\n" + chunk.text;
}

std::optional<QuotePlace> place_of_quote(const Chunk& chunk, std::size_t begin, std::size_t end) {
  std::optional<QuotePlace> best;
  std::size_t best_bytes = 0;
  for (const PageBoxes& on : chunk.pages) {
    QuotePlace place{on.page, {}};
    std::size_t bytes = 0;
    for (const TextBox& run : on.boxes) {
      const std::size_t from = std::max<std::size_t>(begin, run.begin);
      const std::size_t to = std::min<std::size_t>(end, run.end);
      if (from >= to) continue;
      bytes += to - from;
      place.box = united(place.box, run.box);
    }
    if (bytes <= best_bytes) continue;
    best = place;
    best_bytes = bytes;
  }
  return best;
}

}  // namespace loadline
