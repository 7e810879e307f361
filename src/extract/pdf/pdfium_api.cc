#include "extract/pdf/pdfium_api.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

// The library's bytes, LOADLINE_PDFIUM_FILE at build time.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    "loadline_pdfium_begin:\n"
    ".incbin \"" LOADLINE_PDFIUM_FILE
    "\"\n"
    "loadline_pdfium_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" {
extern const char loadline_pdfium_begin[] __attribute__((visibility("hidden")));
extern const char loadline_pdfium_end[] __attribute__((visibility("hidden")));
}

namespace loadline::pdf {
namespace {

Error cannot_load(std::string why) {
  return Error(Code::unavailable, "The PDF library that this program carries does not load: " + why);
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(descriptor, bytes.data(), bytes.size());
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// The handle is never closed: PDFium cannot be unloaded and loaded again.
Result<void*> open_library() {
  const int memory = memfd_create("libpdfium.so", MFD_CLOEXEC);
  if (memory < 0) return cannot_load("no memory file can be made.");
  const std::string_view bytes(loadline_pdfium_begin,
                               static_cast<std::size_t>(loadline_pdfium_end - loadline_pdfium_begin));
  const bool written = write_all(memory, bytes);
  const std::string path = "/proc/self/fd/" + std::to_string(memory);
  void* const library = written ? dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  const char* const why = library != nullptr ? nullptr : written ? dlerror() : "not enough memory.";
  close(memory);
  if (library == nullptr) return cannot_load(why != nullptr ? why : "no reason was given.");
  return library;
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Result<PdfiumApi> load() {
  LOADLINE_ASSIGN(void* const library, open_library());
  PdfiumApi api;
#define LOADLINE_PDFIUM_FIND(type, name, parameters) \
  if (!find(library, "FPDF" #name, api.name)) return cannot_load("FPDF" #name " is missing in it.");
  LOADLINE_PDFIUM_FUNCTIONS(LOADLINE_PDFIUM_FIND)
#undef LOADLINE_PDFIUM_FIND
  // No system fonts: what is read must not depend on the machine, and the reader may open no files.
  const char* no_fonts[] = {nullptr};
  FpdfLibraryConfig config;
  config.user_font_paths = no_fonts;
  api._InitLibraryWithConfig(&config);
  return api;
}

}  // namespace

Result<const PdfiumApi*> load_pdfium() {
  static const Result<PdfiumApi> api = load();
  if (!api) return api.error();
  return &*api;
}

}  // namespace loadline::pdf
