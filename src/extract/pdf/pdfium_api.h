#pragma once
// The part of PDFium's public C interface that the PDF reader calls, as a table of function pointers.
//
// PDFium's package has the library and no headers, so the declarations are here; names, parameters and
// constants are those of the FPDF interface. The library travels inside the program: `load_pdfium` writes it
// to a memory file and loads it from there, so a program that was copied alone still reads PDF, and nothing
// is opened by path. It must be called before the process is confined (a confined process cannot map code).
//
// PDFium is single-threaded and so is everything here. The table lives as long as the process.
#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace loadline::pdf {

struct FpdfDocument;
struct FpdfPage;
struct FpdfTextPage;
struct FpdfPageObject;
struct FpdfFont;
struct FpdfBitmap;

struct FpdfLibraryConfig {
  int version = 2;
  const char** user_font_paths = nullptr;  // ends with a null pointer
  void* isolate = nullptr;
  unsigned v8_embedder_slot = 0;
};

struct FpdfMatrix {
  float a = 1, b = 0, c = 0, d = 1, e = 0, f = 0;
};

struct FpdfRect {
  float left = 0, top = 0, right = 0, bottom = 0;
};

enum FpdfError : unsigned long { fpdf_error_password = 4, fpdf_error_security = 5 };
enum FpdfObjectType : int { fpdf_object_path = 2, fpdf_object_image = 3, fpdf_object_form = 5 };

inline constexpr int fpdf_bitmap_gray = 1;
inline constexpr int fpdf_render_annotations = 0x01;
inline constexpr int fpdf_render_grayscale = 0x08;

// type, name behind FPDF, parameters
#define LOADLINE_PDFIUM_FUNCTIONS(F)                                                                         \
  F(void, _InitLibraryWithConfig, (const FpdfLibraryConfig* config))                                         \
  F(FpdfDocument*, _LoadMemDocument64, (const void* bytes, std::size_t size, const char* password))          \
  F(void, _CloseDocument, (FpdfDocument * document))                                                         \
  F(unsigned long, _GetLastError, ())                                                                        \
  F(int, _GetPageCount, (FpdfDocument * document))                                                           \
  F(unsigned long, _GetMetaText,                                                                             \
    (FpdfDocument * document, const char* tag, void* utf16, unsigned long size))                             \
  F(FpdfPage*, _LoadPage, (FpdfDocument * document, int index))                                              \
  F(void, _ClosePage, (FpdfPage * page))                                                                     \
  F(float, _GetPageWidthF, (FpdfPage * page))                                                                \
  F(float, _GetPageHeightF, (FpdfPage * page))                                                               \
  F(int, _GetPageBoundingBox, (FpdfPage * page, FpdfRect * box))                                             \
  F(int, Page_GetRotation, (FpdfPage * page))                                                                \
  F(int, Page_CountObjects, (FpdfPage * page))                                                               \
  F(FpdfPageObject*, Page_GetObject, (FpdfPage * page, int index))                                           \
  F(int, PageObj_GetType, (FpdfPageObject * object))                                                         \
  F(FpdfBitmap*, ImageObj_GetBitmap, (FpdfPageObject * image))                                               \
  F(int, PageObj_GetBounds, (FpdfPageObject * object, float* left, float* bottom, float* right, float* top)) \
  F(FpdfTextPage*, Text_LoadPage, (FpdfPage * page))                                                         \
  F(void, Text_ClosePage, (FpdfTextPage * text))                                                             \
  F(int, Text_CountChars, (FpdfTextPage * text))                                                             \
  F(unsigned, Text_GetUnicode, (FpdfTextPage * text, int index))                                             \
  F(int, Text_IsGenerated, (FpdfTextPage * text, int index))                                                 \
  F(int, Text_IsHyphen, (FpdfTextPage * text, int index))                                                    \
  F(int, Text_HasUnicodeMapError, (FpdfTextPage * text, int index))                                          \
  F(FpdfPageObject*, Text_GetTextObject, (FpdfTextPage * text, int index))                                   \
  F(double, Text_GetFontSize, (FpdfTextPage * text, int index))                                              \
  F(int, Text_GetMatrix, (FpdfTextPage * text, int index, FpdfMatrix* matrix))                               \
  F(int, Text_GetCharBox,                                                                                    \
    (FpdfTextPage * text, int index, double* left, double* right, double* bottom, double* top))              \
  F(int, Text_GetCharOrigin, (FpdfTextPage * text, int index, double* x, double* y))                         \
  F(FpdfFont*, TextObj_GetFont, (FpdfPageObject * object))                                                   \
  F(std::size_t, Font_GetBaseFontName, (FpdfFont * font, char* name, std::size_t size))                      \
  F(int, Font_GetFlags, (FpdfFont * font))                                                                   \
  F(int, Font_GetWeight, (FpdfFont * font))                                                                  \
  F(FpdfBitmap*, Bitmap_CreateEx, (int width, int height, int format, void* pixels, int stride))             \
  F(int, Bitmap_FillRect,                                                                                    \
    (FpdfBitmap * bitmap, int left, int top, int width, int height, unsigned long color))                    \
  F(void, Bitmap_Destroy, (FpdfBitmap * bitmap))                                                             \
  F(void, _RenderPageBitmap,                                                                                 \
    (FpdfBitmap * bitmap, FpdfPage * page, int left, int top, int width, int height, int rotate, int flags))

/// The functions without their prefix: `api.Text_CountChars(text)` calls FPDFText_CountChars.
struct PdfiumApi {
#define LOADLINE_PDFIUM_MEMBER(type, name, parameters) type(*name) parameters = nullptr;
  LOADLINE_PDFIUM_FUNCTIONS(LOADLINE_PDFIUM_MEMBER)
#undef LOADLINE_PDFIUM_MEMBER
};

/// Loads the library on the first call and gives the same table, or the same error, on every later one.
/// unavailable: the library does not load here; the message says why.
Result<const PdfiumApi*> load_pdfium();

}  // namespace loadline::pdf
