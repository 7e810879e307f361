#pragma once
// The inside of SqliteStore, shared by its source files: who may use which connection, and the row readers.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/data_lock.h"
#include "storage/sqlite.h"
#include "storage/sqlite_store.h"

namespace loadline {

class SqliteStore::Impl {
 public:
  /// `synced`: on disk when it returns, and everything before it.
  enum class Durability : std::uint8_t { ordered, synced };

  Impl(std::string folder, const Clock& system_clock, SqliteStoreOptions options)
      : clock(system_clock), folder_(std::move(folder)), options_(options), lock_(folder_) {}

  Status open();

  /// Runs `body(connection)` on one snapshot; it returns a Result.
  template <class Body>
  auto read(Body&& body) -> decltype(body(std::declval<SqlConnection&>())) {
    auto reader = borrow();
    if (!reader) return std::move(reader).error();
    const Returned back(*this, *reader);
    Transaction transaction(**reader, Transaction::Kind::read);
    if (!transaction.begun()) return transaction.begun().error();
    return body(**reader);
  }

  /// Runs `body(connection)` as one transaction; an error undoes it.
  template <class Body>
  auto write(Durability durability, Body&& body) -> decltype(body(std::declval<SqlConnection&>())) {
    if (!lock_.held())
      return Error(Code::failed_precondition, "document store: written without its writer lock");
    std::lock_guard guard(writer_mutex_);
    if (Status set = set_durability(durability); !set) return set.error();
    Transaction transaction(*writer_, Transaction::Kind::write);
    if (!transaction.begun()) return transaction.begun().error();
    auto result = body(*writer_);
    if (result.ok())
      if (Status committed = transaction.commit(); !committed) return committed.error();
    return result;
  }

  /// Moves the write-ahead log into the file and cuts it to nothing. False: readers were in the way.
  Result<bool> truncate_log();

  DataLock& lock() { return lock_; }

  const Clock& clock;

 private:
  struct Returned {
    Impl& owner;
    std::unique_ptr<SqlConnection>& connection;
    Returned(Impl& o, std::unique_ptr<SqlConnection>& c) : owner(o), connection(c) {}
    ~Returned() { owner.give_back(std::move(connection)); }
    Returned(const Returned&) = delete;
    Returned& operator=(const Returned&) = delete;
  };

  Result<std::unique_ptr<SqlConnection>> borrow();
  void give_back(std::unique_ptr<SqlConnection> connection);
  Status set_durability(Durability durability);
  std::string path() const { return folder_ + "/store.sqlite"; }

  const std::string folder_;
  const SqliteStoreOptions options_;
  DataLock lock_;

  std::mutex writer_mutex_;
  std::unique_ptr<SqlConnection> writer_;        // guarded by writer_mutex_
  Durability durability_ = Durability::ordered;  // guarded by writer_mutex_

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqlConnection>> readers_;  // idle ones; guarded by readers_mutex_
  std::size_t readers_made_ = 0;                         // guarded by readers_mutex_
};

// Row readers and small steps, each within the caller's transaction.

/// The columns of a chunk, for `read_chunk`; the table is `chunks c` joined with `versions v`.
#define LOADLINE_CHUNK_COLUMNS                                                                       \
  "c.id, v.document, c.version, c.ordinal, c.text_begin, c.text_end, c.tokens, c.is_table, c.text, " \
  "c.context, c.places, c.headings, c.table_header, c.table_caption"

Result<Chunk> read_chunk(Query& query);
Result<std::vector<Chunk>> read_chunks(Query& query);

Result<VersionRecord> read_version(SqlConnection& connection, VersionId version);
Result<std::vector<DocumentEntry>> read_entries(SqlConnection& connection, Query& query);

/// Erases pages, chunks, vectors and ledger rows of a version, and the version.
Status erase_version(SqlConnection& connection, VersionId version);
/// If its chunks may be in an index: logs that they must leave it.
Status log_removal(SqlConnection& connection, VersionId version);
/// Appends to the change log; gives its number.
Result<std::uint64_t> append_change(SqlConnection& connection, CollectionId collection,
                                    const IndexChange& change);
Status grow_generation(SqlConnection& connection);

}  // namespace loadline
