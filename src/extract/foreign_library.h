#pragma once
// The large foreign libraries of the readers. A confined process cannot load code, and loading them costs
// more than reading a small document, so that a process is told which ones to load before it is confined. One
// that finds out too late says so and ends; the next one goes on with the library (extractor_process.h).
#include <cstdint>

namespace loadline {

enum class ForeignLibrary : std::uint8_t { pdfium = 0, tesseract = 1 };
inline constexpr std::uint8_t foreign_libraries = 2;

/// Which of them; a plain value.
class ForeignLibrarySet {
 public:
  void add(ForeignLibrary library) { bits_ = static_cast<std::uint8_t>(bits_ | bit(library)); }
  bool contains(ForeignLibrary library) const { return (bits_ & bit(library)) != 0; }

 private:
  static std::uint8_t bit(ForeignLibrary library) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(library));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace loadline
