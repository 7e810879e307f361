#pragma once
// The manifest: the one small file that says which segments an index consists of and which of their rows are
// deleted. It is replaced as a whole, so that readers and crashes see the state before or after a change.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

struct SegmentManifest {
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::uint32_t identity = 0;
    std::uint32_t rows = 0;
    std::vector<std::uint32_t> deleted;  // sorted rows
  };
  std::string kind;
  std::uint64_t generation = 0;  // grows with every publication
  std::uint64_t applied_change = 0;
  std::uint64_t next_segment = 1;
  std::vector<Entry> segments;
};

std::vector<std::byte> encode_manifest(const SegmentManifest& manifest);

/// data_loss if a byte is wrong; failed_precondition if it belongs to another `kind`.
Result<SegmentManifest> decode_manifest(std::span<const std::byte> bytes, std::string_view kind);

/// Differs between different manifests; cheap. 0 for what is too short to be one.
std::uint64_t manifest_identity(std::span<const std::byte> bytes);

}  // namespace loadline
