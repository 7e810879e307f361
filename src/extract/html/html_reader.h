#pragma once
// HTML: what a reader of the page sees, as headings, paragraphs, list items and tables. Scripts, styles,
// navigation and hidden parts are left out. A CSS page break begins a new page, as filings use it.
#include <string>
#include <string_view>

#include "extract/page_writer.h"
#include "extract/reader.h"

namespace loadline {

inline constexpr std::size_t html_bytes_max = std::size_t{32} << 20;
/// Elements inside one another. Deeper ones make parsers slow and are no document.
inline constexpr std::size_t html_nesting_max = 1000;
inline constexpr std::size_t html_memory_bytes_max = std::size_t{768} << 20;

/// What the head of the page says.
struct HtmlFacts {
  std::string title;
  std::string author;
  std::string created;
};

Status read_html(const ReadInput& input, PageSink& sink);

/// Writes a page or a fragment, in UTF-8, to `out`, without ending the last page. resource_exhausted over the
/// bounds.
Status write_html(std::string_view html, PageWriter& out, HtmlFacts& facts);

/// The encoding that the beginning of the page names; "" if none.
std::string declared_html_charset(std::string_view bytes);

/// The text of a fragment without its tags and with entities as characters.
Result<std::string> html_to_line(std::string_view html);

}  // namespace loadline
