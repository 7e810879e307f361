#include "apps/extractor/dump.h"

#include <cstdio>
#include <string_view>

#include "base/log.h"
#include "extract/extractor_process.h"

namespace loadline {
namespace {

std::string_view kind_name(BlockKind kind) {
  switch (kind) {
    case BlockKind::heading:
      return "heading";
    case BlockKind::paragraph:
      return "paragraph";
    case BlockKind::list_item:
      return "list_item";
    case BlockKind::table:
      return "table";
    case BlockKind::running_header:
      return "running_header";
    case BlockKind::running_footer:
      return "running_footer";
  }
  return "";
}

// Builds one JSON line; every value is preceded by its name.
class JsonLine {
 public:
  JsonLine& text(std::string_view name, std::string_view value) { return raw(name, json_quoted(value)); }
  JsonLine& number(std::string_view name, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.10g", value);
    return raw(name, digits);
  }
  JsonLine& raw(std::string_view name, std::string_view json) {
    line_ += line_.size() > 1 ? "," : "";
    line_ += json_quoted(name) + ":" + std::string(json);
    return *this;
  }
  JsonLine& box(const Box& box) {
    if (box == Box{}) return *this;
    char numbers[128];
    std::snprintf(numbers, sizeof numbers, "[%.1f,%.1f,%.1f,%.1f]", box.x0, box.y0, box.x1, box.y1);
    return raw("box", numbers);
  }
  std::string finish() const { return line_ + "}"; }

 private:
  std::string line_ = "{";
};

template <class Items, class ToJson>
std::string json_array(const Items& items, ToJson to_json) {
  std::string array = "[";
  for (const auto& item : items) array += (array.size() > 1 ? "," : "") + to_json(item);
  return array + "]";
}

std::string cell_json(const TableCell& cell) {
  JsonLine line;
  line.number("row", cell.row).number("column", cell.column);
  if (cell.row_span > 1) line.number("row_span", cell.row_span);
  if (cell.column_span > 1) line.number("column_span", cell.column_span);
  return line.text("text", cell.text).box(cell.box).finish();
}

std::string block_json(const Block& block) {
  JsonLine line;
  line.text("kind", kind_name(block.kind));
  if (block.level > 0) line.number("level", block.level);
  line.box(block.box);
  if (!block.table) return line.text("text", block.text).finish();
  const Table& table = *block.table;
  line.number("rows", table.rows).number("columns", table.columns).number("header_rows", table.header_rows);
  if (!table.caption.empty()) line.text("caption", table.caption);
  return line.raw("cells", json_array(table.cells, cell_json)).finish();
}

class PrintingSink final : public PageSink {
 public:
  bool on_properties(const DocumentProperties& properties) override {
    JsonLine line;
    line.text("media_type", properties.media_type).text("title", properties.title);
    line.text("author", properties.author).text("created", properties.created);
    return print(line.number("pages", properties.page_count).finish());
  }
  bool on_page(ExtractedPage page) override {
    JsonLine line;
    line.number("page", page.number);
    if (page.width > 0) line.number("width", page.width).number("height", page.height);
    if (page.recognised) line.raw("recognised", "true");
    if (!page.lost_reason.empty()) line.text("lost", page.lost_reason);
    return print(line.raw("blocks", json_array(page.blocks, block_json)).finish());
  }
  static bool print(const std::string& line) { return std::puts(line.c_str()) >= 0; }
};

Status dump(const DumpOptions& options) {
  ExtractorOptions process;
  process.program = "/proc/self/exe";
  process.show_diagnostics = true;
  LOADLINE_ASSIGN(const std::unique_ptr<ExtractorProcess> extractor,
                  ExtractorProcess::open(std::move(process)));
  ExtractRequest request;
  request.path = options.path;
  request.file_name = options.path.substr(options.path.rfind('/') + 1);
  request.first_page = options.first_page;
  request.recognise_scans = options.recognise_scans;
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  PrintingSink sink;
  return extractor->extract(request, sink, context);
}

}  // namespace

int dump_document(const DumpOptions& options) {
  const Status status = dump(options);
  if (status.ok()) return PrintingSink::print(R"({"done":true})"), 0;
  JsonLine line;
  line.text("error", code_name(status.error().code())).text("message", status.error().message());
  PrintingSink::print(line.finish());
  return 1;
}

}  // namespace loadline
