#include "extract/office/xlsx_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "extract/office/number_format.h"
#include "extract/office/sheet_blocks.h"
#include "extract/page_writer.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

constexpr std::uint32_t rows_max = 1'048'576;  // Excel's own bounds
constexpr std::uint32_t columns_max = 16'384;

struct CellPlace {
  std::uint32_t row = 0, column = 0;
};

// "BC17"; nothing if it is none.
std::optional<CellPlace> place_of(std::string_view reference) {
  std::uint32_t column = 0;
  std::size_t at = 0;
  for (; at < reference.size() && at < 3; ++at) {
    const char c = reference[at];
    if (c >= 'A' && c <= 'Z') {
      column = column * 26 + static_cast<std::uint32_t>(c - 'A') + 1;
    } else if (c >= 'a' && c <= 'z') {
      column = column * 26 + static_cast<std::uint32_t>(c - 'a') + 1;
    } else {
      break;
    }
  }
  std::uint32_t row = 0;
  const char* const end = reference.data() + reference.size();
  const auto parsed = std::from_chars(reference.data() + at, end, row);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (column < 1 || column > columns_max || row < 1 || row > rows_max) return std::nullopt;
  return CellPlace{row - 1, column - 1};
}

std::optional<SheetRange> range_of(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  const auto first = place_of(reference.substr(0, colon));
  const auto last = colon == std::string_view::npos ? first : place_of(reference.substr(colon + 1));
  if (!first || !last || last->row < first->row || last->column < first->column) return std::nullopt;
  return SheetRange{first->row, first->column, last->row, last->column};
}

// A string with its runs; phonetic guides are left out.
std::string rich_text(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (local_name(child) == "t") text += child.text().get();
    if (local_name(child) == "r") text += child_of(child, "t").text().get();
  }
  return text;
}

struct SheetEntry {
  std::string name;
  std::string part;
};

class Workbook {
 public:
  explicit Workbook(OfficePackage& package) : package_(package) {}

  Status open() {
    const std::string& name = package_.main_part();
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> main, package_.part(name));
    LOADLINE_ASSIGN(const Relationships relationships, package_.relationships(name));
    const pugi::xml_node settings = child_of(main->root(), "workbookPr");
    date1904_ = has_attribute(settings, "date1904") && is_on(settings, "date1904");
    for (const pugi::xml_node& node : child_of(main->root(), "sheets").children())
      sheets_.push_back(
          {std::string(attribute_of(node, "name")), target_of_id(relationships, attribute_of(node, "id"))});
    if (sheets_.size() > sheets_max)
      return Error(Code::resource_exhausted, "The workbook has more than 1,000 sheets. Split it.");
    LOADLINE_TRY(load_strings(target_of_type(relationships, "sharedStrings")));
    return load_styles(target_of_type(relationships, "styles"));
  }

  const std::vector<SheetEntry>& sheets() const { return sheets_; }

  Result<Sheet> read(const SheetEntry& entry) {
    Sheet sheet;
    if (entry.part.empty() || !package_.has(entry.part))
      return Error(Code::invalid_argument, "The sheet's content is missing from the file.");
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> part, package_.part(entry.part));
    LOADLINE_TRY(read_cells(child_of(part->root(), "sheetData"), sheet));
    LOADLINE_TRY(read_merged(child_of(part->root(), "mergeCells"), sheet));
    read_header_hints(part->root(), sheet);
    LOADLINE_TRY(read_tables(entry.part, sheet));
    return sheet;
  }

 private:
  Status load_strings(const std::string& name) {
    if (name.empty() || !package_.has(name)) return {};
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> part, package_.part(name));
    for (const pugi::xml_node& node : part->root().children())
      if (local_name(node) == "si") strings_.push_back(one_line(rich_text(node)));
    return {};
  }

  Status load_styles(const std::string& name) {
    if (name.empty() || !package_.has(name)) return {};
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> part, package_.part(name));
    std::map<int, std::string> codes;
    for (const pugi::xml_node& node : child_of(part->root(), "numFmts").children())
      codes[number_of(node, "numFmtId", -1)] = attribute_of(node, "formatCode");
    for (const pugi::xml_node& node : child_of(part->root(), "cellXfs").children()) {
      const int id = number_of(node, "numFmtId", 0);
      const auto own = codes.find(id);
      formats_.emplace_back(own != codes.end() ? own->second : std::string(builtin_number_format(id)));
    }
    return {};
  }

  Status read_cells(const pugi::xml_node& data, Sheet& sheet) const {
    CellPlace next;  // for cells that do not say where they are
    for (const pugi::xml_node& row : data.children()) {
      if (local_name(row) != "row") continue;
      const int number = number_of(row, "r", static_cast<int>(next.row) + 1);
      next = {static_cast<std::uint32_t>(std::clamp(number, 1, static_cast<int>(rows_max))) - 1, 0};
      for (const pugi::xml_node& cell : row.children()) {
        if (local_name(cell) != "c") continue;
        const CellPlace place = place_of(attribute_of(cell, "r")).value_or(next);
        next = {place.row, place.column + 1};
        std::string text = text_of(cell);
        if (text.empty() || place.column >= columns_max) continue;
        if (sheet.cells.size() >= sheet_cells_max)
          return Error(
              Code::resource_exhausted,
              "The sheet has more than 1,000,000 filled cells. Split it, or export the part that matters.");
        sheet.cells.push_back({place.row, place.column, std::move(text)});
      }
      ++next.row;
    }
    sort_cells(sheet.cells);
    return {};
  }

  // Files may list cells in any order, or twice.
  static void sort_cells(std::vector<SheetCell>& cells) {
    const auto before = [](const SheetCell& a, const SheetCell& b) {
      return std::pair(a.row, a.column) < std::pair(b.row, b.column);
    };
    if (!std::is_sorted(cells.begin(), cells.end(), before))
      std::stable_sort(cells.begin(), cells.end(), before);
    const auto same = [](const SheetCell& a, const SheetCell& b) {
      return a.row == b.row && a.column == b.column;
    };
    cells.erase(std::unique(cells.begin(), cells.end(), same), cells.end());
  }

  std::string text_of(const pugi::xml_node& cell) const {
    const std::string_view type = attribute_of(cell, "t");
    if (type == "inlineStr") return one_line(rich_text(child_of(cell, "is")));
    const std::string value = child_of(cell, "v").text().get();
    if (value.empty()) {
      // Written by a program that does not calculate: the formula is all there is.
      const std::string formula = child_of(cell, "f").text().get();
      return formula.empty() ? std::string() : one_line("=" + formula);
    }
    const int style = number_of(cell, "s", 0);
    std::string_view code;
    if (style >= 0 && static_cast<std::size_t>(style) < formats_.size())
      code = formats_[static_cast<std::size_t>(style)];
    if (type == "s") {
      std::size_t index = strings_.size();
      std::from_chars(value.data(), value.data() + value.size(), index);
      return index < strings_.size() ? format_text(strings_[index], code) : std::string();
    }
    if (type == "b") return value == "0" ? "FALSE" : "TRUE";
    if (type == "str" || type == "e" || type == "d") return one_line(value);
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    return *end == '\0' ? one_line(format_number(number, code, date1904_)) : one_line(value);
  }

  static Status read_merged(const pugi::xml_node& node, Sheet& sheet) {
    for (const pugi::xml_node& merge : node.children()) {
      if (sheet.merged.size() >= merged_ranges_max)
        return Error(Code::resource_exhausted, "The sheet has more than 100,000 merged cells.");
      if (const auto range = range_of(attribute_of(merge, "ref"))) sheet.merged.push_back(*range);
    }
    return {};
  }

  // Rows that stay in sight when one scrolls, and the row with the filter buttons, are headers.
  static void read_header_hints(const pugi::xml_node& root, Sheet& sheet) {
    if (const auto range = range_of(attribute_of(child_of(root, "autoFilter"), "ref")))
      sheet.header_ends.push_back(range->first_row);
    const pugi::xml_node pane = child_of(child_of(child_of(root, "sheetViews"), "sheetView"), "pane");
    const int frozen = number_of(pane, "ySplit", 0);
    if (attribute_of(pane, "state") == "frozen" && frozen > 0)
      sheet.header_ends.push_back(static_cast<std::uint32_t>(frozen) - 1);
  }

  Status read_tables(const std::string& sheet_part, Sheet& sheet) {
    LOADLINE_ASSIGN(const Relationships relationships, package_.relationships(sheet_part));
    for (const auto& [id, relationship] : relationships) {
      if (relationship.type != "table" || !package_.has(relationship.target)) continue;
      LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> part, package_.part(relationship.target));
      const auto range = range_of(attribute_of(part->root(), "ref"));
      if (range && number_of(part->root(), "headerRowCount", 1) > 0)
        sheet.header_ends.insert(sheet.header_ends.begin(), range->first_row);
    }
    return {};
  }

  OfficePackage& package_;
  std::vector<SheetEntry> sheets_;
  std::vector<std::string> strings_;
  std::vector<std::string> formats_;  // code of each cell style
  bool date1904_ = false;
};

