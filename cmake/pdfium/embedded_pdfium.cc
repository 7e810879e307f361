// libpdfium.so as part of the program that links it, so that a program copied alone still reads PDF.
//
// PDFium comes as a shared library only. Its bytes are included here; before main() they are put into an
// anonymous file in memory, loaded from there, and each exported function is bound to a symbol of the same
// name, which callers link against as if it were a static library. It happens before main() because the
// extractor gives up opening files as its first act. Costs about 4 ms at start and 8 MB of memory.
//
// LOADLINE_PDFIUM_SO is the path at build time; pdfium_functions.inc lists LOADLINE_PDFIUM(name) for each
// exported function (written by deps.cmake from the library's own symbol table).
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#if !defined(__x86_64__)
#error "the jumps below are written for x86-64"
#endif

asm(".section .rodata\n"
    ".balign 64\n"
    "loadline_pdfium_begin:\n"
    ".incbin \"" LOADLINE_PDFIUM_SO "\"\n"
    "loadline_pdfium_end:\n"
    ".previous\n");

extern "C" {
extern const unsigned char loadline_pdfium_begin[] __attribute__((visibility("hidden")));
extern const unsigned char loadline_pdfium_end[] __attribute__((visibility("hidden")));

// Where every function points until the library is loaded, and for good if it could not be.
[[noreturn]] static void loadline_pdfium_missing() {
  std::fputs("PDFium could not be loaded from memory: is /proc mounted, and memory left?\n", stderr);
  std::_Exit(70);
}

#define LOADLINE_PDFIUM(name) \
  __attribute__((visibility("hidden"), used)) void* loadline_to_##name = reinterpret_cast<void*>(&loadline_pdfium_missing);
#include "pdfium_functions.inc"
#undef LOADLINE_PDFIUM
}

#define LOADLINE_PDFIUM(name)                       \
  asm(".text\n.globl " #name "\n.type " #name       \
      ", @function\n" #name ": jmp *loadline_to_" #name "(%rip)\n.size " #name ", .-" #name "\n");
#include "pdfium_functions.inc"
#undef LOADLINE_PDFIUM

namespace {

void* load_from_memory() {
  const int file = memfd_create("libpdfium.so", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  const unsigned char* next = loadline_pdfium_begin;
  while (next < loadline_pdfium_end) {
    const ssize_t written = write(file, next, static_cast<std::size_t>(loadline_pdfium_end - next));
    if (written <= 0) break;
    next += written;
  }
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  void* library = next == loadline_pdfium_end ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  close(file);
  return library;
}

__attribute__((constructor)) void bind_pdfium() {
  void* library = load_from_memory();
  if (library == nullptr) return;
#define LOADLINE_PDFIUM(name) \
  if (void* found = dlsym(library, #name)) loadline_to_##name = found;
#include "pdfium_functions.inc"
#undef LOADLINE_PDFIUM
}

}  // namespace
