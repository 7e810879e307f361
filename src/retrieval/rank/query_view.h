#pragma once
// What the second stage knows of a question: what it asks once the words that name documents and periods are
// taken out, the parts of that, its terms, years and figures. Pure; thread-safe.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/rank/document_evidence.h"

namespace loadline {

inline constexpr std::size_t query_parts_max = 10;
inline constexpr std::size_t query_part_bytes_max = 160;
inline constexpr std::size_t query_terms_max = 64;

struct QueryView {
  std::string asked;  // the question without names of documents and periods; "" if nothing is left
  std::vector<std::string> parts;      // its phrases, in order, each once
  std::vector<std::uint64_t> terms;    // hashes of its content words, each once
  std::vector<std::uint64_t> pairs;    // pair_key of content words side by side, each once
  std::vector<int> years;              // that it states, latest first
  std::vector<std::uint64_t> numbers;  // hashes of other numbers in it
  double wants_figure = 0;             // 0 to 1: how much it is worded like a question for a figure
};

/// `matches` may be that of another question's document evidence switched off: without spans nothing is taken
/// out.
QueryView view_query(std::string_view question, const DocumentMatches& matches);

}  // namespace loadline
