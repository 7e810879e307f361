#include "extract/pdf/pdf_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/utf8.h"

namespace loadline::pdf {
namespace {

// PDF files end with this mark; some writers add a little behind it.
bool has_end_mark(std::span<const std::byte> bytes) {
  constexpr std::size_t tail_bytes = 2048;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(text.size() - std::min(text.size(), tail_bytes)).find("%%EOF") != std::string_view::npos;
}

Error cannot_open(unsigned long error, std::span<const std::byte> bytes) {
  if (error == fpdf_error_password)
    return Error(Code::invalid_argument,
                 "The PDF needs a password. Save a copy without one and ingest that.");
  if (error == fpdf_error_security)
    return Error(Code::invalid_argument,
                 "The PDF is encrypted in a way that cannot be read. Save a copy without encryption.");
  if (!has_end_mark(bytes))
    return Error(Code::invalid_argument, "The PDF is truncated: its end is missing. Fetch the file again.");
  return Error(Code::invalid_argument, "The PDF is damaged and cannot be opened. Fetch or export it again.");
}

std::string from_utf16(std::span<const char16_t> units) {
  std::string text;
  for (std::size_t at = 0; at < units.size() && units[at] != 0; ++at) {
    char32_t code = units[at];
    const bool pair = code >= 0xD800 && code < 0xDC00 && at + 1 < units.size() && units[at + 1] >= 0xDC00 &&
                      units[at + 1] < 0xE000;
    if (pair) code = 0x10000 + ((code - 0xD800) << 10) + (units[++at] - 0xDC00u);
    append_utf8(text, code >= 0xD800 && code < 0xE000 ? replacement_character : code);
  }
  return text;
}

}  // namespace

Result<PdfFile> PdfFile::open(const PdfiumApi& api, std::span<const std::byte> bytes) {
  FpdfDocument* const document = api._LoadMemDocument64(bytes.data(), bytes.size(), nullptr);
  if (document == nullptr) return cannot_open(api._GetLastError(), bytes);
  PdfFile file(api, document);
  if (file.page_count() <= 0)
    return Error(Code::invalid_argument, has_end_mark(bytes) ? "The PDF is damaged: no page can be found."
                                                             : "The PDF is truncated: no page is left.");
  return file;
}

std::string PdfFile::information(const char* name) const {
  std::array<char16_t, 2048> text{};
  const unsigned long bytes = api_->_GetMetaText(handle_.get(), name, text.data(), sizeof text);
  if (bytes > sizeof text) return "";  // nothing was written
  return from_utf16(std::span(text).first(bytes / sizeof(char16_t)));
}

}  // namespace loadline::pdf
