#include "text_cursor.h"

#include <algorithm>

namespace loadline {

namespace json = boost::json;

void TextCursor::skip_blanks() {
  while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t'))
    rest_.remove_prefix(1);
}

std::string_view TextCursor::word() {
  const std::string_view word = rest_.substr(0, std::min(rest_.find_first_of(" ,:\n"), rest_.size()));
  rest_.remove_prefix(word.size());
  skip_blanks();
  return word;
}

std::string_view TextCursor::token() {
  const std::string_view token = rest_.substr(0, std::min(rest_.find_first_of(" \n"), rest_.size()));
  rest_.remove_prefix(token.size());
  skip_blanks();
  return token;
}

bool TextCursor::take(std::string_view mark) {
  if (rest_.substr(0, mark.size()) != mark) return false;
  rest_.remove_prefix(mark.size());
  skip_blanks();
  return true;
}

Result<json::value> TextCursor::value() {
  const Error wrong(Code::invalid_argument,
                    "a JSON value is expected at '" + std::string(rest_.substr(0, 40)) + "'");
  json::stream_parser parser;
  json::error_code ec;
  const std::size_t used = parser.write_some(rest_.data(), rest_.size(), ec);
  if (!ec && !parser.done()) parser.finish(ec);
  if (ec) return wrong;
  rest_.remove_prefix(used);
  skip_blanks();
  return parser.release();
}

Result<std::string> TextCursor::text() {
  const std::string_view before = rest_;
  LOADLINE_ASSIGN(const json::value value, this->value());
  if (value.is_string()) return json_string(value);
  return Error(Code::invalid_argument,
               "a text in quotation marks is expected at '" + std::string(before.substr(0, 40)) + "'");
}

Status TextCursor::end() const {
  if (rest_.empty()) return {};
  return Error(Code::invalid_argument, "not understood: '" + std::string(rest_.substr(0, 60)) + "'");
}

std::string json_string(const json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

}  // namespace loadline
