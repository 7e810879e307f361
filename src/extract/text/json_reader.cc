#include "extract/text/json_reader.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "extract/page_writer.h"
#include "extract/table_shape.h"
#include "extract/text/charset.h"
#include "extract/text/json_flattener.h"

namespace loadline {
namespace {

constexpr std::size_t table_columns_max = 40;
constexpr std::size_t paragraph_bytes_max = 16384;

// Keys in the order of their first appearance, with their columns.
struct Columns {
  std::map<std::string, std::uint32_t> by_key;
  std::vector<std::string> keys;
};

// Gathers records and writes them, some hundreds a page: as a table if they are rows of one, else as
// paragraphs.
class RecordWriter {
 public:
  explicit RecordWriter(PageSink& sink) : out_(sink) {}

  Status heading(const std::string& key) {
    LOADLINE_TRY(flush());
    return out_.add(BlockKind::heading, 2, one_line(key));
  }

  Status record(JsonRecord&& record) {
    for (const JsonField& field : record) bytes_ += field.path.size() + field.value.size();
    records_.push_back(std::move(record));
    ++records_on_page_;
    if (records_on_page_ < json_records_per_page && bytes_ < page_text_bytes_max) return {};
    LOADLINE_TRY(flush());
    records_on_page_ = 0;
    return out_.page_is_empty() ? Status() : out_.end_page();
  }

  Status text(std::string_view line) {
    LOADLINE_TRY(flush());
    return out_.add(BlockKind::paragraph, 0, one_line(line));
  }

  Status finish() {
    LOADLINE_TRY(flush());
    return out_.finish();
  }

 private:
  Status flush() {
    const std::vector<JsonRecord> records = std::exchange(records_, {});
    bytes_ = 0;
    Columns columns;
    if (are_rows(records, columns)) return write_table(records, columns);
    for (const JsonRecord& record : records) LOADLINE_TRY(write_paragraphs(record));
    return {};
  }

  // At least two records without inner structure, and most keys in most of them.
  static bool are_rows(const std::vector<JsonRecord>& records, Columns& columns) {
    if (records.size() < 2) return false;
    std::size_t fields = 0;
    for (const JsonRecord& record : records) {
      fields += record.size();
      for (const JsonField& field : record) {
        if (field.path.empty() || field.path.find_first_of(".[") != std::string::npos) return false;
        const auto [place, is_new] =
            columns.by_key.emplace(field.path, static_cast<std::uint32_t>(columns.keys.size()));
        if (is_new) columns.keys.push_back(field.path);
        if (columns.keys.size() > table_columns_max) return false;
      }
    }
    return columns.keys.size() >= 2 && fields * 10 >= records.size() * columns.keys.size() * 6;
  }

  Status write_table(const std::vector<JsonRecord>& records, const Columns& columns) {
    std::vector<std::vector<std::string>> rows{columns.keys};
    for (const JsonRecord& record : records) {
      std::vector<std::string>& row = rows.emplace_back(columns.keys.size());
      for (const JsonField& field : record) row[columns.by_key.at(field.path)] = field.value;
    }
    Table table = table_from_rows(rows);
    table.header_rows = 1;
    return out_.add(std::move(table));
  }

  Status write_paragraphs(const JsonRecord& record) {
    std::string text;
    for (const JsonField& field : record) {
      const std::string line = field.path.empty() ? field.value : field.path + ": " + field.value;
      if (!text.empty() && text.size() + line.size() > paragraph_bytes_max)
        LOADLINE_TRY(out_.add(BlockKind::paragraph, 0, std::exchange(text, {})));
      text += (text.empty() ? "" : "\n") + line;
    }
    return out_.add(BlockKind::paragraph, 0, std::move(text));
  }

  PageWriter out_;
  std::vector<JsonRecord> records_;
  std::size_t records_on_page_ = 0;
  std::size_t bytes_ = 0;
};

std::string_view next_line(std::string_view& rest) {
  std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Status write_json(std::string_view text, PageSink& sink) {
  RecordWriter writer(sink);
  JsonRecords records;
  records.heading = [&](const std::string& key) { return writer.heading(key); };
  records.record = [&](JsonRecord&& record) { return writer.record(std::move(record)); };
  LOADLINE_TRY(flatten_json(text, records));
  return writer.finish();
}

// A line that is no JSON is kept as it is: it may be the one that is looked for.
Status write_json_lines(std::string_view text, PageSink& sink) {
  RecordWriter writer(sink);
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (is_blank(line)) continue;
    Result<JsonRecord> record = flatten_json_record(line);
    LOADLINE_TRY(record.ok() ? writer.record(*std::move(record)) : writer.text(line));
  }
  return writer.finish();
}

Status read_records(const ReadInput& input, PageSink& sink, const char* media_type,
                    Status (*write)(std::string_view, PageSink&)) {
  LOADLINE_ASSIGN(const std::string text, decode_text(input.text()));
  PageCounter counter;
  LOADLINE_TRY(write(text, counter));
  DocumentProperties properties;
  properties.media_type = media_type;
  properties.page_count = counter.pages();
  if (!sink.on_properties(properties)) return sink_stopped();
  PagesFrom rest(sink, input.first_page);
  return write(text, rest);
}

bool begins_like_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[');
}

}  // namespace

bool is_json(std::string_view text) {
  if (!begins_like_json(text)) return false;
  const JsonRecords ignored{[](const std::string&) { return Status(); },
                            [](JsonRecord&&) { return Status(); }};
  const Status status = flatten_json(text, ignored);
  // Too deep is a matter for the reader.
  return status.ok() || status.error().code() == Code::resource_exhausted;
}

bool is_json_lines(std::string_view text) {
  constexpr int lines_looked_at = 20;
  int records = 0;
  for (int i = 0; i < lines_looked_at && !text.empty();) {
    const bool cut_off = text.find('\n') == std::string_view::npos && i > 0;
    const std::string_view line = next_line(text);
    if (is_blank(line)) continue;
    ++i;
    if (begins_like_json(line) && flatten_json_record(line).ok()) {
      ++records;
    } else if (!cut_off) {
      return false;
    }
  }
  return records >= 2;
}

Status read_json(const ReadInput& input, PageSink& sink) {
  return read_records(input, sink, "application/json", write_json);
}

Status read_json_lines(const ReadInput& input, PageSink& sink) {
  return read_records(input, sink, "application/jsonl", write_json_lines);
}

}  // namespace loadline
