// loadline-extractor: reads one untrusted document per life, confined. Loadline starts it; people use --dump.
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "apps/extractor/dump.h"
#include "extract/session.h"
#include "extract/version.h"

namespace {

constexpr const char* usage =
    "usage: loadline-extractor --dump FILE [--first-page N] [--no-ocr]   print what Loadline sees of FILE, "
    "as JSON lines\n"
    "       loadline-extractor --version                                print the version of everything that "
    "reads\n"
    "       loadline-extractor --confined                               what Loadline starts: an order on "
    "standard\n"
    "                                                                   input, the document as descriptor "
    "3\n";

int wrong_usage() {
  std::fputs(usage, stderr);
  return 2;
}

int dump(int count, char** words) {
  if (count < 1) return wrong_usage();
  loadline::DumpOptions options;
  options.path = words[0];
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--no-ocr") {
      options.recognise_scans = false;
    } else if (word == "--first-page" && i + 1 < count) {
      const std::string_view number = words[++i];
      const auto parsed = std::from_chars(number.data(), number.data() + number.size(), options.first_page);
      if (parsed.ec != std::errc() || options.first_page < 1) return wrong_usage();
    } else {
      return wrong_usage();
    }
  }
  return loadline::dump_document(options);
}

}  // namespace

int main(int count, char** words) {
  const std::string_view mode = count > 1 ? words[1] : "";
  // _exit: nothing that runs at exit is worth doing behind a finished or failed parser.
  if (mode == "--confined" && count == 2) _exit(loadline::run_extractor_session({}));
  if (mode == "--dump") return dump(count - 2, words + 2);
  if (mode == "--version" && count == 2) return std::puts(loadline::extractor_version().c_str()) < 0 ? 1 : 0;
  return wrong_usage();
}
