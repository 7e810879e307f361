#pragma once
// Which computed prefixes are in the model's memory: a radix tree over tokens, one per scope (tenant).
//
// The memory is one pool of cells; a cell holds the keys and values of one token and a set of sequence
// numbers that see it, so giving a prefix to another sequence costs no copy. A leaf of the tree owns a
// sequence that sees the cells of its whole path; inner nodes own none. A running request holds a `Lease` on
// the node that its own cells stand on, so that the path below cannot be evicted while it runs.
//
// Eviction takes leaves only, the one with the lowest priority first (greedy-dual with frequency: priority =
// clock + hits times cost of a token; the clock rises to the priority of what was evicted last, so old
// favourites age). The cost of a token grows with its position, as attention does. A node whose last child
// goes becomes a leaf with the child's sequence, cut: so answers and questions go before the passages they
// share.
//
// No llama.cpp types here: the memory is a port with two operations. One thread.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::llama {

using SequenceId = std::int32_t;

/// The cells of the model's memory, by sequence.
inline constexpr std::size_t to_the_end = static_cast<std::size_t>(-1);

class SequenceMemory {
 public:
  virtual ~SequenceMemory() = default;
  /// `to` sees the cells of `from` at positions [begin, end) as well.
  virtual void share(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) = 0;
  /// `sequence` sees no cell at positions [begin, end) any more. Cells that nobody sees are free.
  virtual void cut(SequenceId sequence, std::size_t begin, std::size_t end) = 0;
};

class PrefixCache {
 private:
  struct Node;

 public:
  /// Sequences [first, first + count) belong to the cache. `memory` must outlive it.
  PrefixCache(SequenceMemory& memory, SequenceId first, std::size_t count);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  /// A pinned place in the tree: `length` tokens from the root. Give it back with `release`.
  class Lease {
   public:
    std::size_t length() const { return length_; }

   private:
    friend class PrefixCache;
    Node* node_ = nullptr;
    std::size_t length_ = 0;
  };

  /// How many tokens at the beginning of `tokens` are in the cache. Changes nothing.
  std::size_t match(std::string_view scope, std::span<const std::int32_t> tokens) const;
  /// Lets `sequence` (which sees nothing yet) see the longest cached prefix of `tokens` and pins it.
  Lease acquire(std::string_view scope, std::span<const std::int32_t> tokens, SequenceId sequence);
  /// Remembers `tokens`, all of which `sequence` sees; `lease` is the sequence's own and moves to the new
  /// node. The cells then count as the cache's; where the cache had the same tokens already, the sequence
  /// changes over to those and its own are freed. May evict to get a sequence number; without one nothing is
  /// remembered, and the lease stays where it was.
  void remember(std::string_view scope, std::span<const std::int32_t> tokens, SequenceId sequence,
                Lease& lease);
  void release(Lease& lease);

  /// Evicts until `cells` are freed or nothing evictable is left; returns how many were.
  std::size_t evict(std::size_t cells);
  /// Cells that the tree holds, and of these, those that `evict` could free now.
  std::size_t cells() const { return cells_; }
  std::size_t evictable() const;
  std::size_t sequences_in_use() const { return sequence_count_ - free_.size(); }

 private:
  struct Place {
    Node* node = nullptr;     // the last node that matches in part or whole
    std::size_t matched = 0;  // tokens from the root
  };
  Place find(Node& root, std::span<const std::int32_t> tokens) const;
  Node& root_of(std::string_view scope);
  Node* split(Node* node, std::size_t at);
  Node* node_at(const Place& place);
  std::optional<SequenceId> take_sequence();
  Node* worst_leaf(Node& root) const;
  Node* worst_leaf() const;
  std::size_t remove_leaf(Node* leaf);
  void remove_root(const Node* root);
  static std::size_t evictable_below(const Node& node, bool& pinned);
  void touch(Node* node) const;

  SequenceMemory& memory_;
  const std::size_t sequence_count_;
  std::vector<SequenceId> free_;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> roots_;  // by scope
  std::size_t cells_ = 0;
  double clock_ = 0;
};

}  // namespace loadline::llama
