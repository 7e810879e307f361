#pragma once
// The parts of a text that the embedding part of the injection guard looks at, each with its features: every
// sentence (so that harmless text around an attack does not hide it), and blocks of sentences (so that an
// attack spread over several is seen). Pure, thread-safe; also used to make the training material.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guard/plain_text.h"
#include "guard/signatures.h"

namespace loadline {

struct InjectionWindow {
  std::string text;                // plain
  std::size_t begin = 0, end = 0;  // bytes of the original
  bool has_signature = false;
  LexicalFeatures features{};
};

struct InjectionWindows {
  std::vector<InjectionWindow> windows;  // at most InjectionGuard::windows_max
  std::uint32_t left_out = 0;
};

/// All pieces of a text, read for signatures.
struct ScannedText {
  PlainText plain;
  std::vector<SignatureScan> scans;  // one for each piece
  SignatureScan total;               // without hits
  LexicalFeatures features{};        // of the text as a whole
};
ScannedText scan_text(std::string_view text);

InjectionWindows injection_windows(const ScannedText& text);

}  // namespace loadline
