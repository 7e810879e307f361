#include "model/chunk.h"

namespace loadline {

std::string indexed_text(const Chunk& chunk) {
  return chunk.context.empty() ? chunk.text : chunk.context + "\n" + chunk.text;
}

}  // namespace loadline
