#include "extract/mail/mime.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "base/utf8.h"
#include "extract/text/charset.h"

namespace loadline {
namespace {

char lower_char(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower_char(x) == lower_char(y); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Takes "<mark>XX" at `at` if it is one.
bool take_hex(std::string_view text, std::size_t& at, std::string& out) {
  if (at + 2 >= text.size()) return false;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  if (high < 0 || low < 0) return false;
  out += static_cast<char>(high * 16 + low);
  at += 2;
  return true;
}

std::string decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+' || c == '-') value = 62;
    if (c == '/' || c == '_') value = 63;
    if (c == '=') bits = 0, count = 0;
    if (value < 0) continue;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFF);
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out += text[at];
    } else if (text.substr(at + 1).starts_with("\r\n")) {
      at += 2;  // a soft line end
    } else if (text.substr(at + 1).starts_with('\n')) {
      at += 1;
    } else if (!take_hex(text, at, out)) {
      out += '=';
    }
  }
  return out;
}

// In encoded words an underscore is a space.
std::string decode_q_word(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '_') {
      out += ' ';
    } else if (text[at] != '=' || !take_hex(text, at, out)) {
      out += text[at];
    }
  }
  return out;
}

std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '%' || !take_hex(text, at, out)) out += text[at];
  return out;
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  auto text = decode_text(bytes, charset);
  return text.ok() ? *std::move(text) : to_valid_utf8(bytes);
}

// One "=?charset?B?...?=" at the beginning of `rest`; takes it away and appends what it says.
bool take_encoded_word(std::string_view& rest, std::string& out) {
  const std::size_t charset_end = rest.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= rest.size() || rest[charset_end + 2] != '?')
    return false;
  const std::size_t end = rest.find("?=", charset_end + 3);
  if (end == std::string_view::npos) return false;
  std::string_view charset = rest.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // a language may follow
  const char encoding = lower_char(rest[charset_end + 1]);
  const std::string_view text = rest.substr(charset_end + 3, end - charset_end - 3);
  if (encoding != 'b' && encoding != 'q') return false;
  out += to_utf8(encoding == 'b' ? decode_base64(text) : decode_q_word(text), charset);
  rest.remove_prefix(end + 2);
  return true;
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Parameter {
  std::string name;  // as written, lower case: "filename*0*"
  std::string value;
};

std::vector<Parameter> parameters_of(std::string_view header) {
  std::vector<Parameter> parameters;
  std::size_t at = header.find(';');
  constexpr std::size_t parameters_max = 100;
  while (at != std::string_view::npos && parameters.size() < parameters_max) {
    const std::size_t equals = header.find('=', at + 1);
    if (equals == std::string_view::npos) break;
    Parameter parameter;
    parameter.name = lower(trimmed(header.substr(at + 1, equals - at - 1)));
    std::size_t value = std::min(header.find_first_not_of(" \t", equals + 1), header.size());
    if (value < header.size() && header[value] == '"') {
      for (++value; value < header.size() && header[value] != '"'; ++value) {
        if (header[value] == '\\' && value + 1 < header.size()) ++value;
        parameter.value += header[value];
      }
      at = header.find(';', std::min(value, header.size()));
    } else {
      at = header.find(';', value);
      parameter.value = trimmed(header.substr(value, at == std::string_view::npos ? at : at - value));
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

// "utf-8'en'caf%C3%A9"
std::string decode_extended(std::string_view value, std::string& charset, bool first) {
  if (first) {
    const std::size_t quote = value.find('\'');
    const std::size_t second = quote == std::string_view::npos ? quote : value.find('\'', quote + 1);
    if (second != std::string_view::npos) {
      charset = value.substr(0, quote);
      value.remove_prefix(second + 1);
    }
  }
  return decode_percent(value);
}

}  // namespace

std::string_view MimeEntity::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::string MimeEntity::media_type() const {
  const std::string_view value = header("content-type");
  const std::string type = lower(trimmed(value.substr(0, value.find(';'))));
  return type.find('/') == std::string::npos ? "text/plain" : type;
}

MimeEntity parse_mime(std::string_view bytes) {
  MimeEntity entity;
  std::string_view rest = bytes;
  std::size_t header_bytes = 0;
  while (!rest.empty() && entity.headers.size() < mime_headers_max && header_bytes < mime_header_bytes_max) {
    const std::string_view before = rest;
    const std::string_view line = next_line(rest);
    header_bytes += line.size();
    if (line.empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && !entity.headers.empty()) {
      entity.headers.back().second += " " + std::string(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon).find(' ') != std::string_view::npos) {
      rest = before;  // the empty line is missing
      break;
    }
    entity.headers.emplace_back(lower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  entity.body = rest;
  return entity;
}

std::string mime_parameter(std::string_view header, std::string_view name) {
  const std::vector<Parameter> parameters = parameters_of(header);
  const auto find = [&](const std::string& wanted) {
    return std::find_if(parameters.begin(), parameters.end(),
                        [&](const Parameter& p) { return p.name == wanted; });
  };
  const std::string base(name);
  std::string charset = "utf-8";
  if (const auto found = find(base + "*"); found != parameters.end())
    return to_utf8(decode_extended(found->value, charset, true), charset);
  std::string joined;
  bool any = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string piece = base + "*" + std::to_string(i);
    if (const auto plain = find(piece); plain != parameters.end()) {
      joined += plain->value;
    } else if (const auto extended = find(piece + "*"); extended != parameters.end()) {
      const std::string decoded = decode_extended(extended->value, charset, i == 0);
      joined += decoded;
    } else {
      break;
    }
    any = true;
  }
  if (any) return to_utf8(joined, charset);
  // Not allowed by the standard, but common: encoded words in parameters.
  const auto found = find(base);
  return found == parameters.end() ? std::string() : decode_mime_words(found->value);
}

std::string decode_mime_words(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    if (value.starts_with("=?") && take_encoded_word(value, out)) {
      // White space between two encoded words is no text.
      const std::size_t next = value.find_first_not_of(" \t");
      if (next != std::string_view::npos && value.substr(next).starts_with("=?")) value.remove_prefix(next);
      continue;
    }
    const std::size_t next = value.find("=?", 1);
    out += value.substr(0, next);
    value.remove_prefix(next == std::string_view::npos ? value.size() : next);
  }
  return is_valid_utf8(out) ? out : to_utf8(out, "windows-1252");
}

std::string decode_transfer(std::string_view body, std::string_view encoding) {
  encoding = trimmed(encoding);
  if (equal_ignoring_case(encoding, "base64")) return decode_base64(body);
  if (equal_ignoring_case(encoding, "quoted-printable")) return decode_quoted_printable(body);
  return std::string(body);
}

std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary,
                                              std::size_t parts_max) {
  std::vector<std::string_view> parts;
  if (boundary.empty()) return parts;
  const std::string mark = "--" + std::string(boundary);
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, end - at);
    if (line.starts_with(mark)) {
      const std::string_view rest = trimmed(line.substr(mark.size()));
      if (rest.empty() || rest == "--") {
        if (inside) parts.push_back(body.substr(begin, at - begin));
        inside = rest.empty();
        begin = std::min(end + 1, body.size());
        if (!inside || parts.size() >= parts_max) return parts;
      }
    }
    at = end + 1;
  }
  if (inside) parts.push_back(body.substr(begin));
  return parts;
}

}  // namespace loadline
