#pragma once
// Gumbo's parse tree in an arena: bounded memory, and freed at once without walking the tree (Gumbo frees
// recursively, which a deeply nested page turns into a stack overflow).
#include <gumbo.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

/// Not thread-safe. The bytes parsed must outlive it.
class HtmlTree {
 public:
  /// resource_exhausted over the bounds of html_reader.h.
  static Result<std::unique_ptr<HtmlTree>> parse(std::string_view html);
  HtmlTree(const HtmlTree&) = delete;
  const GumboNode* root() const { return output_->root; }

 private:
  HtmlTree() = default;
  static void* allocate(void* self, std::size_t size);
  static void release(void*, void*) {}

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  std::size_t bytes_ = 0;
  GumboOutput* output_ = nullptr;  // in the arena
};

}  // namespace loadline
