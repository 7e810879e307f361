#pragma once
// From a query string to weighted terms. There is no query language: whatever a user or a model writes is a
// question or keywords, and every character of it may occur in one.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/keyword/analyzer.h"

namespace loadline {

struct QueryTerm {
  std::string term;
  std::uint32_t count = 1;  // how often it stands in the query, at most query_count_max
  bool operator==(const QueryTerm&) const = default;
};

inline constexpr std::size_t query_bytes_max = 16384;  // what follows is not read
inline constexpr std::size_t query_terms_max = 128;    // later ones are left out
inline constexpr std::uint32_t query_count_max = 16;

/// Distinct terms in order of first appearance. Any bytes are a query; there may be no term in it.
std::vector<QueryTerm> parse_query(std::string_view query, Analyzer& analyzer);

}  // namespace loadline
