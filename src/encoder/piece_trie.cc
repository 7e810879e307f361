#include "encoder/piece_trie.h"

#include <utility>

namespace loadline {

PieceTrie::PieceTrie() : edges_(1u << 10), id_{-1, -1}, shift_(32 - 10) {}

std::size_t PieceTrie::slot_of(std::uint32_t key) const {
  const std::size_t mask = edges_.size() - 1;
  std::size_t slot = (key * 0x9E3779B1u) >> shift_;
  while (edges_[slot].key != 0 && edges_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

void PieceTrie::grow() {
  std::vector<Edge> old(edges_.size() * 2);
  std::swap(old, edges_);
  --shift_;
  for (const Edge& edge : old) {
    if (edge.key != 0) edges_[slot_of(edge.key)] = edge;
  }
}

std::uint32_t PieceTrie::child_or_new(std::uint32_t node, unsigned char byte) {
  const std::uint32_t key = (node << 8 | byte) + 1;
  std::size_t slot = slot_of(key);
  if (edges_[slot].key == key) return edges_[slot].child;
  if (2 * id_.size() >= edges_.size()) {
    grow();
    slot = slot_of(key);
  }
  edges_[slot] = {key, static_cast<std::uint32_t>(id_.size())};
  id_.push_back(-1);
  return edges_[slot].child;
}

bool PieceTrie::add(Root root, std::string_view piece, std::int32_t id) {
  if (id_.size() + piece.size() >= nodes_max) return false;
  auto node = static_cast<std::uint32_t>(root);
  for (char c : piece) node = child_or_new(node, static_cast<unsigned char>(c));
  id_[node] = id;
  return true;
}

PieceTrie::Match PieceTrie::longest(Root root, std::string_view text) const {
  Match best;
  auto node = static_cast<std::uint32_t>(root);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t key = (node << 8 | static_cast<unsigned char>(text[i])) + 1;
    const Edge& edge = edges_[slot_of(key)];
    if (edge.key != key) break;
    node = edge.child;
    if (id_[node] >= 0) best = {id_[node], i + 1};
  }
  return best;
}

}  // namespace loadline
