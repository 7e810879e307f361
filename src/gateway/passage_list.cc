#include "gateway/passage_list.h"

#include <algorithm>

#include "base/utf8.h"

namespace loadline {
namespace {

std::string prompt_text_of(const SearchHit& hit) {
  std::string text = hit.document;
  if (!hit.chunk.context.empty())
    text += " - " + hit.chunk.context.substr(0, utf8_boundary(hit.chunk.context, passage_context_bytes_max));
  const std::string& header = hit.chunk.table_header;
  if (hit.chunk.is_table && !header.empty() && hit.chunk.text.find(header) == std::string::npos &&
      hit.chunk.context.find(header) == std::string::npos)
    text += "\n" + header;
  return text + "\n" + hit.chunk.text;
}

// Shortens the chunk at a quote unit's end until it fits.
void cut_to(NumberedPassage& passage, std::uint32_t tokens_max, const Embedder& embedder) {
  std::vector<QuoteUnit> units = quote_units(passage.as_passage());
  while (passage.tokens > tokens_max && units.size() > 1) {
    units.pop_back();
    Chunk& chunk = passage.hit.chunk;
    chunk.text.resize(units.back().end);
    chunk.text_end = chunk.text_begin + chunk.text.size();
    passage.prompt_text = prompt_text_of(passage.hit);
    passage.tokens = static_cast<std::uint32_t>(embedder.count_tokens(passage.prompt_text));
  }
}

bool is_contained(const std::vector<NumberedPassage>& chosen, const SearchHit& hit) {
  return std::any_of(chosen.begin(), chosen.end(), [&](const NumberedPassage& passage) {
    return passage.hit.chunk.text.find(hit.chunk.text) != std::string::npos &&
           passage.hit.chunk.context == hit.chunk.context;
  });
}

}  // namespace

Passage NumberedPassage::as_passage() const {
  return {hit.chunk.text, hit.chunk.context, hit.chunk.table_header, hit.chunk.is_table};
}

std::vector<NumberedPassage> choose_passages(const std::vector<SearchHit>& hits, std::size_t count,
                                             std::uint32_t tokens_max, const Embedder& embedder) {
  std::vector<NumberedPassage> chosen;
  std::uint32_t used = 0;
  for (const SearchHit& hit : hits) {
    if (chosen.size() >= count) break;
    if (is_contained(chosen, hit)) continue;
    NumberedPassage passage;
    passage.hit = hit;
    passage.prompt_text = prompt_text_of(hit);
    passage.tokens = static_cast<std::uint32_t>(embedder.count_tokens(passage.prompt_text));
    if (used + passage.tokens > tokens_max) {
      if (!chosen.empty()) continue;
      cut_to(passage, tokens_max, embedder);
    }
    passage.marker = static_cast<int>(chosen.size()) + 1;
    used += passage.tokens;
    chosen.push_back(std::move(passage));
  }
  return chosen;
}

}  // namespace loadline
