#pragma once
// Owners of what PDFium hands out: a document over bytes in memory, one of its pages, the text of a page.
//
// Each closes what it holds. A page must end before its document, a text before its page. The bytes must
// outlive the document: PDFium reads from them whenever it needs to. Not thread-safe.
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "extract/pdf/pdfium_api.h"

namespace loadline::pdf {

class PdfFile {
 public:
  /// Opens without a password, which also opens files encrypted with the empty one. invalid_argument:
  /// truncated, damaged, or in need of a password; the message is the sentence for the user.
  static Result<PdfFile> open(const PdfiumApi& api, std::span<const std::byte> bytes);

  const PdfiumApi& api() const { return *api_; }
  FpdfDocument* handle() const { return handle_.get(); }
  int page_count() const { return api_->_GetPageCount(handle_.get()); }
  /// An entry of the document's information, UTF-8; "" if it is missing. At most 4 KiB of it.
  std::string information(const char* name) const;

 private:
  struct Close {
    const PdfiumApi* api;
    void operator()(FpdfDocument* document) const { api->_CloseDocument(document); }
  };
  PdfFile(const PdfiumApi& api, FpdfDocument* document) : api_(&api), handle_(document, Close{&api}) {}

  const PdfiumApi* api_;
  std::unique_ptr<FpdfDocument, Close> handle_;
};

class PdfPage {
 public:
  PdfPage(const PdfFile& file, int index) : PdfPage(file.api(), file.handle(), index) {}

  /// False: PDFium cannot load the page; nothing else may be called.
  bool ok() const { return page_ != nullptr; }
  /// False: its text cannot be read.
  bool has_text() const { return text_ != nullptr; }
  const PdfiumApi& api() const { return *api_; }
  FpdfPage* handle() const { return page_.get(); }
  FpdfTextPage* text() const { return text_.get(); }

 private:
  struct ClosePage {
    const PdfiumApi* api;
    void operator()(FpdfPage* page) const { api->_ClosePage(page); }
  };
  struct CloseText {
    const PdfiumApi* api;
    void operator()(FpdfTextPage* text) const { api->Text_ClosePage(text); }
  };
  PdfPage(const PdfiumApi& api, FpdfDocument* document, int index)
      : api_(&api),
        page_(api._LoadPage(document, index), ClosePage{&api}),
        text_(page_ ? api.Text_LoadPage(page_.get()) : nullptr, CloseText{&api}) {}

  const PdfiumApi* api_;
  std::unique_ptr<FpdfPage, ClosePage> page_;
  std::unique_ptr<FpdfTextPage, CloseText> text_;
};

}  // namespace loadline::pdf
