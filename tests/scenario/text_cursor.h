#pragma once
// Reads the pieces of a statement from left to right: words, JSON values, marks. One thread.
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

class TextCursor {
 public:
  /// `text` must outlive it.
  explicit TextCursor(std::string_view text) : rest_(text) { skip_blanks(); }

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  /// Up to the next blank, comma or colon; "" if there is none.
  std::string_view word();
  /// Up to the next blank; "" at the end.
  std::string_view token();
  /// Whether `mark` comes next; if so it is taken.
  bool take(std::string_view mark);
  /// The JSON value that comes next; invalid_argument.
  Result<boost::json::value> value();
  /// The JSON string that comes next; invalid_argument.
  Result<std::string> text();
  /// ok at the end, else invalid_argument with what is left.
  Status end() const;

 private:
  void skip_blanks();
  std::string_view rest_;
};

/// The UTF-8 bytes of a JSON string.
std::string json_string(const boost::json::value& value);

}  // namespace loadline
