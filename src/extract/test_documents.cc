#include "extract/test_documents.h"

#include <zip.h>

#include <algorithm>
#include <memory>

#include "base/assert.h"
#include "extract/format.h"

namespace loadline::testing {
namespace {

constexpr std::string_view xml_head = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)";
constexpr std::string_view office_types =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

std::string relationships(
    std::initializer_list<std::pair<std::string, std::pair<std::string, std::string>>> entries) {
  std::string xml = std::string(xml_head) +
                    R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">)";
  for (const auto& [id, target] : entries) {
    xml += "<Relationship Id=\"" + id + "\" Type=\"" + std::string(office_types) + target.first +
           "\" Target=\"" + target.second + "\"/>";
  }
  return xml + "</Relationships>";
}

std::string root_relationships(const std::string& main_part) {
  return relationships(
      {{"rId1", {"officeDocument", main_part}}, {"rId2", {"core-properties", "docProps/core.xml"}}});
}

ZipEntry content_types() {
  return {"[Content_Types].xml",
          std::string(xml_head) +
              R"(<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>)"};
}

ZipEntry core_properties() {
  return {"docProps/core.xml",
          std::string(xml_head) +
              R"(<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>A title</dc:title>)"
              R"(<dc:creator>An author</dc:creator><dcterms:created>2024-05-01T00:00:00Z</dcterms:created>)"
              R"(</cp:coreProperties>)"};
}

// Later entries of a name replace earlier ones.
std::string package_of(std::vector<ZipEntry> entries, std::vector<ZipEntry> more) {
  for (ZipEntry& entry : more) {
    std::erase_if(entries, [&](const ZipEntry& old) { return old.name == entry.name; });
    entries.push_back(std::move(entry));
  }
  return zip_of(entries);
}

class CollectingSink final : public PageSink {
 public:
  explicit CollectingSink(Reading& reading) : reading_(reading) {}
  bool on_properties(const DocumentProperties& properties) override {
    reading_.any_properties = true;
    reading_.properties = properties;
    return true;
  }
  bool on_page(ExtractedPage page) override {
    reading_.pages.push_back(std::move(page));
    return true;
  }

 private:
  Reading& reading_;
};

std::string table_outline(const Table& table) {
  std::string text = "t " + std::to_string(table.rows) + "x" + std::to_string(table.columns);
  if (table.header_rows > 0) text += "+" + std::to_string(table.header_rows);
  if (!table.caption.empty()) text += " [" + table.caption + "]";
  std::uint32_t row = 0;
  bool first = true;
  for (const TableCell& cell : table.cells) {
    if (cell.row != row || first) {
      text += std::string(first ? " " : "/") + (cell.row > row + 1 ? "…" : "");
      row = cell.row;
    } else {
      text += "|";
    }
    first = false;
    text += "@" + std::to_string(cell.column);
    if (cell.row_span > 1) text += "v" + std::to_string(cell.row_span);
    if (cell.column_span > 1) text += ">" + std::to_string(cell.column_span);
    text += " " + cell.text;
  }
  return text;
}

}  // namespace

std::string zip_of(const std::vector<ZipEntry>& entries, const std::string& password) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &error);
  LOADLINE_ASSERT(target != nullptr);
  zip_source_keep(target);
  zip_t* const zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  LOADLINE_ASSERT(zip != nullptr);
  for (const ZipEntry& entry : entries) {
    zip_source_t* const source = zip_source_buffer(zip, entry.content.data(), entry.content.size(), 0);
    const zip_int64_t index = zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_ENC_GUESS);
    LOADLINE_ASSERT(index >= 0);
    if (!password.empty())
      zip_file_set_encryption(zip, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password.c_str());
  }
  LOADLINE_ASSERT(zip_close(zip) == 0);
  LOADLINE_ASSERT(zip_source_open(target) == 0);
  zip_stat_t facts;
  LOADLINE_ASSERT(zip_source_stat(target, &facts) == 0);
  std::string bytes(facts.size, '\0');
  LOADLINE_ASSERT(zip_source_read(target, bytes.data(), bytes.size()) ==
                  static_cast<zip_int64_t>(bytes.size()));
  zip_source_close(target);
  zip_source_free(target);
  return bytes;
}

std::string docx_of(std::string_view body, std::vector<ZipEntry> more) {
  const std::string document = std::string(xml_head) +
                               R"(<w:document xmlns:w="w" xmlns:r="r" xmlns:wps="s" xmlns:mc="m"><w:body>)" +
                               std::string(body) + "</w:body></w:document>";
  return package_of(
      {content_types(),
       {"_rels/.rels", root_relationships("word/document.xml")},
       core_properties(),
       {"word/document.xml", document},
       {"word/_rels/document.xml.rels", relationships({{"rIdStyles", {"styles", "styles.xml"}},
                                                       {"rIdNumbering", {"numbering", "numbering.xml"}},
                                                       {"rIdFootnotes", {"footnotes", "footnotes.xml"}},
                                                       {"rIdHeader", {"header", "header.xml"}},
                                                       {"rIdFooter", {"footer", "footer.xml"}}})}},
      std::move(more));
}

