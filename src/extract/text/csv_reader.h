#pragma once
// Tables in text: comma, semicolon, tab or bar between the fields (RFC 4180 with its usual dialects). Every
// csv_rows_per_page rows make a page: one table, the header row repeated on each.
#include <string>
#include <string_view>
#include <vector>

#include "extract/reader.h"

namespace loadline {

inline constexpr std::size_t csv_rows_per_page = 500;
inline constexpr std::size_t csv_columns_max = 16'384;

/// Records of `text` one after the other. Fields may be quoted, a doubled quote stands for one, quoted fields
/// may contain line ends; \n, \r\n and \r end a record.
class CsvParser {
 public:
  CsvParser(std::string_view text, char delimiter) : rest_(text), delimiter_(delimiter) {}
  /// False at the end. Blank lines are passed over.
  bool next(std::vector<std::string>& fields);

 private:
  void read_field(std::string& field);

  std::string_view rest_;
  const char delimiter_;
};

/// The delimiter with which the beginning of `text` falls into the most even table; '\0' if none gives at
/// least two columns in nearly all of at least `records_least` records.
char guess_csv_delimiter(std::string_view text, std::size_t records_least);

Status read_csv(const ReadInput& input, PageSink& sink);

}  // namespace loadline
