#pragma once
// POST /v1/collections/{c}/search: from JSON to a SearchRequest and back. Pure functions.
#include <optional>
#include <string>
#include <string_view>

#include "api/api_error.h"
#include "retrieval/retriever.h"

namespace loadline {

struct SearchCall {
  SearchRequest request;  // without its collection
  bool explain = false;
};
std::optional<SearchCall> parse_search_call(std::string_view body, ApiError& error);

std::string search_json(const SearchResponse& response, const std::string& collection, bool explain);

}  // namespace loadline
