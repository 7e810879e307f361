#include "extract/html/html_tree.h"

#include <algorithm>
#include <array>
#include <new>

#include "extract/html/html_reader.h"

namespace loadline {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

// Elements that end by themselves, so that leaving out their end tag nests nothing.
constexpr std::array<std::string_view, 30> self_ending{
    "area",  "base",   "br",    "col",   "embed",  "hr",       "img",      "input", "link", "meta",
    "param", "source", "track", "wbr",   "p",      "li",       "dt",       "dd",    "tr",   "td",
    "th",    "thead",  "tbody", "tfoot", "option", "optgroup", "colgroup", "html",  "head", "body"};

std::string_view tag_name(std::string_view rest, std::array<char, 16>& buffer) {
  std::size_t size = 0;
  while (size < rest.size() && size < buffer.size()) {
    char c = rest[size];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) break;
    buffer[size++] = c;
  }
  return {buffer.data(), size};
}

// An upper estimate of how deep elements nest, without a tree.
std::size_t estimated_nesting(std::string_view html) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  std::array<char, 16> buffer{};
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const bool ends = html.substr(at + 1).starts_with('/');
    const std::string_view name = tag_name(html.substr(at + (ends ? 2 : 1)), buffer);
    if (name.empty() || std::find(self_ending.begin(), self_ending.end(), name) != self_ending.end())
      continue;
    if (ends) {
      if (depth > 0) --depth;
    } else {
      const std::size_t end = html.find_first_of("<>", at + 1);
      if (end != std::string_view::npos && html[end] == '>' && html[end - 1] == '/') continue;
      deepest = std::max(deepest, ++depth);
    }
  }
  return deepest;
}

}  // namespace

// Throws through Gumbo's frames when memory is used up: Gumbo, given a null pointer, would write to it. Its
// objects need no clean-up, since all of them lie in the arena.
void* HtmlTree::allocate(void* self, std::size_t size) {
  HtmlTree& tree = *static_cast<HtmlTree*>(self);
  constexpr std::size_t alignment = alignof(std::max_align_t);
  size = std::max<std::size_t>((size + alignment - 1) / alignment * alignment, alignment);
  if (size > html_memory_bytes_max - tree.bytes_) throw std::bad_alloc();
  if (size > tree.chunk_left_) {
    const std::size_t wanted = std::max(size, chunk_bytes);
    tree.chunks_.emplace_back(new char[wanted]);
    tree.bytes_ += wanted;
    if (wanted > chunk_bytes) {
      // A block of its own; the one before stays in use.
      char* block = tree.chunks_.back().get();
      if (tree.chunks_.size() > 1 && tree.chunk_left_ > 0)
        std::swap(tree.chunks_.back(), tree.chunks_[tree.chunks_.size() - 2]);
      return block;
    }
    tree.chunk_left_ = wanted;
  }
  char* place = tree.chunks_.back().get() + (chunk_bytes - tree.chunk_left_);
  tree.chunk_left_ -= size;
  return place;
}

Result<std::unique_ptr<HtmlTree>> HtmlTree::parse(std::string_view html) {
  if (html.size() > html_bytes_max)
    return Error(Code::resource_exhausted, "The HTML page is larger than 32 MiB. Split it.");
  if (estimated_nesting(html) > html_nesting_max)
    return Error(Code::resource_exhausted, "The HTML page has more than 1,000 elements inside one another.");
  std::unique_ptr<HtmlTree> tree(new HtmlTree());
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = release;
  options.userdata = tree.get();
  options.max_errors = 0;
  options.tab_stop = 1;
  try {
    tree->output_ = gumbo_parse_with_options(&options, html.data(), html.size());
  } catch (const std::bad_alloc&) {
    return Error(Code::resource_exhausted, "The HTML page needs more than 768 MiB of memory.");
  }
  return tree;
}

}  // namespace loadline
