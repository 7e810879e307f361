#include "extract/pdf/properties.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "extract/table_shape.h"

namespace loadline::pdf {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_file_name(std::string_view title) {
  const std::size_t dot = title.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < title.size()) {
    static constexpr std::array<std::string_view, 20> endings = {
        "doc",  "docx", "pdf", "xls", "xlsx", "ppt", "pptx", "rtf", "txt",   "htm",
        "html", "indd", "qxd", "qxp", "tex",  "dvi", "ps",   "odt", "pages", "tmp"};
    const std::string ending = lower(title.substr(dot + 1));
    if (std::find(endings.begin(), endings.end(), ending) != endings.end()) return true;
  }
  return title.find_first_of("/\\") != std::string_view::npos && title.find(' ') == std::string_view::npos;
}

bool has_letters(std::string_view title) {
  return std::count_if(title.begin(), title.end(),
                       [](unsigned char c) { return std::isalpha(c) != 0 || c >= 0x80; }) >= 3;
}

}  // namespace

std::string sensible_title(std::string_view stated) {
  constexpr std::size_t title_bytes_max = 300;
  const std::string title = one_line(stated);
  const std::string small = lower(title);
  for (const char* start : {"microsoft word - ", "microsoft powerpoint - ", "microsoft excel - ", "untitled",
                            "about:blank", "http://", "https://", "file:"})
    if (small.starts_with(start)) return "";
  // One word with digits or underscores is the name of something, not for people: "d10k_2022".
  const bool one_word = title.find(' ') == std::string::npos;
  const bool technical =
      title.find('_') != std::string::npos ||
      std::any_of(title.begin(), title.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if ((one_word && technical) || is_file_name(title) || !has_letters(title) || title.size() > title_bytes_max)
    return "";
  return title;
}

std::string readable_date(std::string_view date) {
  std::string_view digits = date.starts_with("D:") ? date.substr(2) : date;
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  if (digits.size() < 4 || digits.size() % 2 != 0 || digits.size() > 14) return one_line(date);
  std::string out(digits.substr(0, 4));
  constexpr std::string_view separators = "--T::";
  for (std::size_t at = 4; at < digits.size(); at += 2) {
    out += separators[(at - 4) / 2];
    out += digits.substr(at, 2);
  }
  return out;
}

DocumentProperties properties_of(const PdfFile& file) {
  DocumentProperties properties;
  properties.media_type = "application/pdf";
  properties.title = sensible_title(file.information("Title"));
  properties.author = one_line(file.information("Author"));
  properties.created = readable_date(file.information("CreationDate"));
  properties.page_count = file.page_count();
  return properties;
}

}  // namespace loadline::pdf
