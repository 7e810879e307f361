// Fuzz target: every reader of an untrusted document (all but PDF, whose parser is not ours), in this
// process.
//
// Crashes, leaks and hangs are what is looked for; any status is right. The first byte chooses the file
// name's ending.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "extract/format.h"
#include "extract/messages.h"
#include "extract/test_documents.h"

namespace {

class CheckingSink final : public loadline::PageSink {
 public:
  bool on_properties(const loadline::DocumentProperties& properties) override {
    page_count_ = properties.page_count;
    return true;
  }
  bool on_page(loadline::ExtractedPage page) override {
    LOADLINE_ASSERT(page.number == ++last_ && page.number <= page_count_);
    loadline::make_sendable(page);
    if (loadline::broken_page_bound(page).empty())
      LOADLINE_ASSERT(loadline::decode_page(loadline::encode(page)).ok());
    return true;
  }

 private:
  int page_count_ = 0;
  int last_ = 0;
};

// The document to read: the input itself, or a package around it.
std::string document_of(unsigned kind, std::string_view text) {
  using namespace loadline::testing;
  const std::string content(text);
  switch (kind) {
    case 8:
      return docx_of(
          content,
          {{"word/styles.xml", content}, {"word/numbering.xml", content}, {"word/footnotes.xml", content}});
    case 9:
      return xlsx_of({{"S", content}}, content, content);
    case 10:
      return pptx_of({content},
                     {{"ppt/charts/chart1.xml", content}, {"ppt/notesSlides/notesSlide1.xml", content}});
    case 11:
      return zip_of({{"a.txt", content}, {"b.eml", content}});
    default:
      return content;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array<const char*, 8> names{"",       "a.md",    "a.html", "a.csv",
                                             "a.json", "a.jsonl", "a.txt",  "a.eml"};
  loadline::ReadBudget budget;
  budget.unpacked_bytes_left = std::uint64_t{64} << 20;
  loadline::ReadInput input;
  const unsigned kind = data[0] % 12;
  const std::string document = document_of(kind, {reinterpret_cast<const char*>(data) + 1, size - 1});
  input.bytes = std::as_bytes(std::span(document));
  input.file_name = kind < names.size() ? names[kind] : "";
  input.recognise_scans = false;
  input.budget = &budget;
  if (document.find("%PDF-") != std::string::npos) return 0;
  CheckingSink sink;
  static_cast<void>(loadline::read_document(input, sink).ok());
  return 0;
}
