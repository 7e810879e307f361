#pragma once
// Text recognition: a page without a text layer is drawn and read by Tesseract; out come words with places,
// for the same layout as everywhere else.
//
// Tesseract is a library of the system, loaded if it is there: a program without it reads everything but
// scans. Library and language data are opened by `load_tesseract`, which must be called before the process is
// confined; recognition itself opens nothing and starts no thread. Not thread-safe.
#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/words.h"

namespace loadline::pdf {

/// Resolution at which pages are drawn, and the most pixels of one drawing: larger pages get a lower one.
inline constexpr float ocr_dots_per_inch = 300;
inline constexpr float ocr_pixels_max = 24e6F;

struct TesseractApi;
struct TesseractLibrary {
  const TesseractApi* api = nullptr;
  std::span<const char> language_data;  // English; mapped for the life of the process
};

/// The library and its data, loaded by the first call. unavailable: not installed; the message says what to
/// install.
Result<const TesseractLibrary*> load_tesseract();

class Recogniser {
 public:
  /// unavailable: as load_tesseract, or the language data is damaged.
  static Result<std::unique_ptr<Recogniser>> open();
  ~Recogniser();

  /// The words on the drawn page, in the reader's view (frame.turn tells how the text lies; pages that lie on
  /// their side or head are turned until they read well). No words: a blank page or a picture.
  /// resource_exhausted: too little memory to draw it. data_loss: its picture cannot be decoded.
  Result<Frame> recognise(const PdfPage& page);

 private:
  struct State;
  explicit Recogniser(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace loadline::pdf
