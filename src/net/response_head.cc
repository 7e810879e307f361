#include "net/response_head.h"

#include <charconv>

namespace loadline {
namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool is_one_line(std::string_view text) {
  for (const char c : text)
    if (c == '\r' || c == '\n' || c == '\0') return false;
  return true;
}

}  // namespace

void append_response_head(std::string& out, const HttpResponse& response,
                          const ResponseHeadOptions& options) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += http_reason(response.status);
  out += "\r\n";
  if (!options.date.empty()) append_header(out, "date", options.date);
  if (!response.content_type.empty()) append_header(out, "content-type", response.content_type);
  if (options.content_length) {
    out += "content-length: ";
    append_number(out, *options.content_length);
    out += "\r\n";
  }
  if (options.chunked) out += "transfer-encoding: chunked\r\n";
  if (!options.request_id.empty()) append_header(out, "x-request-id", options.request_id);
  for (const HttpHeader& header : response.headers)
    if (is_one_line(header.name) && is_one_line(header.value)) append_header(out, header.name, header.value);
  if (options.close)
    out += "connection: close\r\n";
  else if (options.http_1_0)
    out += "connection: keep-alive\r\n";
  out += "\r\n";
}

std::string http_date(std::time_t seconds) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon],
                                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return std::string(text, static_cast<std::size_t>(size));
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_number(out, data.size(), 16);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

}  // namespace loadline
