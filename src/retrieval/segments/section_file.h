#pragma once
// The container of every index file: a header, then numbered sections, each with a CRC-32C. It is made in
// memory, written once, read in place from a mapping.
//
//   magic (8 bytes) | file size u64 | section count u32 | 0 u32
//   | count x { id u32, crc u32, offset u64, size u64 } | crc of all this u32
//   sections, each at a multiple of 64 bytes; a section's crc covers the zeros up to the next one too,
//   so that there is no byte in the file whose damage goes unnoticed
//
// Numbers are little-endian. A SectionFile points into the bytes it was parsed from.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

static_assert(std::endian::native == std::endian::little, "index files are little-endian");

class SectionFileWriter {
 public:
  /// `magic` has 8 bytes. At most `sections_max` sections.
  explicit SectionFileWriter(std::string_view magic);
  /// Avoids copies while it grows: about how many bytes of content will come.
  void expect(std::size_t content_bytes);
  /// Ends the section before and starts one; what is appended belongs to it.
  void begin(std::uint32_t id);
  void append(const void* data, std::size_t size);
  template <class T>
  void append(std::span<const T> values) {
    append(values.data(), values.size_bytes());
  }
  template <class T>
  void add(std::uint32_t id, const std::vector<T>& values) {
    begin(id);
    append(std::span<const T>(values));
  }
  std::vector<std::byte> finish() &&;

  static constexpr std::size_t sections_max = 12;

 private:
  struct Entry {
    std::uint32_t id = 0, crc = 0;
    std::uint64_t offset = 0, size = 0;
  };
  void end_section();

  std::vector<std::byte> bytes_;
  std::vector<Entry> entries_;
};

class SectionFile {
 public:
  /// Checks every byte. data_loss if anything is wrong; `name` says in the message which file it was.
  static Result<SectionFile> parse(std::span<const std::byte> bytes, std::string_view magic,
                                   std::string_view name);
  /// Empty if the file has no such section.
  std::span<const std::byte> section(std::uint32_t id) const;
  /// The section as an array. Trailing bytes that make no whole element are left out.
  template <class T>
  std::span<const T> array(std::uint32_t id) const {
    const auto bytes = section(id);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// Differs between files of different content: the checksum over all checksums.
  std::uint32_t identity() const { return identity_; }

 private:
  struct Section {
    std::uint32_t id = 0;
    std::span<const std::byte> bytes;
  };
  std::vector<Section> sections_;
  std::uint32_t identity_ = 0;
};

}  // namespace loadline
