#include "llama/prefix_cache.h"

#include <algorithm>

#include "base/assert.h"

namespace loadline::llama {
namespace {

constexpr SequenceId kNone = -1;
constexpr double kAttentionTokens = 8192;  // at this position a token costs twice a first one [estimate]

std::size_t common_length(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

}  // namespace

struct PrefixCache::Node {
  Node* parent = nullptr;
  std::vector<std::int32_t> edge;  // tokens from the parent to here
  std::size_t end = 0;             // tokens from the root to here
  SequenceId sequence = kNone;     // leaves only
  std::size_t pins = 0;
  std::size_t hits = 1;
  double priority = 0;
  std::vector<std::unique_ptr<Node>> children;  // their edges begin with different tokens

  bool is_root() const { return parent == nullptr; }
  std::size_t begin() const { return end - edge.size(); }
  Node* child(std::int32_t first) const {
    for (const auto& c : children) {
      if (c->edge.front() == first) return c.get();
    }
    return nullptr;
  }
  /// A sequence that sees the whole path to here.
  SequenceId sequence_through() const {
    const Node* node = this;
    while (!node->children.empty()) node = node->children.front().get();
    return node->sequence;
  }
};

PrefixCache::PrefixCache(SequenceMemory& memory, SequenceId first, std::size_t count)
    : memory_(memory), sequence_count_(count) {
  for (std::size_t i = count; i-- > 0;) free_.push_back(first + static_cast<SequenceId>(i));
}

PrefixCache::~PrefixCache() = default;

PrefixCache::Node& PrefixCache::root_of(std::string_view scope) {
  const auto found = roots_.find(scope);
  if (found != roots_.end()) return *found->second;
  return *roots_.emplace(std::string(scope), std::make_unique<Node>()).first->second;
}

PrefixCache::Place PrefixCache::find(Node& root, std::span<const std::int32_t> tokens) const {
  Place place{&root, 0};
  while (place.matched < tokens.size()) {
    Node* next = place.node->child(tokens[place.matched]);
    if (next == nullptr) break;
    const std::size_t common = common_length(next->edge, tokens.subspan(place.matched));
    place = {next, place.matched + common};
    if (common < next->edge.size()) break;
  }
  return place;
}

std::size_t PrefixCache::match(std::string_view scope, std::span<const std::int32_t> tokens) const {
  const auto root = roots_.find(scope);
  return root == roots_.end() ? 0 : find(*root->second, tokens).matched;
}

/// Puts a node between `node` and its parent, `at` tokens from the root; `node` keeps children and sequence.
PrefixCache::Node* PrefixCache::split(Node* node, std::size_t at) {
  const std::size_t keep = at - node->begin();
  LOADLINE_ASSERT(keep > 0 && keep < node->edge.size());
  const auto cut = node->edge.begin() + static_cast<std::ptrdiff_t>(keep);
  auto upper = std::make_unique<Node>();
  upper->parent = node->parent;
  upper->edge.assign(node->edge.begin(), cut);
  upper->end = at;
  upper->hits = node->hits;
  upper->priority = node->priority;
  Node* result = upper.get();
  auto& siblings = node->parent->children;
  const auto place =
      std::find_if(siblings.begin(), siblings.end(), [&](const auto& c) { return c.get() == node; });
  std::swap(*place, upper);  // `upper` owns `node` now
  node->edge.erase(node->edge.begin(), cut);
  node->parent = result;
  result->children.push_back(std::move(upper));
  return result;
}

/// The node that ends exactly at the place.
PrefixCache::Node* PrefixCache::node_at(const Place& place) {
  return place.matched == place.node->end ? place.node : split(place.node, place.matched);
}

void PrefixCache::touch(Node* node) const {
  for (; !node->is_root(); node = node->parent) {
    ++node->hits;
    const double cost = 1.0 + static_cast<double>(node->end) / kAttentionTokens;
    node->priority = clock_ + static_cast<double>(node->hits) * cost;
  }
}

PrefixCache::Lease PrefixCache::acquire(std::string_view scope, std::span<const std::int32_t> tokens,
                                        SequenceId sequence) {
  Lease lease;
  lease.node_ = node_at(find(root_of(scope), tokens));
  lease.length_ = lease.node_->end;
  ++lease.node_->pins;
  if (lease.length_ > 0) {
    touch(lease.node_);
    memory_.share(lease.node_->sequence_through(), sequence, 0, lease.length_);
  }
  return lease;
}

void PrefixCache::remember(std::string_view scope, std::span<const std::int32_t> tokens, SequenceId sequence,
                           Lease& lease) {
  const Place found = find(root_of(scope), tokens);
  Node* node = found.node;
  if (found.matched < tokens.size()) {
    ++found.node->pins;  // taking a sequence may evict
    const std::optional<SequenceId> fresh = take_sequence();
    --found.node->pins;
    if (!fresh) return;
    Node* base = node_at(found);
    if (base->end > 0) memory_.share(base->sequence_through(), *fresh, 0, base->end);
    memory_.share(sequence, *fresh, base->end, tokens.size());
    if (base->children.empty() && !base->is_root()) {  // a leaf grows a child, which sees all of it
      memory_.cut(base->sequence, 0, to_the_end);
      free_.push_back(base->sequence);
      base->sequence = kNone;
    }
    auto leaf = std::make_unique<Node>();
    leaf->parent = base;
    leaf->edge.assign(tokens.begin() + static_cast<std::ptrdiff_t>(base->end), tokens.end());
    leaf->end = tokens.size();
    leaf->sequence = *fresh;
    cells_ += leaf->edge.size();
    node = leaf.get();
    base->children.push_back(std::move(leaf));
  } else {
    node = node_at(found);
  }
  touch(node);
  ++node->pins;
  if (found.matched > lease.length_) {  // computed twice: by this one and by another that was faster
    memory_.cut(sequence, lease.length_, found.matched);
    memory_.share(node->sequence_through(), sequence, lease.length_, found.matched);
  }
  release(lease);
  lease.node_ = node;
  lease.length_ = node->end;
}

void PrefixCache::release(Lease& lease) {
  if (lease.node_ == nullptr) return;
  Node* node = lease.node_;
  LOADLINE_ASSERT(node->pins > 0);
  --node->pins;
  lease = Lease();
  if (node->is_root() && node->pins == 0 && node->children.empty()) remove_root(node);
}

void PrefixCache::remove_root(const Node* root) {
  std::erase_if(roots_, [&](const auto& entry) { return entry.second.get() == root; });
}

std::optional<SequenceId> PrefixCache::take_sequence() {
  while (free_.empty()) {
    Node* leaf = worst_leaf();
    if (leaf == nullptr) return std::nullopt;
    remove_leaf(leaf);
  }
  const SequenceId sequence = free_.back();
  free_.pop_back();
  return sequence;
}

PrefixCache::Node* PrefixCache::worst_leaf(Node& root) const {
  Node* worst = nullptr;
  std::vector<Node*> open{&root};
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    for (const auto& c : node->children) open.push_back(c.get());
    if (node->is_root() || !node->children.empty() || node->pins > 0) continue;
    if (worst == nullptr || node->priority < worst->priority) worst = node;
  }
  return worst;
}

PrefixCache::Node* PrefixCache::worst_leaf() const {
  Node* worst = nullptr;
  for (const auto& [scope, root] : roots_) {
    Node* leaf = worst_leaf(*root);
    if (leaf != nullptr && (worst == nullptr || leaf->priority < worst->priority)) worst = leaf;
  }
  return worst;
}

/// Returns the cells that only this leaf held.
std::size_t PrefixCache::remove_leaf(Node* leaf) {
  clock_ = std::max(clock_, leaf->priority);
  Node* parent = leaf->parent;
  const std::size_t freed = leaf->edge.size();
  if (parent->children.size() == 1 && !parent->is_root()) {
    memory_.cut(leaf->sequence, parent->end, to_the_end);
    parent->sequence = leaf->sequence;
  } else {
    memory_.cut(leaf->sequence, 0, to_the_end);
    free_.push_back(leaf->sequence);
  }
  std::erase_if(parent->children, [&](const auto& c) { return c.get() == leaf; });
  cells_ -= freed;
  if (parent->is_root() && parent->children.empty() && parent->pins == 0) remove_root(parent);
  return freed;
}

std::size_t PrefixCache::evict(std::size_t cells) {
  std::size_t freed = 0;
  while (freed < cells) {
    Node* leaf = worst_leaf();
    if (leaf == nullptr) break;
    freed += remove_leaf(leaf);
  }
  return freed;
}

std::size_t PrefixCache::evictable_below(const Node& node, bool& pinned) {
  std::size_t sum = 0;
  pinned = node.pins > 0;
  for (const auto& c : node.children) {
    bool below = false;
    sum += evictable_below(*c, below);
    pinned = pinned || below;
  }
  return pinned || node.is_root() ? sum : sum + node.edge.size();
}

std::size_t PrefixCache::evictable() const {
  std::size_t sum = 0;
  for (const auto& [scope, root] : roots_) {
    bool pinned = false;
    sum += evictable_below(*root, pinned);
  }
  return sum;
}

}  // namespace loadline::llama
