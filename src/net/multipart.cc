#include "net/multipart.h"

#include <algorithm>
#include <cctype>

#include "net/http_message.h"

namespace loadline {
namespace {

constexpr std::size_t boundary_bytes_max = 70;  // RFC 2046
constexpr std::size_t padding_bytes_max = 256;  // blanks after a boundary

Error broken(std::string what) {
  return Error(Code::invalid_argument, "the multipart body " + std::move(what));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one `name=value` or `name="value"` off the front of a header's parameters.
bool take_parameter(std::string_view& rest, std::string& name, std::string& value) {
  while (!rest.empty() && (rest.front() == ';' || rest.front() == ' ' || rest.front() == '\t'))
    rest.remove_prefix(1);
  if (rest.empty()) return false;
  const std::size_t end = std::min(rest.find_first_of(";="), rest.size());
  name = lower(trimmed(rest.substr(0, end)));
  value.clear();
  const bool has_value = end < rest.size() && rest[end] == '=';
  rest.remove_prefix(std::min(end + (has_value ? 1 : 0), rest.size()));
  if (!has_value) return true;
  if (rest.empty() || rest.front() != '"') {
    const std::size_t stop = std::min(rest.find(';'), rest.size());
    value = trimmed(rest.substr(0, stop));
    rest.remove_prefix(stop);
    return true;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\')) ++at;
    value += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return true;
}

// filename*=UTF-8''a%20b.pdf (RFC 8187)
bool decode_extended(std::string_view value, std::string& out) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  return second != std::string_view::npos && lower(value.substr(0, first)) == "utf-8" &&
         percent_decode(value.substr(second + 1), out);
}

void read_disposition(std::string_view text, MultipartPart& part, bool& form_data) {
  const std::size_t end = std::min(text.find(';'), text.size());
  form_data = lower(trimmed(text.substr(0, end))) == "form-data";
  std::string_view rest = text.substr(end);
  std::string name, value;
  bool extended = false;
  while (take_parameter(rest, name, value)) {
    std::string decoded;
    if (name == "name") part.name = value;
    if (name == "filename" && !extended) part.file_name = value;
    if (name == "filename*" && decode_extended(value, decoded)) {
      part.file_name = decoded;
      extended = true;
    }
  }
}

}  // namespace

std::optional<std::string> MultipartParser::boundary_of(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (lower(trimmed(content_type.substr(0, end))) != "multipart/form-data") return std::nullopt;
  std::string_view rest = content_type.substr(end);
  std::string name, value;
  while (take_parameter(rest, name, value)) {
    if (name != "boundary") continue;
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 127; });
    if (value.empty() || value.size() > boundary_bytes_max || !printable || value.back() == ' ')
      return std::nullopt;
    return value;
  }
  return std::nullopt;
}

// The first boundary needs no line break before it: there is one in front of everything.
MultipartParser::MultipartParser(std::string_view boundary, MultipartReceiver& receiver)
    : delimiter_("\r\n--" + std::string(boundary)), receiver_(receiver), held_("\r\n") {}

Status MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::epilogue) return {};
  held_ += bytes;
  bool again = true;
  while (again) {
    again = false;
    LOADLINE_TRY(step(again));
  }
  return {};
}

Status MultipartParser::finish() const {
  if (state_ != State::epilogue) return broken("is cut off: its closing boundary is missing");
  return {};
}

Status MultipartParser::step(bool& again) {
  switch (state_) {
    case State::preamble: {
      const std::size_t at = held_.find(delimiter_);
      if (at == std::string::npos) {
        const std::size_t keep = std::min(held_.size(), delimiter_.size() - 1);
        held_.erase(0, held_.size() - keep);
        return {};
      }
      held_.erase(0, at + delimiter_.size());
      state_ = State::after_boundary;
      again = true;
      return {};
    }
    case State::after_boundary: {
      if (held_.size() < 2) return {};
      if (held_.compare(0, 2, "--") == 0) {
        state_ = State::epilogue;
        held_.clear();
        return {};
      }
      const std::size_t end = held_.find("\r\n");
      const std::string_view padding = std::string_view(held_).substr(0, std::min(end, held_.size()));
      // A lone CR at the end may be the first half of the line break.
      const std::string_view blanks = end == std::string::npos && padding.back() == '\r'
                                          ? padding.substr(0, padding.size() - 1)
                                          : padding;
      if (!trimmed(blanks).empty() || blanks.size() > padding_bytes_max)
        return broken("has more than blanks after a boundary");
      if (end == std::string::npos) return {};
      if (++parts_ > parts_max)
        return Error(Code::resource_exhausted,
                     "the multipart body has more than " + std::to_string(parts_max) + " parts");
      held_.erase(0, end);  // the line break stays: a part may have no headers
      state_ = State::headers;
      again = true;
      return {};
    }
    case State::headers:
      return read_headers(again);
    case State::data:
      return read_data(again);
    case State::epilogue:
      held_.clear();
      return {};
  }
  return {};
}

Status MultipartParser::read_headers(bool& again) {
  const std::size_t end = held_.find("\r\n\r\n");
  if (std::min(end, held_.size()) > part_header_bytes_max) return broken("has a part with too long a header");
  if (end == std::string::npos) return {};
  MultipartPart part;
  bool form_data = false;
  std::string_view lines = std::string_view(held_).substr(0, end);
  while (!lines.empty()) {
    lines.remove_prefix(2);  // each line has its line break in front
    const std::size_t stop = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, stop);
    lines.remove_prefix(stop);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return broken("has a part with a broken header");
    const std::string name = lower(trimmed(line.substr(0, colon)));
    if (name == "content-disposition") read_disposition(trimmed(line.substr(colon + 1)), part, form_data);
    if (name == "content-type") part.content_type = trimmed(line.substr(colon + 1));
  }
  if (!form_data) return broken("has a part without \"Content-Disposition: form-data\"");
  held_.erase(0, end + 2);  // an empty part's boundary follows with this line break
  state_ = State::data;
  first_data_ = true;
  again = true;
  return receiver_.on_part(part);
}

Status MultipartParser::read_data(bool& again) {
  const std::size_t at = held_.find(delimiter_);
  const bool whole = at != std::string::npos;
  std::size_t size = whole ? at : held_.size() - std::min(held_.size(), delimiter_.size() - 1);
  // The line break that ends the headers still stands in front.
  std::size_t begin = 0;
  if (first_data_) {
    if (whole && at == 0) {
      size = 0;
    } else {
      if (size < 2) return {};
      begin = 2;
    }
    first_data_ = false;
  }
  if (size > begin) LOADLINE_TRY(receiver_.on_data(std::string_view(held_).substr(begin, size - begin)));
  if (!whole) {
    held_.erase(0, size);
    return {};
  }
  held_.erase(0, at + delimiter_.size());
  state_ = State::after_boundary;
  again = true;
  return receiver_.on_part_end();
}

}  // namespace loadline
