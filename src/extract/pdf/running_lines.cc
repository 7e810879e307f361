#include "extract/pdf/running_lines.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

constexpr float edge_zone = 0.16F;  // of the height of the page
constexpr float margin = 0.06F;     // of it: no table reaches there
constexpr float same_height = 4;    // points
constexpr std::uint32_t number_max = 1'000'000;
constexpr char number_mark = '#';

std::uint32_t roman_value(std::string_view text) {
  const auto value = [](char c) -> std::uint32_t {
    switch (c) {
      case 'i':
        return 1;
      case 'v':
        return 5;
      case 'x':
        return 10;
      case 'l':
        return 50;
      case 'c':
        return 100;
      default:
        return 0;
    }
  };
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint32_t own = value(text[at]), next = at + 1 < text.size() ? value(text[at + 1]) : 0;
    if (own == 0) return 0;
    sum = own < next ? sum - own : sum + own;
  }
  return sum < 500 ? sum : 0;
}

EdgeLine edge_line(const Row& row, std::size_t index) {
  EdgeLine line;
  line.x0 = row.box.x0;
  line.y = row.baseline;
  line.row = index;
  const std::string text = joined_text(row.words);
  if (const std::uint32_t page = text.size() <= 6 ? roman_value(text) : 0; page > 0) {
    line.words = number_mark;
    line.numbers.push_back(page);
    return line;
  }
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(static_cast<unsigned char>(text[at]))) {
      line.words += text[at++];
      continue;
    }
    std::uint32_t number = 0;
    for (; at < text.size() && is_digit(static_cast<unsigned char>(text[at])); ++at)
      number = std::min(number * 10 + static_cast<std::uint32_t>(text[at] - '0'), number_max);
    line.numbers.push_back(number);
    line.words += number_mark;
  }
  return line;
}

// All numbers equal but for at most one that grows as the pages do.
bool numbers_fit(const EdgeLine& a, const EdgeLine& b, int pages_between) {
  int differing = 0;
  for (std::size_t at = 0; at < a.numbers.size(); ++at) {
    const std::int64_t step = std::int64_t{b.numbers[at]} - a.numbers[at];
    if (step == 0) continue;
    if (step != pages_between || ++differing > 1) return false;
  }
  return true;
}

// "12", "- 12 -", "Page 12", "12 of 30", "F-12": nothing but the place in the document.
bool is_page_number_form(const EdgeLine& line) {
  if (line.numbers.empty() || line.numbers.size() > 2 || line.words.size() > 14) return false;
  std::string letters;
  for (const char c : line.words)
    if (is_letter(static_cast<unsigned char>(c))) letters += static_cast<char>(c | 0x20);
  return letters.empty() || letters == "page" || letters == "of" || letters == "pageof" ||
         letters.size() == 1;
}

bool repeats(const EdgeLine& line, int page, const PageEdges& other, bool top) {
  const std::vector<EdgeLine>& lines = top ? other.top : other.bottom;
  return std::any_of(lines.begin(), lines.end(), [&](const EdgeLine& o) {
    // Where pages end early, their number stands higher.
    const bool in_place = std::abs(o.y - line.y) <= same_height || is_page_number_form(line);
    return in_place && o.words == line.words && o.numbers.size() == line.numbers.size() &&
           numbers_fit(line, o, other.page - page);
  });
}

// The header of a table that goes on over pages repeats too, but it belongs to the table.
bool may_belong_to_table(const EdgeLine& line) {
  return std::count(line.words.begin(), line.words.end(), number_mark) >= 2 && !is_page_number_form(line);
}

std::size_t count_running(const PageEdges& page, std::span<const PageEdges> neighbours, bool top) {
  const std::vector<EdgeLine>& lines = top ? page.top : page.bottom;
  std::size_t running = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const EdgeLine& line = lines[at];
    const auto same = std::count_if(neighbours.begin(), neighbours.end(), [&](const PageEdges& other) {
      return other.page != page.page && repeats(line, page.page, other, top);
    });
    const bool number_alone = is_page_number_form(line);
    const bool number_of_page =
        number_alone && std::any_of(line.numbers.begin(), line.numbers.end(), [&](std::uint32_t number) {
          return static_cast<int>(number) == page.page;
        });
    // In a short document there is only one other page to compare with.
    const bool few_pages = neighbours.size() <= 2;
    const bool often = same >= (number_alone || few_pages ? 1 : 2);
    const std::size_t further_out = top ? line.row : page.rows - 1 - line.row;
    if (further_out > running)
      break;  // what stands nearer to the text than a line that does not repeat stays
    const bool in_margin = top ? line.y < margin * page.height : line.y > (1 - margin) * page.height;
    const bool in_doubt = may_belong_to_table(line) && !in_margin && same < 3;
    if ((often && !in_doubt) || number_of_page) running = further_out + 1;
  }
  return running;
}

}  // namespace

PageEdges edges_of(int page, std::span<const Row> rows, float height) {
  PageEdges edges;
  edges.page = page;
  edges.height = height;
  edges.rows = rows.size();
  const std::size_t count = std::min(edge_rows_max, rows.size());
  for (std::size_t at = 0; at < count; ++at) {
    EdgeLine line = edge_line(rows[at], at);
    if (rows[at].baseline < edge_zone * height || is_page_number_form(line))
      edges.top.push_back(std::move(line));
  }
  for (std::size_t at = 0; at < count; ++at) {
    const std::size_t row = rows.size() - 1 - at;
    EdgeLine line = edge_line(rows[row], row);
    if (rows[row].baseline > (1 - edge_zone) * height || is_page_number_form(line))
      edges.bottom.push_back(std::move(line));
  }
  return edges;
}

RunningRows running_rows(const PageEdges& page, std::span<const PageEdges> neighbours) {
  RunningRows running{count_running(page, neighbours, true), count_running(page, neighbours, false)};
  if (running.top + running.bottom > page.rows) running.bottom = page.rows - running.top;
  return running;
}

}  // namespace loadline::pdf