// One sheet as one page, however long it is.
class SheetPage final : public PageSink {
 public:
  explicit SheetPage(int number) { page_.number = number; }
  bool on_properties(const DocumentProperties&) override { return true; }
  bool on_page(ExtractedPage part) override {
    std::move(part.blocks.begin(), part.blocks.end(), std::back_inserter(page_.blocks));
    return true;
  }
  ExtractedPage take() { return std::move(page_); }

 private:
  ExtractedPage page_;
};

Result<ExtractedPage> read_sheet(Workbook& workbook, const SheetEntry& entry, int number) {
  LOADLINE_ASSIGN(const Sheet sheet, workbook.read(entry));
  SheetPage page(number);
  PageWriter out(page);
  LOADLINE_TRY(out.add(BlockKind::heading, 1, one_line(entry.name)));
  LOADLINE_TRY(write_sheet(sheet, out));
  LOADLINE_TRY(out.finish());
  return page.take();
}

}  // namespace

Status read_xlsx(OfficePackage& package, const ReadInput& input, PageSink& sink) {
  Workbook workbook(package);
  LOADLINE_TRY(workbook.open());
  DocumentProperties properties = package.properties();
  properties.media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  properties.page_count = static_cast<int>(workbook.sheets().size());
  if (properties.page_count == 0) return Error(Code::invalid_argument, "The workbook has no sheets.");
  if (!sink.on_properties(properties)) return sink_stopped();
  for (int number = input.first_page; number <= properties.page_count; ++number) {
    Result<ExtractedPage> page =
        input.may_begin(number)
            ? read_sheet(workbook, workbook.sheets()[static_cast<std::size_t>(number - 1)], number)
            : Error(Code::internal, page_not_begun);
    if (!page.ok()) {
      if (input.budget->exceeded || properties.page_count == 1) return page.error();
      ExtractedPage lost;
      lost.number = number;
      lost.lost_reason = page.error().message();
      page = std::move(lost);
    }
    if (!sink.on_page(*std::move(page))) return sink_stopped();
  }
  return {};
}

}  // namespace loadline
