#pragma once
// Filters JSON that arrives in pieces (a tool call's arguments): every string, key or value, and every number
// is a text of its own; what stands between passes unchanged.
//
// Strings are unescaped, filtered and escaped again; a string in which nothing was found comes out in an
// equal form (\u00e9 becomes é, \/ becomes /). A number in which something was found becomes a string. The
// key is context for its value: {"ssn": "..."} finds what "ssn: ..." would. Every chunking gives the same
// bytes. Text that is not JSON passes through the same rules as far as they go; nothing is lost or added.
#include <memory>
#include <string>
#include <string_view>

#include "privacy/stream_filter.h"

namespace loadline {

class JsonStreamFilter {
 public:
  explicit JsonStreamFilter(const FilterSettings& settings);
  ~JsonStreamFilter();
  JsonStreamFilter(JsonStreamFilter&&) noexcept;
  JsonStreamFilter& operator=(JsonStreamFilter&&) noexcept;

  FilterState feed(std::string_view piece, std::string& out);
  FilterState finish(std::string& out);
  FilterState state() const;
  std::size_t held_bytes() const;
  const FilterReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The inside of one JSON string as it stands in a document (escaped, without its quotes): filtered and
/// escaped. If nothing changed, `text` is the input, byte for byte.
FilteredText filter_json_string(const FilterSettings& settings, std::string_view escaped);
/// A whole JSON document.
FilteredText filter_json(const FilterSettings& settings, std::string_view document);

}  // namespace loadline
