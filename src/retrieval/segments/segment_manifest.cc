#include "retrieval/segments/segment_manifest.h"

#include <cstring>

#include "base/hash.h"
#include "retrieval/segments/varint.h"

namespace loadline {
namespace {

constexpr std::string_view magic = "LLSEGS01";
constexpr std::size_t generation_at = 8;
constexpr std::size_t body_at = 16;
constexpr std::size_t crc_bytes = 4;

Error damaged() { return {Code::data_loss, "the index manifest is damaged; the index has to be rebuilt"}; }

std::uint32_t trailing_crc(std::span<const std::byte> bytes) {
  std::uint32_t crc;
  std::memcpy(&crc, bytes.data() + bytes.size() - crc_bytes, crc_bytes);
  return crc;
}

void append_deleted(std::vector<std::byte>& out, const std::vector<std::uint32_t>& deleted) {
  append_varint(out, deleted.size());
  std::uint32_t next = 0;
  for (const std::uint32_t row : deleted) {
    append_varint(out, row - next);
    next = row + 1;
  }
}

bool read_deleted(const std::byte*& at, const std::byte* end, SegmentManifest::Entry& entry) {
  const std::uint64_t count = read_varint(at, end);
  if (count > entry.rows) return false;
  entry.deleted.reserve(count);
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t row = next + read_varint(at, end);
    if (row >= entry.rows) return false;
    entry.deleted.push_back(static_cast<std::uint32_t>(row));
    next = row + 1;
  }
  return true;
}

}  // namespace

std::vector<std::byte> encode_manifest(const SegmentManifest& manifest) {
  std::vector<std::byte> out(body_at);
  std::memcpy(out.data(), magic.data(), magic.size());
  std::memcpy(out.data() + generation_at, &manifest.generation, sizeof manifest.generation);
  append_varint(out, manifest.kind.size());
  for (const char c : manifest.kind) out.push_back(static_cast<std::byte>(c));
  append_varint(out, manifest.applied_change);
  append_varint(out, manifest.next_segment);
  append_varint(out, manifest.segments.size());
  for (const auto& entry : manifest.segments) {
    append_varint(out, entry.number);
    append_varint(out, entry.bytes);
    append_varint(out, entry.identity);
    append_varint(out, entry.rows);
    append_deleted(out, entry.deleted);
  }
  const std::uint32_t crc = crc32c(out.data(), out.size());
  out.resize(out.size() + crc_bytes);
  std::memcpy(out.data() + out.size() - crc_bytes, &crc, crc_bytes);
  return out;
}

Result<SegmentManifest> decode_manifest(std::span<const std::byte> bytes, std::string_view kind) {
  if (bytes.size() < body_at + crc_bytes) return damaged();
  const std::size_t size = bytes.size() - crc_bytes;
  if (std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) return damaged();
  if (crc32c(bytes.data(), size) != trailing_crc(bytes)) return damaged();
  SegmentManifest manifest;
  std::memcpy(&manifest.generation, bytes.data() + generation_at, sizeof manifest.generation);
  const std::byte* at = bytes.data() + body_at;
  const std::byte* const end = bytes.data() + size;
  const std::uint64_t kind_size = read_varint(at, end);
  if (kind_size > static_cast<std::uint64_t>(end - at)) return damaged();
  manifest.kind.assign(reinterpret_cast<const char*>(at), kind_size);
  at += kind_size;
  if (manifest.kind != kind) {
    return Error(Code::failed_precondition, "the index is of kind " + manifest.kind + ", needed is " +
                                                std::string(kind) + "; it has to be rebuilt");
  }
  manifest.applied_change = read_varint(at, end);
  manifest.next_segment = read_varint(at, end);
  const std::uint64_t count = read_varint(at, end);
  for (std::uint64_t i = 0; i < count && at != end; ++i) {
    auto& entry = manifest.segments.emplace_back();
    entry.number = read_varint(at, end);
    entry.bytes = read_varint(at, end);
    entry.identity = static_cast<std::uint32_t>(read_varint(at, end));
    entry.rows = static_cast<std::uint32_t>(read_varint(at, end));
    if (!read_deleted(at, end, entry)) return damaged();
  }
  if (manifest.segments.size() != count || at != end) return damaged();
  return manifest;
}

std::uint64_t manifest_identity(std::span<const std::byte> bytes) {
  if (bytes.size() < body_at + crc_bytes) return 0;
  std::uint64_t generation;
  std::memcpy(&generation, bytes.data() + generation_at, sizeof generation);
  return (generation << 32) ^ trailing_crc(bytes);
}

}  // namespace loadline
