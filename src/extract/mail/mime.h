#pragma once
// Internet messages and MIME (RFC 5322, 2045 to 2047, 2231): headers, bodies and parts of a mail, as far as
// reading needs it. Damaged input gives what can be read of it; nothing here fails.
//
// Plain functions, thread-safe. Views point into what they were made from.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline {

inline constexpr std::size_t mime_header_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t mime_headers_max = 1'000;

struct MimeEntity {
  std::vector<std::pair<std::string, std::string>>
      headers;  // name in lower case; value unfolded, still encoded
  std::string_view body;

  /// The first of that name, in lower case; "" if there is none.
  std::string_view header(std::string_view name) const;
  /// "text/html", in lower case; text/plain if there is none.
  std::string media_type() const;
};

MimeEntity parse_mime(std::string_view bytes);

/// A parameter of a header such as Content-Type ("charset"), with RFC 2231 continuations and charsets, in
/// UTF-8; "" if it is not there.
std::string mime_parameter(std::string_view header, std::string_view name);

/// A header's value as UTF-8: encoded words decoded.
std::string decode_mime_words(std::string_view value);

/// A body by its Content-Transfer-Encoding; unknown ones as they are.
std::string decode_transfer(std::string_view body, std::string_view encoding);

/// The parts between the lines of a boundary, at most `parts_max`. Without a closing line the last part goes
/// to the end.
std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary,
                                              std::size_t parts_max);

}  // namespace loadline
