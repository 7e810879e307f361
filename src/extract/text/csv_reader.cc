#include "extract/text/csv_reader.h"

#include <algorithm>
#include <map>

#include "extract/page_writer.h"
#include "extract/table_shape.h"
#include "extract/text/charset.h"

namespace loadline {
namespace {

constexpr std::size_t sample_bytes = 65536;
constexpr std::size_t sample_records_max = 100;
// What a page's cells may hold together, so that rows of very long fields make shorter pages.
constexpr std::size_t page_bytes_max = page_text_bytes_max;

struct Evenness {
  std::size_t records = 0;
  std::size_t columns = 0;  // of most records
  double share = 0;         // of records that have that many
};

Evenness evenness(std::string_view sample, char delimiter) {
  CsvParser parser(sample, delimiter);
  std::vector<std::string> fields;
  std::map<std::size_t, std::size_t> counts;
  Evenness result;
  while (result.records < sample_records_max && parser.next(fields))
    ++counts[fields.size()], ++result.records;
  for (const auto& [columns, records] : counts) {
    const double share = static_cast<double>(records) / static_cast<double>(result.records);
    if (share > result.share) result.share = share, result.columns = columns;
  }
  return result;
}

// The sample ends at a line end, so that half a record does not count.
std::string_view sample_of(std::string_view text) {
  if (text.size() <= sample_bytes) return text;
  const std::string_view sample = text.substr(0, sample_bytes);
  const std::size_t end = sample.find_last_of("\r\n");
  return end == std::string_view::npos ? sample : sample.substr(0, end);
}

class CsvPages {
 public:
  CsvPages(PageSink& sink, bool has_header) : out_(sink), has_header_(has_header) {}

  Status record(std::vector<std::string>& fields) {
    if (fields.size() > csv_columns_max)
      return Error(Code::resource_exhausted, "A row has more than 16,384 columns.");
    std::size_t bytes = 0;
    for (std::string& field : fields) {
      field = one_line(field);
      bytes += field.size();
    }
    if (has_header_ && header_.empty()) {
      header_ = fields;
      return {};
    }
    if (rows_.size() >= csv_rows_per_page || page_bytes_ + bytes > page_bytes_max) LOADLINE_TRY(flush());
    page_bytes_ += bytes;
    rows_.push_back(fields);
    return {};
  }

  Status finish() {
    if (!rows_.empty() || out_.pages() == 0) LOADLINE_TRY(flush());
    return {};
  }

 private:
  Status flush() {
    if (has_header_) rows_.insert(rows_.begin(), header_);
    Table table = table_from_rows(rows_);
    table.header_rows = has_header_ ? 1 : 0;
    rows_.clear();
    page_bytes_ = 0;
    LOADLINE_TRY(out_.add(std::move(table)));
    return out_.page_is_empty() && out_.pages() > 0 ? Status() : out_.end_page();
  }

  PageWriter out_;
  const bool has_header_;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t page_bytes_ = 0;
};

bool has_header_row(std::string_view sample, char delimiter) {
  CsvParser parser(sample, delimiter);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> fields;
  constexpr std::size_t rows_looked_at = 30;
  while (rows.size() < rows_looked_at && parser.next(fields)) {
    for (std::string& field : fields) field = one_line(field);
    rows.push_back(fields);
  }
  return guess_header_rows(table_from_rows(rows)) > 0;
}

Status write_pages(std::string_view text, char delimiter, PageSink& sink) {
  CsvPages pages(sink, has_header_row(sample_of(text), delimiter));
  CsvParser parser(text, delimiter);
  std::vector<std::string> fields;
  while (parser.next(fields)) LOADLINE_TRY(pages.record(fields));
  return pages.finish();
}

}  // namespace

bool CsvParser::next(std::vector<std::string>& fields) {
  fields.clear();
  rest_.remove_prefix(std::min(rest_.find_first_not_of("\r\n"), rest_.size()));
  if (rest_.empty()) return false;
  for (;;) {
    fields.emplace_back();
    read_field(fields.back());
    if (rest_.empty()) return true;
    const char end = rest_.front();
    rest_.remove_prefix(1);
    if (end != delimiter_) return true;
    if (rest_.empty()) return fields.emplace_back(), true;
  }
}

// Leaves `rest_` at the delimiter or line end behind the field.
void CsvParser::read_field(std::string& field) {
  if (rest_.starts_with('"')) {
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t quote = std::min(rest_.find('"'), rest_.size());
      field += rest_.substr(0, quote);
      rest_.remove_prefix(std::min(quote + 1, rest_.size()));
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
  }
  // Also what stands between a closing quote and the delimiter, which should be nothing.
  const char ends[] = {delimiter_, '\r', '\n'};
  const std::size_t end = std::min(rest_.find_first_of(std::string_view(ends, 3)), rest_.size());
  field += rest_.substr(0, end);
  rest_.remove_prefix(end);
}

char guess_csv_delimiter(std::string_view text, std::size_t records_least) {
  const std::string_view sample = sample_of(text);
  constexpr double share_least = 0.8;
  char best = '\0';
  double best_score = 0;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    const Evenness even = evenness(sample, delimiter);
    if (even.records < records_least || even.columns < 2 || even.share < share_least) continue;
    const double score = even.share + 0.01 * static_cast<double>(std::min<std::size_t>(even.columns, 20));
    if (score > best_score) best = delimiter, best_score = score;
  }
  return best;
}

Status read_csv(const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(const std::string text, decode_text(input.text()));
  char delimiter = guess_csv_delimiter(text, 1);
  if (delimiter == '\0') delimiter = ',';  // one column
  PageCounter counter;
  LOADLINE_TRY(write_pages(text, delimiter, counter));
  DocumentProperties properties;
  properties.media_type = delimiter == '\t' ? "text/tab-separated-values" : "text/csv";
  properties.page_count = counter.pages();
  if (!sink.on_properties(properties)) return sink_stopped();
  PagesFrom rest(sink, input.first_page);
  return write_pages(text, delimiter, rest);
}

}  // namespace loadline
