#pragma once
// What a PDF says of itself: title, author, date, number of pages.
#include <string>
#include <string_view>

#include "extract/pdf/pdf_file.h"
#include "model/document.h"

namespace loadline::pdf {

DocumentProperties properties_of(const PdfFile& file);

/// The title, or "" if it is what a program left there: a file name, "Untitled", "Microsoft Word - x".
std::string sensible_title(std::string_view title);

/// "D:20230215101500Z" as "2023-02-15T10:15:00"; as much of it as is there; other forms unchanged.
std::string readable_date(std::string_view date);

}  // namespace loadline::pdf
