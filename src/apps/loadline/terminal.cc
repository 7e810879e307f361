#include "apps/loadline/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/printable.h"
#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::size_t bar_cells = 24;
constexpr std::size_t label_bytes_max = 40;

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size(); ++width) (void)next_code_point(text, at);
  return width;
}

}  // namespace

Terminal::Terminal() {
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  colours_ = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr && !dumb;
  bars_ = isatty(STDERR_FILENO) != 0 && !dumb;
}

std::string Terminal::styled(Style style, std::string_view text) const {
  if (!colours_ || style == Style::plain) return std::string(text);
  const char* code = "0";
  switch (style) {
    case Style::bold:
      code = "1";
      break;
    case Style::dim:
      code = "2";
      break;
    case Style::good:
      code = "32";
      break;
    case Style::warning:
      code = "33";
      break;
    case Style::bad:
      code = "31";
      break;
    case Style::plain:
      break;
  }
  return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

void Terminal::line(std::string_view text) {
  clear_progress();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Terminal::progress(std::string_view label, std::size_t done, std::size_t all) {
  if (!bars_) return;
  std::string bar;
  if (all > 0) {
    const std::size_t filled = std::min(done, all) * bar_cells / all;
    for (std::size_t i = 0; i < bar_cells; ++i) bar += i < filled ? "\xE2\x96\x88" : "\xE2\x96\x91";
    bar += " " + std::to_string(done) + "/" + std::to_string(all);
  } else {
    bar = std::to_string(done);
  }
  std::fprintf(stderr, "\r\x1b[K%s  %s", bar.c_str(), beginning(label, label_bytes_max).c_str());
  std::fflush(stderr);
  bar_shown_ = true;
}

void Terminal::clear_progress() {
  if (!bar_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  bar_shown_ = false;
}

void Terminal::table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string text;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      text += rows[r][i];
      if (i + 1 < rows[r].size()) text.append(widths[i] - width_of(rows[r][i]) + 2, ' ');
    }
    line(styled(r == 0 ? Style::bold : Style::plain, text));
  }
}

std::string visible(std::string_view text, std::string_view kept) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kept), text.size());
    out += printable(text.substr(0, end), std::string::npos);
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string beginning(std::string_view text, std::size_t bytes_max) {
  return visible(text.substr(0, utf8_boundary(text, bytes_max)));
}

}  // namespace loadline
