#include "retrieval/keyword/query_terms.h"

#include <unordered_map>

#include "base/utf8.h"

namespace loadline {

std::vector<QueryTerm> parse_query(std::string_view query, Analyzer& analyzer) {
  if (query.size() > query_bytes_max) query = query.substr(0, utf8_boundary(query, query_bytes_max));
  std::vector<QueryTerm> terms;
  std::unordered_map<std::string, std::size_t> places;
  analyzer.analyze(query, [&](std::string_view term, bool) {
    const auto [place, is_new] = places.try_emplace(std::string(term), terms.size());
    if (is_new && terms.size() < query_terms_max) {
      terms.push_back({std::string(term), 1});
    } else if (!is_new && place->second < terms.size() && terms[place->second].count < query_count_max) {
      ++terms[place->second].count;
    }
  });
  return terms;
}

}  // namespace loadline
