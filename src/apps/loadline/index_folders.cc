#include "apps/loadline/index_folders.h"

#include "retrieval/keyword/keyword_index.h"
#include "retrieval/vector/vector_index.h"

namespace loadline {
namespace {

// A damaged index, or one made for something else, is thrown away: it is rebuilt from the store.
template <class Open>
auto open_or_discard(FileSystem& files, const std::string& folder, const Open& open) -> decltype(open()) {
  auto index = open();
  if (index || (index.error().code() != Code::data_loss && index.error().code() != Code::failed_precondition))
    return index;
  LOADLINE_TRY(discard_index(files, folder));
  return open();
}

}  // namespace

Result<CollectionIndexes> IndexFolders::open(CollectionId collection, std::size_t dimensions) {
  std::lock_guard lock(mutex_);
  Pair& pair = open_[collection.value];
  const std::string folder = data_folder_ + "/indexes/" + std::to_string(collection.value);
  if (!pair.keyword) {
    const std::string keyword = folder + "/keyword";
    LOADLINE_TRY(files_.create_folder(keyword));
    LOADLINE_ASSIGN(pair.keyword,
                    open_or_discard(files_, keyword, [&] { return open_keyword_index(files_, keyword); }));
  }
  if (!pair.vector || pair.vector->dimensions() != dimensions) {
    if (pair.vector) retired_.push_back(std::move(pair.vector));
    const std::string vector = folder + "/vector";
    LOADLINE_TRY(files_.create_folder(vector));
    LOADLINE_ASSIGN(pair.vector, open_or_discard(files_, vector, [&] {
                      return open_vector_index(files_, vector, dimensions);
                    }));
  }
  return CollectionIndexes{pair.keyword.get(), pair.vector.get()};
}

}  // namespace loadline
