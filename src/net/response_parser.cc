#include "net/response_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace loadline {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t length_digits_max = 18;

// The lower-case form of what a field name may consist of (RFC 9110 "tchar"), 0 for everything else.
constexpr std::array<char, 256> make_name_characters() {
  std::array<char, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
    table[static_cast<unsigned char>(c)] = c;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c - 'A' + 'a');
  return table;
}
constexpr std::array<char, 256> name_characters = make_name_characters();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_value_character(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 127);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return name_characters[static_cast<unsigned char>(a)] == b; });
}

bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trim(list.substr(0, end)), token)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string_view HttpResponseHead::field(std::string_view name) const {
  for (const HttpField& field : fields)
    if (field.name == name) return field.value;
  return {};
}

void ResponseParser::begin(bool to_head) {
  failure_ = {};
  searched_ = taken_ = 0;
  interim_ = 0;
  to_head_ = to_head;
}

bool ResponseParser::fail(std::string_view why) {
  failure_ = why;
  return false;
}

ResponseParser::Step ResponseParser::feed(std::string_view bytes, HttpResponseHead& head) {
  Step step;
  for (;;) {
    const std::string_view rest = bytes.substr(step.consumed);
    constexpr std::string_view start = "HTTP/1.";
    if (rest.substr(0, start.size()) != start.substr(0, rest.size())) {
      fail("it does not begin as HTTP/1.1");
      return {State::failed, step.consumed};
    }
    const std::size_t end = rest.find(head_end, searched_ < 3 ? 0 : searched_ - 3);
    const std::size_t size = end == std::string_view::npos ? rest.size() : end + head_end.size();
    if (taken_ + size > limits_.head_bytes_max) {
      fail("its head is too long");
      return {State::failed, step.consumed};
    }
    if (end == std::string_view::npos) {
      searched_ = rest.size();
      return step;
    }
    searched_ = 0;
    taken_ += size;
    if (!read(rest.substr(0, size - line_end.size()), head)) return {State::failed, step.consumed};
    step.consumed += size;
    if (head.status >= 200) {
      step.state = State::done;
      return step;
    }
    if (++interim_ > interim_max) {
      fail("too many interim answers");
      return {State::failed, step.consumed};
    }
  }
}

// `block`: lines, each with its end.
bool ResponseParser::read(std::string_view block, HttpResponseHead& head) {
  head.text.assign(block);
  head.fields.clear();
  body_ = Body::none;
  content_length_ = 0;
  has_length_ = chunked_ = says_close_ = says_keep_alive_ = false;
  std::size_t at = 0;
  bool first = true;
  while (at < head.text.size()) {
    const std::size_t end = head.text.find(line_end, at);
    const bool read = first ? read_status_line(std::string_view(head.text).substr(at, end - at), head)
                            : read_field(head.text.data() + at, end - at, head);
    if (!read) return false;
    first = false;
    at = end + line_end.size();
  }
  return frame(head);
}

// "HTTP/1.1 200 OK"; the reason, and the space before it, may be missing.
bool ResponseParser::read_status_line(std::string_view line, HttpResponseHead& head) {
  constexpr std::string_view form = "HTTP/1.x ddd";
  if (line.size() < form.size() || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
      !std::all_of(line.begin() + 9, line.begin() + 12, is_digit) ||
      (line.size() > form.size() && line[form.size()] != ' '))
    return fail("its status line is not one");
  if (!std::all_of(line.begin() + form.size(), line.end(), is_value_character))
    return fail("control characters in its status line");
  head.minor_version = line[7] - '0';
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (head.status < 100 || head.status > 599) return fail("its status is none of HTTP");
  if (head.status == 101) return fail("it changes the protocol, which was not asked for");
  return true;
}

bool ResponseParser::read_field(char* line, std::size_t size, HttpResponseHead& head) {
  std::size_t name = 0;
  for (; name < size; ++name) {
    const char lower = name_characters[static_cast<unsigned char>(line[name])];
    if (lower == 0) break;
    line[name] = lower;
  }
  if (name == 0 || name == size || line[name] != ':') return fail("a line of its head is no field");
  const std::string_view value(line + name + 1, size - name - 1);
  if (!std::all_of(value.begin(), value.end(), is_value_character))
    return fail("control characters in a field");
  if (head.fields.size() >= limits_.fields_max) return fail("it has too many fields");
  head.fields.push_back({{line, name}, trim(value)});
  return note(head.fields.back());
}

// What concerns the framing.
bool ResponseParser::note(const HttpField& field) {
  if (field.name == "content-length") {
    const std::string_view digits = field.value;
    if (digits.empty() || digits.size() > length_digits_max ||
        !std::all_of(digits.begin(), digits.end(), is_digit))
      return fail("its content-length is no number");
    std::uint64_t length = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (has_length_ && length != content_length_) return fail("it has two lengths");
    has_length_ = true;
    content_length_ = length;
  } else if (field.name == "transfer-encoding") {
    if (chunked_ || !equal_ignoring_case(field.value, "chunked"))
      return fail("its transfer-encoding is not plain chunked");
    chunked_ = true;
  } else if (field.name == "connection") {
    says_close_ = says_close_ || lists(field.value, "close");
    says_keep_alive_ = says_keep_alive_ || lists(field.value, "keep-alive");
  }
  return true;
}

bool ResponseParser::frame(const HttpResponseHead& head) {
  if (chunked_ && (has_length_ || head.minor_version == 0))
    return fail("its framing can be read in two ways");
  keep_alive_ = !says_close_ && (head.minor_version == 1 || says_keep_alive_);
  if (head.status < 200 || to_head_ || head.status == 204 || head.status == 304) {
    body_ = Body::none;
  } else if (chunked_) {
    body_ = Body::chunked;
  } else if (has_length_) {
    body_ = content_length_ == 0 ? Body::none : Body::length;
  } else {
    body_ = Body::until_close;
    keep_alive_ = false;
  }
  return true;
}

}  // namespace loadline
