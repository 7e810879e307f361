#include "extract/pdf/ocr.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tesseract/capi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "extract/pdf/characters.h"

namespace loadline::pdf {

#define LOADLINE_TESSERACT_FUNCTIONS(F)   \
  F(TessBaseAPICreate)                    \
  F(TessBaseAPIDelete)                    \
  F(TessBaseAPIInit5)                     \
  F(TessBaseAPISetPageSegMode)            \
  F(TessBaseAPISetImage)                  \
  F(TessBaseAPISetSourceResolution)       \
  F(TessBaseAPIRecognize)                 \
  F(TessBaseAPIClear)                     \
  F(TessBaseAPIGetIterator)               \
  F(TessResultIteratorDelete)             \
  F(TessResultIteratorGetPageIterator)    \
  F(TessResultIteratorNext)               \
  F(TessResultIteratorGetUTF8Text)        \
  F(TessResultIteratorConfidence)         \
  F(TessResultIteratorWordFontAttributes) \
  F(TessPageIteratorBoundingBox)          \
  F(TessPageIteratorBaseline)             \
  F(TessDeleteText)

struct TesseractApi {
#define LOADLINE_TESSERACT_MEMBER(name) decltype(&::name) name = nullptr;
  LOADLINE_TESSERACT_FUNCTIONS(LOADLINE_TESSERACT_MEMBER)
#undef LOADLINE_TESSERACT_MEMBER
};

namespace {

using tesseract::OEM_LSTM_ONLY;
using tesseract::PSM_AUTO;
using tesseract::RIL_TEXTLINE;
using tesseract::RIL_WORD;

constexpr float points_per_inch = 72;
constexpr float confidence_min = 25;       // words below are noise
constexpr float mark_confidence_min = 70;  // for words without letters and digits
constexpr float confidence_good = 60;      // of a page as a whole: below, other directions are tried
constexpr std::size_t words_few = 8;       // fewer words say little about the direction

Error not_installed(const char* what) {
  return Error(Code::unavailable, std::string("The page is a scan, and text recognition is not installed (") +
                                      what + "). Install tesseract-ocr-eng and ingest again.");
}

Result<TesseractApi> find_functions() {
  // Tesseract would start threads, which a confined process must not; one document has one core.
  setenv("OMP_THREAD_LIMIT", "1", 1);
  void* const library = dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return not_installed("libtesseract.so.5 is missing");
  TesseractApi api;
#define LOADLINE_TESSERACT_FIND(name)                                     \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, #name)); \
  if (api.name == nullptr) return not_installed(#name " is missing");
  LOADLINE_TESSERACT_FUNCTIONS(LOADLINE_TESSERACT_FIND)
#undef LOADLINE_TESSERACT_FIND
  return api;
}

Result<std::span<const char>> map_language_data() {
  static constexpr std::array<const char*, 3> places = {"/usr/share/tesseract-ocr/5/tessdata/eng.traineddata",
                                                        "/usr/share/tessdata/eng.traineddata",
                                                        "/usr/local/share/tessdata/eng.traineddata"};
  for (const char* const place : places) {
    const int file = ::open(place, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    struct stat facts {};
    void* bytes = MAP_FAILED;
    if (fstat(file, &facts) == 0 && facts.st_size > 0)
      bytes = mmap(nullptr, static_cast<std::size_t>(facts.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes != MAP_FAILED)
      return std::span(static_cast<const char*>(bytes), static_cast<std::size_t>(facts.st_size));
  }
  return not_installed("eng.traineddata is missing");
}

struct Loaded {
  TesseractApi api;
  TesseractLibrary library;
};

Result<Loaded> load() {
  Loaded loaded;
  LOADLINE_ASSIGN(loaded.library.language_data, map_language_data());
  LOADLINE_ASSIGN(loaded.api, find_functions());
  return loaded;
}

// A page drawn in grey.
struct Drawing {
  int width = 0, height = 0;
  float scale = 1;  // pixels per point
  std::vector<unsigned char> pixels;
};

// `turn` quarter turns counter-clockwise, so that text which lies `turn` clockwise stands upright.
Result<Drawing> draw(const PdfPage& page, int turn) {
  const PdfiumApi& api = page.api();
  const float width = api._GetPageWidthF(page.handle()), height = api._GetPageHeightF(page.handle());
  Drawing drawing;
  drawing.scale = std::min(ocr_dots_per_inch / points_per_inch,
                           std::sqrt(ocr_pixels_max / std::max(1.0F, width * height)));
  const auto pixels = [&](float points) { return std::max(1, static_cast<int>(points * drawing.scale)); };
  drawing.width = pixels(turn % 2 == 0 ? width : height);
  drawing.height = pixels(turn % 2 == 0 ? height : width);
  constexpr int side_pixels_max = 30'000;
  if (std::max(drawing.width, drawing.height) > side_pixels_max)
    return Error(Code::resource_exhausted, "The page is too long and narrow to be drawn for recognition.");
  drawing.pixels.assign(static_cast<std::size_t>(drawing.width) * static_cast<std::size_t>(drawing.height),
                        0xFF);
  FpdfBitmap* const bitmap = api.Bitmap_CreateEx(drawing.width, drawing.height, fpdf_bitmap_gray,
                                                 drawing.pixels.data(), drawing.width);
  if (bitmap == nullptr)
    return Error(Code::resource_exhausted, "There is too little memory to draw the page for recognition.");
  constexpr int full_turn = 4;
  api._RenderPageBitmap(bitmap, page.handle(), 0, 0, drawing.width, drawing.height,
                        (full_turn - turn) % full_turn, fpdf_render_annotations | fpdf_render_grayscale);
  api.Bitmap_Destroy(bitmap);
  return drawing;
}

bool is_blank(const Drawing& drawing) {
  return std::all_of(drawing.pixels.begin(), drawing.pixels.end(), [](unsigned char c) { return c == 0xFF; });
}

// A picture that cannot be decoded is left out of the drawing without a word.
bool has_broken_picture(const PdfPage& page) {
  const PdfiumApi& api = page.api();
  constexpr int pictures_looked_at = 64;
  const int count = std::min(api.Page_CountObjects(page.handle()), pictures_looked_at);
  for (int index = 0; index < count; ++index) {
    FpdfPageObject* const object = api.Page_GetObject(page.handle(), index);
    if (api.PageObj_GetType(object) != fpdf_object_image) continue;
    FpdfBitmap* const bitmap = api.ImageObj_GetBitmap(object);
    if (bitmap == nullptr) return true;
    api.Bitmap_Destroy(bitmap);
  }
  return false;
}

bool has_letter_or_digit(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (is_letter(c) || is_digit(c)) return true;
  }
  return false;
}

// What Tesseract found, with the mean confidence of the words.
struct Reading {
  Frame frame;
  float confidence = 0;

  bool reads_well() const { return confidence >= confidence_good && frame.words.size() >= words_few; }
  float weight() const { return confidence * static_cast<float>(frame.words.size()); }

  // Tesseract also reads lines that run up or down, sure of every word. Then the words stand, and their
  // places are of no use.
  bool lies_on_its_side() const {
    constexpr std::size_t long_word = 4;
    std::ptrdiff_t lying = 0;
    for (const Word& word : frame.words)
      if (word.text.size() >= long_word)
        lying += word.box.x1 - word.box.x0 > word.box.y1 - word.box.y0 ? 1 : -1;
    return lying < 0;
  }
};

class ResultReader {
 public:
  ResultReader(const TesseractApi& api, TessResultIterator* results, float scale)
      : api_(api), results_(results), place_(api.TessResultIteratorGetPageIterator(results)), scale_(scale) {}

  void read(Reading& reading) {
    float confidence = 0;
    do {
      Word word;
      float sure = 0;
      if (!read_word(word, sure)) continue;
      confidence += sure;
      reading.frame.words.push_back(std::move(word));
    } while (api_.TessResultIteratorNext(results_, RIL_WORD) != 0);
    if (reading.frame.words.empty()) return;
    reading.confidence = confidence / static_cast<float>(reading.frame.words.size());
    level_baselines(reading.frame);
  }

 private:
  bool read_word(Word& word, float& confidence) {
    char* const text = api_.TessResultIteratorGetUTF8Text(results_, RIL_WORD);
    if (text == nullptr) return false;
    word.text = to_valid_utf8(text);
    api_.TessDeleteText(text);
    std::erase_if(word.text, [](unsigned char c) { return c <= ' '; });
    confidence = api_.TessResultIteratorConfidence(results_, RIL_WORD);
    const float least = has_letter_or_digit(word.text) ? confidence_min : mark_confidence_min;
    return !word.text.empty() && confidence >= least && read_place(word);
  }

  bool read_place(Word& word) {
    int left = 0, top = 0, right = 0, bottom = 0;
    if (api_.TessPageIteratorBoundingBox(place_, RIL_WORD, &left, &top, &right, &bottom) == 0) return false;
    const auto points = [this](int pixels) { return static_cast<float>(pixels) / scale_; };
    word.box = {points(left), points(top), points(right), points(bottom)};
    word.baseline = word.box.y1;
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    if (api_.TessPageIteratorBaseline(place_, RIL_TEXTLINE, &x0, &y0, &x1, &y1) != 0 && x1 > x0) {
      const float slope = static_cast<float>(y1 - y0) / static_cast<float>(x1 - x0);
      const float middle = static_cast<float>(left + right) / 2;
      word.baseline = (static_cast<float>(y0) + slope * (middle - static_cast<float>(x0))) / scale_;
      slopes_ += slope * static_cast<float>(right - left);
      widths_ += static_cast<float>(right - left);
    }
    word.size = read_size(word.box.y1 - word.box.y0);
    return true;
  }

  float read_size(float box_height) {
    BOOL bold = 0, italic = 0, underlined = 0, monospace = 0, serif = 0, small_capitals = 0;
    int size = 0, font = 0;
    api_.TessResultIteratorWordFontAttributes(results_, &bold, &italic, &underlined, &monospace, &serif,
                                              &small_capitals, &size, &font);
    return size > 0 ? static_cast<float>(size) : std::max(1.0F, box_height);
  }

  // A page that was laid on the glass askew: baselines as if it were straight.
  void level_baselines(Frame& frame) const {
    if (widths_ <= 0) return;
    const float slope = slopes_ / widths_;
    for (Word& word : frame.words)
      word.baseline -= slope * ((word.box.x0 + word.box.x1) / 2 - frame.width / 2);
  }

  const TesseractApi& api_;
  TessResultIterator* const results_;
  TessPageIterator* const place_;
  const float scale_;
  float slopes_ = 0, widths_ = 0;
};

}  // namespace

Result<const TesseractLibrary*> load_tesseract() {
  static const Result<Loaded> loaded = load();
  if (!loaded) return loaded.error();
  static const TesseractLibrary library{&loaded->api, loaded->library.language_data};
  return &library;
}

struct Recogniser::State {
  const TesseractApi& api;
  TessBaseAPI* const engine;

  explicit State(const TesseractApi& functions) : api(functions), engine(functions.TessBaseAPICreate()) {}
  ~State() { api.TessBaseAPIDelete(engine); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<Reading> read(const PdfPage& page, int turn) const {
    LOADLINE_ASSIGN(const Drawing drawing, draw(page, turn));
    if (is_blank(drawing) && has_broken_picture(page))
      return Error(Code::data_loss, "The picture on the page is damaged or too large to be drawn.");
    api.TessBaseAPISetImage(engine, drawing.pixels.data(), drawing.width, drawing.height, 1, drawing.width);
    api.TessBaseAPISetSourceResolution(engine, static_cast<int>(drawing.scale * points_per_inch));
    Reading reading;
    reading.frame.turn = turn;
    reading.frame.width = static_cast<float>(drawing.width) / drawing.scale;
    reading.frame.height = static_cast<float>(drawing.height) / drawing.scale;
    if (api.TessBaseAPIRecognize(engine, nullptr) == 0) collect(drawing.scale, reading);
    api.TessBaseAPIClear(engine);
    return reading;
  }

 private:
  void collect(float scale, Reading& reading) const {
    TessResultIterator* const results = api.TessBaseAPIGetIterator(engine);
    if (results == nullptr) return;
    ResultReader(api, results, scale).read(reading);
    api.TessResultIteratorDelete(results);
  }
};

Recogniser::Recogniser(std::unique_ptr<State> state) : state_(std::move(state)) {}
Recogniser::~Recogniser() = default;

Result<std::unique_ptr<Recogniser>> Recogniser::open() {
  LOADLINE_ASSIGN(const TesseractLibrary* const library, load_tesseract());
  auto state = std::make_unique<State>(*library->api);
  const std::span<const char> data = library->language_data;
  if (state->api.TessBaseAPIInit5(state->engine, data.data(), static_cast<int>(data.size()), "eng",
                                  OEM_LSTM_ONLY, nullptr, 0, nullptr, nullptr, 0, 0) != 0)
    return not_installed("eng.traineddata cannot be used");
  state->api.TessBaseAPISetPageSegMode(state->engine, PSM_AUTO);
  return std::unique_ptr<Recogniser>(new Recogniser(std::move(state)));
}

Result<Frame> Recogniser::recognise(const PdfPage& page) {
  LOADLINE_ASSIGN(Reading best, state_->read(page, 0));
  const bool on_its_side = best.lies_on_its_side();
  if (best.frame.words.empty() || (best.reads_well() && !on_its_side)) return std::move(best.frame);
  if (on_its_side) best.confidence = 0;
  for (const int turn : {1, 3, 2}) {
    LOADLINE_ASSIGN(Reading other, state_->read(page, turn));
    if (other.lies_on_its_side()) continue;
    if (other.confidence > best.confidence && other.weight() > best.weight()) best = std::move(other);
    if (best.reads_well()) break;
  }
  return std::move(best.frame);
}

}  // namespace loadline::pdf
