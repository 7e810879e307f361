#pragma once
// The text of a document's first pages as lines, each with how much it stands out. Internal to describing.
#include <string>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace loadline {

struct FrontLine {
  std::string text;   // one line, single blanks
  double weight = 1;  // first page, headings and running headers count more
  bool heading = false;
  bool first_page = false;
};

std::vector<FrontLine> front_lines(const std::vector<ExtractedPage>& pages);

/// "reports/ACME_2022-Q4.pdf" is "ACME 2022-Q4".
std::string name_as_text(std::string_view name);

std::string lower_ascii(std::string_view text);

/// Whether there is a word in it that forms, calendars and tables of contents do not have.
bool says_something_specific(std::string_view line);

/// Organisations, best first.
std::vector<std::string> find_entities(const std::vector<FrontLine>& lines, std::string_view name_text);
/// Periods as in DocumentRecord, best first.
std::vector<std::string> find_document_periods(const std::vector<FrontLine>& lines,
                                               std::string_view name_text);
/// What it calls itself, lower case; "" if it does not.
std::string find_kind(const std::vector<FrontLine>& lines, std::string_view title,
                      std::string_view name_text);

}  // namespace loadline
