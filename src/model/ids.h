#pragma once
// Numbers that name stored things, one type each so that they cannot be mixed up. Zero names nothing.
#include <compare>
#include <cstdint>
#include <functional>

namespace loadline {

template <class Tag>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }
};

/// Unique in a data folder and never used again, also after deletion; later chunks have larger ids.
using ChunkId = Id<struct ChunkTag>;
/// A document of a collection, over all its versions.
using DocumentId = Id<struct DocumentTag>;
/// One version (one content) of a document.
using VersionId = Id<struct VersionTag>;
using CollectionId = Id<struct CollectionTag>;

}  // namespace loadline

template <class Tag>
struct std::hash<loadline::Id<Tag>> {
  std::size_t operator()(loadline::Id<Tag> id) const noexcept {
    return static_cast<std::size_t>(id.value * 0x9E3779B97F4A7C15ULL);
  }
};
