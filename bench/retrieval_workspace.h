#pragma once
// A data folder with everything around it (store, indexes, encoder, confined extractor), as the program wires
// it, for benchmarks of retrieval. Documents are ingested once; a second run finds them unchanged.
#include <memory>
#include <string>
#include <vector>

#include "apps/loadline/index_folders.h"
#include "base/clock.h"
#include "encoder/bert_encoder.h"
#include "extract/extractor_process.h"
#include "ingest/ingestor.h"
#include "retrieval/retriever.h"
#include "storage/posix_file_system.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"

namespace loadline {

struct WorkspaceOptions {
  std::string folder;     // made if it is not there
  std::string model;      // folder of the embedder's model
  std::string extractor;  // program; "": beside this one
};

class RetrievalWorkspace {
 public:
  static Result<std::unique_ptr<RetrievalWorkspace>> open(const WorkspaceOptions& options);

  /// Says on stderr what became of every document that is not done.
  Status ingest(const std::string& collection, const std::vector<std::string>& paths);
  CallContext context() const;
  SqliteStore& store() { return *store_; }
  const Embedder& embedder() const { return *embedder_; }
  IndexCatalogue& indexes() { return *indexes_; }

 private:
  RetrievalWorkspace() = default;

  SystemClock clock_;
  PosixFileSystem files_;
  PosixSourceFiles sources_;
  std::string extractor_path_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<BertEncoder> embedder_;
  std::unique_ptr<IndexFolders> indexes_;
};

/// LOADLINE_BENCH_DATA, or ../shared/data.
std::string bench_data_folder();
/// The model that the cache holds: LOADLINE_CACHE or ~/.cache/loadline.
std::string bench_model_folder();

}  // namespace loadline
