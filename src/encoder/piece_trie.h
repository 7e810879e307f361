#pragma once
// A byte trie of word pieces that answers "the longest piece that starts here".
//
// Two roots: pieces that begin a word and pieces that go on ("##"). Edges live in one open-addressed table
// keyed by (node, byte): 8 bytes an edge at half load, one probe a byte. Built once, then immutable and
// thread-safe.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace loadline {

class PieceTrie {
 public:
  static constexpr std::size_t nodes_max = 1u << 24;
  enum class Root : std::uint32_t { word_start = 0, continuation = 1 };

  struct Match {
    std::int32_t id = -1;    // -1: none
    std::size_t length = 0;  // bytes
  };

  PieceTrie();
  /// A later piece of the same text replaces the earlier one. False if the trie is full. `piece` is not
  /// empty.
  bool add(Root root, std::string_view piece, std::int32_t id);
  Match longest(Root root, std::string_view text) const;

 private:
  struct Edge {
    std::uint32_t key = 0;  // (node << 8 | byte) + 1; 0: free
    std::uint32_t child = 0;
  };

  std::size_t slot_of(std::uint32_t key) const;
  std::uint32_t child_or_new(std::uint32_t node, unsigned char byte);
  void grow();

  std::vector<Edge> edges_;       // size is a power of two
  std::vector<std::int32_t> id_;  // by node; -1: no piece ends here
  int shift_ = 0;
};

}  // namespace loadline