std::string xlsx_of(const std::vector<TestSheet>& sheets, std::string_view styles, std::string_view strings,
                    std::string_view workbook_settings) {
  std::string list;
  std::string rels = std::string(xml_head) + "<Relationships>";
  std::vector<ZipEntry> entries{
      content_types(), {"_rels/.rels", root_relationships("/xl/workbook.xml")}, core_properties()};
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    list += "<sheet name=\"" + sheets[i].name + "\" sheetId=\"" + number + "\" r:id=\"rId" + number + "\"/>";
    rels += "<Relationship Id=\"rId" + number + "\" Type=\"" + std::string(office_types) +
            "worksheet\" Target=\"worksheets/sheet" + number + ".xml\"/>";
    entries.push_back({"xl/worksheets/sheet" + number + ".xml",
                       std::string(xml_head) + "<worksheet>" + sheets[i].content + "</worksheet>"});
  }
  rels +=
      "<Relationship Id=\"rIdS\" Type=\"" + std::string(office_types) + "styles\" Target=\"styles.xml\"/>";
  rels += "<Relationship Id=\"rIdT\" Type=\"" + std::string(office_types) +
          "sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>";
  entries.push_back({"xl/workbook.xml", std::string(xml_head) + "<workbook xmlns:r=\"r\">" +
                                            std::string(workbook_settings) + "<sheets>" + list +
                                            "</sheets></workbook>"});
  entries.push_back({"xl/_rels/workbook.xml.rels", rels});
  entries.push_back(
      {"xl/styles.xml", std::string(xml_head) + "<styleSheet>" + std::string(styles) + "</styleSheet>"});
  entries.push_back(
      {"xl/sharedStrings.xml", std::string(xml_head) + "<sst>" + std::string(strings) + "</sst>"});
  return zip_of(entries);
}

std::string pptx_of(const std::vector<std::string>& slides, std::vector<ZipEntry> more) {
  const auto slide_xml = [](const std::string& tree) {
    return std::string(xml_head) + R"(<p:sld xmlns:a="a" xmlns:p="p" xmlns:r="r"><p:cSld><p:spTree>)" + tree +
           "</p:spTree></p:cSld></p:sld>";
  };
  const auto placeholder = [](const char* type, const char* place) {
    return std::string("<p:sp><p:nvSpPr><p:nvPr><p:ph type=\"") + type +
           "\"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm>" + place + "</a:xfrm></p:spPr></p:sp>";
  };
  std::string list;
  std::string rels = std::string(xml_head) + "<Relationships>";
  std::vector<ZipEntry> entries{
      content_types(), {"_rels/.rels", root_relationships("ppt/presentation.xml")}, core_properties()};
  for (std::size_t i = 0; i < slides.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    list += "<p:sldId id=\"25" + number + "\" r:id=\"rId" + number + "\"/>";
    rels += "<Relationship Id=\"rId" + number + "\" Type=\"" + std::string(office_types) +
            "slide\" Target=\"slides/slide" + number + ".xml\"/>";
    entries.push_back({"ppt/slides/slide" + number + ".xml", slide_xml(slides[i])});
    entries.push_back({"ppt/slides/_rels/slide" + number + ".xml.rels",
                       relationships({{"rIdL", {"slideLayout", "../slideLayouts/slideLayout1.xml"}},
                                      {"rIdN", {"notesSlide", "../notesSlides/notesSlide" + number + ".xml"}},
                                      {"rIdC", {"chart", "../charts/chart1.xml"}}})});
  }
  entries.push_back({"ppt/presentation.xml",
                     std::string(xml_head) + R"(<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>)" +
                         list + R"(</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>)"});
  entries.push_back({"ppt/_rels/presentation.xml.rels", rels + "</Relationships>"});
  entries.push_back({"ppt/slideLayouts/slideLayout1.xml",
                     slide_xml(placeholder(
                         "body", R"(<a:off x="127000" y="254000"/><a:ext cx="1270000" cy="2540000"/>)"))});
  entries.push_back({"ppt/slideLayouts/_rels/slideLayout1.xml.rels",
                     relationships({{"rIdM", {"slideMaster", "../slideMasters/slideMaster1.xml"}}})});
  entries.push_back(
      {"ppt/slideMasters/slideMaster1.xml",
       slide_xml(placeholder("title", R"(<a:off x="0" y="12700"/><a:ext cx="1270000" cy="127000"/>)"))});
  return package_of(std::move(entries), std::move(more));
}

std::string compound_file_of(std::string_view entry) {
  std::string bytes("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  bytes.resize(1024, '\0');
  for (const char c : entry) bytes += c, bytes += '\0';
  bytes.resize(4096, '\0');
  return bytes;
}

std::string Reading::outline(std::size_t page) const {
  if (page >= pages.size()) return status.ok() ? "(no page)" : status.error().to_string();
  std::string text;
  for (const Block& block : pages[page].blocks) {
    if (!text.empty()) text += '\n';
    switch (block.kind) {
      case BlockKind::heading:
        text += "h" + std::to_string(block.level) + " " + block.text;
        break;
      case BlockKind::paragraph:
        text += "p " + block.text;
        break;
      case BlockKind::list_item:
        text += "li" + std::to_string(block.level) + " " + block.text;
        break;
      case BlockKind::table:
        text += table_outline(*block.table);
        break;
      case BlockKind::running_header:
        text += "header " + block.text;
        break;
      case BlockKind::running_footer:
        text += "footer " + block.text;
        break;
    }
  }
  return text;
}

Reading read_bytes(std::string_view bytes, const std::string& name, int first_page,
                   std::uint64_t unpacked_bytes_max) {
  Reading reading;
  CollectingSink sink(reading);
  ReadBudget budget;
  budget.unpacked_bytes_left = unpacked_bytes_max;
  ReadInput input;
  input.bytes = std::as_bytes(std::span(bytes));
  input.file_name = name;
  input.first_page = first_page;
  input.budget = &budget;
  reading.status = read_document(input, sink);
  return reading;
}

}  // namespace loadline::testing
