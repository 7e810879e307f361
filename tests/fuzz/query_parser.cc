// Fuzz target: from arbitrary bytes to query terms, and through the keyword index.
//
// Whatever the bytes: terms are valid, bounded and distinct, the same again from the same bytes, and a chunk
// that holds the text is found by it.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "model/memory_file_system.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/keyword/query_terms.h"

namespace {

void check_terms(const std::vector<loadline::QueryTerm>& terms) {
  LOADLINE_ASSERT(terms.size() <= loadline::query_terms_max);
  std::set<std::string_view> distinct;
  for (const loadline::QueryTerm& term : terms) {
    LOADLINE_ASSERT(!term.term.empty() && term.term.size() <= loadline::term_bytes_max);
    LOADLINE_ASSERT(loadline::is_valid_utf8(term.term));
    LOADLINE_ASSERT(term.count >= 1 && term.count <= loadline::query_count_max);
    LOADLINE_ASSERT(distinct.insert(term.term).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  loadline::Analyzer analyzer;
  const auto terms = loadline::parse_query(text, analyzer);
  check_terms(terms);
  LOADLINE_ASSERT(terms == loadline::parse_query(text, analyzer));

  loadline::MemoryFileSystem files;
  loadline::KeywordIndexOptions options;
  options.background_merges = false;
  const auto index = loadline::open_keyword_index(files, "index", options);
  const loadline::KeywordEntry entries[] = {{loadline::ChunkId{1}, text},
                                            {loadline::ChunkId{2}, "other words"}};
  LOADLINE_ASSERT((*index)->apply(entries, {}, 1).ok());
  const loadline::SystemClock clock;
  loadline::CallContext context;
  context.clock = &clock;
  const auto hits = (*index)->search(text, 10, nullptr, context);
  LOADLINE_ASSERT(hits.ok());
  bool found = false;
  for (const loadline::ScoredChunk& hit : *hits) found = found || hit.chunk.value == 1;
  LOADLINE_ASSERT(found == !terms.empty());
  return 0;
}
