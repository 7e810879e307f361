#include "extract/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string>

#include "base/printable.h"
#include "extract/archive/zip_reader.h"
#include "extract/html/html_reader.h"
#include "extract/mail/mail_reader.h"
#include "extract/office/docx_reader.h"
#include "extract/office/package.h"
#include "extract/office/pptx_reader.h"
#include "extract/office/xlsx_reader.h"
#include "extract/pdf/pdf_reader.h"
#include "extract/text/charset.h"
#include "extract/text/csv_reader.h"
#include "extract/text/json_reader.h"
#include "extract/text/markdown_reader.h"
#include "extract/text/text_reader.h"

namespace loadline {
namespace {

constexpr std::size_t sample_bytes = 65536;

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot > 12) return {};
  std::string extension(name.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

struct KnownMark {
  std::string_view bytes;
  std::size_t offset;
  std::string_view name;  // as in "It is a ..."
};

using namespace std::string_view_literals;
constexpr std::array<KnownMark, 28> unread_formats{{
    {"\x1F\x8B"sv, 0, "gzip archive; unpack it first"},
    {"BZh"sv, 0, "bzip2 archive; unpack it first"},
    {"\xFD"
     "7zXZ\0"sv,
     0, "xz archive; unpack it first"},
    {"\x28\xB5\x2F\xFD"sv, 0, "zstd archive; unpack it first"},
    {"7z\xBC\xAF\x27\x1C"sv, 0, "7-Zip archive; unpack it, or make a ZIP of it"},
    {"Rar!\x1A\x07"sv, 0, "RAR archive; unpack it, or make a ZIP of it"},
    {"ustar"sv, 257, "tar archive; unpack it, or make a ZIP of it"},
    {"{\\rtf"sv, 0, "RTF document; save it as DOCX"},
    {"\x89PNG\r\n\x1A\n"sv, 0, "PNG image; put it into a PDF"},
    {"\xFF\xD8\xFF"sv, 0, "JPEG image; put it into a PDF"},
    {"GIF8"sv, 0, "GIF image; put it into a PDF"},
    {"II*\0"sv, 0, "TIFF image; put it into a PDF"},
    {"MM\0*"sv, 0, "TIFF image; put it into a PDF"},
    {"WEBP"sv, 8, "WebP image; put it into a PDF"},
    {"%!PS"sv, 0, "PostScript file; convert it to PDF"},
    {"\x7F"
     "ELF"sv,
     0, "program"},
    {"SQLite format 3\0"sv, 0, "SQLite database; export what matters as CSV"},
    {"PAR1"sv, 0, "Parquet file; export it as CSV"},
    {"ftyp"sv, 4, "video or image container"},
    {"OggS"sv, 0, "sound or video file"},
    {"ID3"sv, 0, "sound file"},
    {"RIFF"sv, 0, "sound or video file"},
    {"fLaC"sv, 0, "sound file"},
    {"\x1A\x45\xDF\xA3"sv, 0, "video file"},
    {"wOFF"sv, 0, "font"},
    {"\0\x01\0\0\0"sv, 0, "font"},
    {"\xCA\xFE\xBA\xBE"sv, 0, "program"},
    {"!<arch>\n"sv, 0, "library archive"},
}};

bool has_mark(std::string_view bytes, const KnownMark& mark) {
  if (bytes.size() <= mark.offset || !bytes.substr(mark.offset).starts_with(mark.bytes)) return false;
  // A text may begin with "ID3" too.
  const bool is_word =
      std::all_of(mark.bytes.begin(), mark.bytes.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  return !is_word || looks_binary(bytes, guess_charset(bytes));
}

Error not_read(std::string_view what) {
  return Error(Code::invalid_argument, "It is a " + std::string(what) + ". This format is not read.");
}

bool contains_utf16(std::string_view bytes, std::string_view ascii) {
  std::string wide;
  for (const char c : ascii) wide += c, wide += '\0';
  return bytes.find(wide) != std::string_view::npos;
}

// The container of old Office files, and of new ones under a password.
Error compound_file(std::string_view bytes) {
  if (contains_utf16(bytes, "EncryptedPackage") || contains_utf16(bytes, "EncryptionInfo"))
    return Error(Code::invalid_argument,
                 "The document needs a password. Save a copy without one and ingest that.");
  if (contains_utf16(bytes, "__substg1.0_")) return not_read("Outlook message; save it as .eml");
  if (contains_utf16(bytes, "WordDocument"))
    return not_read("Word document of the old kind (.doc); save it as DOCX");
  if (contains_utf16(bytes, "PowerPoint Document"))
    return not_read("presentation of the old kind (.ppt); save it as PPTX");
  if (contains_utf16(bytes, "Workbook") || contains_utf16(bytes, "Book"))
    return not_read("workbook of the old kind (.xls); save it as XLSX");
  return not_read("compound file of an old Office program");
}

std::string lower_start(std::string_view text, std::size_t size) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n\f"), text.size());
  std::string start(text.substr(begin, size));
  std::transform(start.begin(), start.end(), start.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return start;
}

bool looks_like_html(std::string_view text) {
  const std::string start = lower_start(text, 4096);
  if (start.starts_with("<!doctype html") || start.starts_with("<html")) return true;
  if (!start.starts_with('<')) return false;
  // Behind a comment or an XML declaration, or a page without its outer tags.
  for (const char* tag : {"<html", "<!doctype html", "<head>", "<body", "<table", "<div", "<p>", "<h1"})
    if (start.find(tag) != std::string::npos) return true;
  return false;
}

Status read_office(OfficePackage& package, const ReadInput& input, PageSink& sink) {
  if (package.main_part().ends_with(".bin")) return not_read("binary workbook (.xlsb); save it as XLSX");
  std::string_view kind;
  {
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> main, package.part(package.main_part()));
    const std::string_view root = local_name(main->root());
    kind = root == "document" ? "docx" : root == "workbook" ? "xlsx" : root == "presentation" ? "pptx" : "";
  }
  if (kind == "docx") return read_docx(package, input, sink);
  if (kind == "xlsx") return read_xlsx(package, input, sink);
  if (kind == "pptx") return read_pptx(package, input, sink);
  return not_read("package of an unknown program");
}

Result<Format> detect_text(std::string_view bytes, std::string_view extension) {
  const std::string_view charset = guess_charset(bytes);
  if (looks_binary(bytes, charset))
    return Error(Code::invalid_argument,
                 "The content is of no known format: it is neither text nor PDF, DOCX, XLSX, PPTX or ZIP.");
  LOADLINE_ASSIGN(const std::string sample, decode_text(bytes.substr(0, sample_bytes / 4 * 4), charset));
  if (lower_start(sample, 1).empty() && bytes.size() <= sample_bytes)
    return Error(Code::invalid_argument, "The file holds nothing but white space.");
  if (looks_like_html(sample)) return Format::html;
  const std::string first = lower_start(sample, 1);
  if (first == "{" || first == "[") {
    LOADLINE_ASSIGN(const std::string whole, decode_text(bytes, charset));
    if (is_json(whole)) return Format::json;
    if (is_json_lines(whole) || extension == "jsonl" || extension == "ndjson") return Format::json_lines;
  }
  if (extension == "json") return Format::json;
  if (looks_like_mail(sample)) return Format::mail;
  if (extension == "html" || extension == "htm" || extension == "xhtml") return Format::html;
  if (extension == "md" || extension == "markdown") return Format::markdown;
  if (extension == "csv" || extension == "tsv" || extension == "tab") return Format::csv;
  if (looks_like_markdown(sample)) return Format::markdown;
  // Prose has commas too: without a name that says so, a table must be long and even.
  const std::size_t records_least = extension == "txt" || extension == "log" ? 5 : 3;
  if (guess_csv_delimiter(sample, records_least) != '\0') return Format::csv;
  return Format::text;
}

// What a ZIP is: an Office document, another package that is not read, or an archive.
Status read_package(const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(const std::unique_ptr<OfficePackage> package, OfficePackage::open(input));
  if (!package->main_part().empty()) return read_office(*package, input, sink);
  ZipArchive& zip = package->zip();
  if (const ZipMember* const mark = zip.find("mimetype")) {
    LOADLINE_ASSIGN(const std::string type, zip.read(*mark, *input.budget));
    if (type.starts_with("application/vnd.oasis.opendocument"))
      return not_read("OpenDocument file; save it as DOCX, XLSX or PPTX");
    if (type.starts_with("application/epub")) return not_read("EPUB book; convert it to PDF or HTML");
  }
  return read_zip(zip, input, sink);
}

}  // namespace

bool has_pdf_mark(std::string_view bytes) {
  return bytes.substr(0, pdf_mark_reach).find("%PDF-") != std::string_view::npos;
}

Result<Format> detect_format(std::string_view bytes, std::string_view file_name) {
  if (bytes.empty()) return Error(Code::invalid_argument, "The file is empty.");
  if (has_pdf_mark(bytes)) return Format::pdf;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06") || bytes.starts_with("PK\x07\x08"))
    return Format::zip;
  if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return compound_file(bytes);
  for (const KnownMark& mark : unread_formats)
    if (has_mark(bytes, mark)) return not_read(mark.name);
  return detect_text(bytes, extension_of(file_name));
}

Status read_document(const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(const Format format, detect_format(input.text(), input.file_name));
  switch (format) {
    case Format::pdf:
      return read_pdf(input, sink);
    case Format::zip:
      return read_package(input, sink);
    case Format::mail:
      return read_mail(input, sink);
    case Format::html:
      return read_html(input, sink);
    case Format::markdown:
      return read_markdown(input, sink);
    case Format::csv:
      return read_csv(input, sink);
    case Format::json:
      return read_json(input, sink);
    case Format::json_lines:
      return read_json_lines(input, sink);
    case Format::text:
      return read_text(input, sink);
  }
  return Error(Code::internal, "There is no reader for this format.");
}

}  // namespace loadline
