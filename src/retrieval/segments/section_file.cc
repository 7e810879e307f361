#include "retrieval/segments/section_file.h"

#include <cstring>

#include "base/assert.h"
#include "base/hash.h"

namespace loadline {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t fixed_bytes = 24;  // magic, file size, section count, zero
constexpr std::size_t entry_bytes = 24;
constexpr std::size_t header_bytes =
    (fixed_bytes + SectionFileWriter::sections_max * entry_bytes + 4 + alignment - 1) / alignment * alignment;
constexpr std::size_t header_crc_at = header_bytes - 4;

template <class T>
void store(std::vector<std::byte>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

Error damaged(std::string_view name, std::string_view what) {
  return {Code::data_loss, "index file " + std::string(name) + " is damaged (" + std::string(what) +
                               "); the index has to be rebuilt"};
}

}  // namespace

SectionFileWriter::SectionFileWriter(std::string_view magic) : bytes_(header_bytes) {
  LOADLINE_ASSERT(magic.size() == 8);
  std::memcpy(bytes_.data(), magic.data(), 8);
}

void SectionFileWriter::expect(std::size_t content_bytes) {
  bytes_.reserve(header_bytes + content_bytes + sections_max * alignment);
}

void SectionFileWriter::end_section() {
  if (entries_.empty()) return;
  Entry& entry = entries_.back();
  entry.size = bytes_.size() - entry.offset;
  bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
  entry.crc = crc32c(bytes_.data() + entry.offset, bytes_.size() - entry.offset);
}

void SectionFileWriter::begin(std::uint32_t id) {
  LOADLINE_ASSERT(entries_.size() < sections_max);
  end_section();
  entries_.push_back({id, 0, bytes_.size(), 0});
}

void SectionFileWriter::append(const void* data, std::size_t size) {
  const auto* from = static_cast<const std::byte*>(data);
  bytes_.insert(bytes_.end(), from, from + size);
}

std::vector<std::byte> SectionFileWriter::finish() && {
  end_section();
  store(bytes_, 8, static_cast<std::uint64_t>(bytes_.size()));
  store(bytes_, 16, static_cast<std::uint32_t>(entries_.size()));
  std::size_t at = fixed_bytes;
  for (const Entry& entry : entries_) {
    store(bytes_, at, entry.id);
    store(bytes_, at + 4, entry.crc);
    store(bytes_, at + 8, entry.offset);
    store(bytes_, at + 16, entry.size);
    at += entry_bytes;
  }
  store(bytes_, header_crc_at, crc32c(bytes_.data(), header_crc_at));
  return std::move(bytes_);
}

Result<SectionFile> SectionFile::parse(std::span<const std::byte> bytes, std::string_view magic,
                                       std::string_view name) {
  if (bytes.size() < header_bytes) return damaged(name, "too short");
  if (std::memcmp(bytes.data(), magic.data(), 8) != 0) return damaged(name, "not of this kind or version");
  SectionFile file;
  file.identity_ = load<std::uint32_t>(bytes, header_crc_at);
  if (crc32c(bytes.data(), header_crc_at) != file.identity_) return damaged(name, "header checksum");
  const auto count = load<std::uint32_t>(bytes, 16);
  if (load<std::uint64_t>(bytes, 8) != bytes.size() || count > SectionFileWriter::sections_max) {
    return damaged(name, "length");
  }
  std::uint64_t expected = header_bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = fixed_bytes + i * entry_bytes;
    const auto offset = load<std::uint64_t>(bytes, at + 8);
    const auto size = load<std::uint64_t>(bytes, at + 16);
    const std::uint64_t end = i + 1 < count ? load<std::uint64_t>(bytes, at + entry_bytes + 8) : bytes.size();
    if (offset != expected || end > bytes.size() || end < offset || size > end - offset) {
      return damaged(name, "section table");
    }
    if (crc32c(bytes.data() + offset, end - offset) != load<std::uint32_t>(bytes, at + 4)) {
      return damaged(name, "checksum of section " + std::to_string(load<std::uint32_t>(bytes, at)));
    }
    file.sections_.push_back({load<std::uint32_t>(bytes, at), bytes.subspan(offset, size)});
    expected = end;
  }
  if (expected != bytes.size()) return damaged(name, "length");
  return file;
}

std::span<const std::byte> SectionFile::section(std::uint32_t id) const {
  for (const Section& section : sections_) {
    if (section.id == id) return section.bytes;
  }
  return {};
}

}  // namespace loadline
