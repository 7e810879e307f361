#pragma once
// The IndexCatalogue of a data folder: <data>/indexes/<collection>/keyword and .../vector. Thread-safe.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/file_system.h"
#include "model/index_catalogue.h"

namespace loadline {

class IndexFolders final : public IndexCatalogue {
 public:
  /// `files` must outlive it.
  IndexFolders(FileSystem& files, std::string data_folder)
      : files_(files), data_folder_(std::move(data_folder)) {}

  Result<CollectionIndexes> open(CollectionId collection, std::size_t dimensions) override;

 private:
  struct Pair {
    std::unique_ptr<KeywordIndex> keyword;
    std::unique_ptr<VectorIndex> vector;
  };

  FileSystem& files_;
  const std::string data_folder_;
  std::mutex mutex_;
  std::map<std::uint64_t, Pair> open_;  // guarded by mutex_; entries are never removed
  std::vector<std::unique_ptr<VectorIndex>>
      retired_;  // guarded by mutex_; of former dimensions, may be in use
};

}  // namespace loadline
