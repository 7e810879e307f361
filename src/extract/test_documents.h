#pragma once
// For tests: documents built in memory, and what the readers make of them, in this process.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/document_extractor.h"

namespace loadline::testing {

struct ZipEntry {
  std::string name;
  std::string content;
};
/// A ZIP of these, packed. With a password, its members are encrypted (AES-256).
std::string zip_of(const std::vector<ZipEntry>& entries, const std::string& password = "");

/// A Word document with this content of w:body; `more` are further parts, or replace the usual ones.
/// Relationships of the document part: rIdStyles, rIdNumbering, rIdFootnotes, rIdHeader and rIdFooter point
/// to parts of those names.
std::string docx_of(std::string_view body, std::vector<ZipEntry> more = {});

struct TestSheet {
  std::string name;
  std::string content;  // of worksheet: "<sheetData>...</sheetData><mergeCells>..."
};
/// A workbook; `styles` is the content of styleSheet, `strings` of sst.
std::string xlsx_of(const std::vector<TestSheet>& sheets, std::string_view styles = "",
                    std::string_view strings = "", std::string_view workbook_settings = "");

/// A presentation of slides given as the content of p:spTree; a layout with a title, a body and a master
/// behind it. `more` are further parts.
std::string pptx_of(const std::vector<std::string>& slides, std::vector<ZipEntry> more = {});

/// An OLE container whose directory has an entry of this name.
std::string compound_file_of(std::string_view entry);

/// What a reader gave.
struct Reading {
  Status status;
  bool any_properties = false;
  DocumentProperties properties;
  std::vector<ExtractedPage> pages;

  const Block& block(std::size_t page, std::size_t index) const { return pages.at(page).blocks.at(index); }
  /// One line a block: "h1 Title", "p Text", "li2 Item", "t 2x3+1 a|b|c/d|e|f", "header ...", "footer ...".
  std::string outline(std::size_t page = 0) const;
};
Reading read_bytes(std::string_view bytes, const std::string& name = "", int first_page = 1,
                   std::uint64_t unpacked_bytes_max = std::uint64_t{1} << 30);

}  // namespace loadline::testing
