#include "storage/sqlite_store.h"

#include <algorithm>
#include <filesystem>

#include "storage/page_codec.h"
#include "storage/posix_error.h"
#include "storage/schema.h"
#include "storage/sqlite_store_impl.h"

namespace loadline {

Status SqliteStore::Impl::open() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return posix_error("creating the data folder", folder_, error.value());
  LOADLINE_ASSIGN(writer_, SqlConnection::open(path(), SqlConnection::Mode::write, options_.busy_millis));
  return migrate_schema(*writer_);
}

Result<std::unique_ptr<SqlConnection>> SqliteStore::Impl::borrow() {
  {
    std::unique_lock lock(readers_mutex_);
    reader_free_.wait(lock, [&] { return !readers_.empty() || readers_made_ < options_.readers_max; });
    if (!readers_.empty()) {
      std::unique_ptr<SqlConnection> reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
    ++readers_made_;
  }
  auto reader = SqlConnection::open(path(), SqlConnection::Mode::read, options_.busy_millis);
  if (!reader) give_back(nullptr);
  return reader;
}

void SqliteStore::Impl::give_back(std::unique_ptr<SqlConnection> connection) {
  {
    std::lock_guard lock(readers_mutex_);
    if (connection)
      readers_.push_back(std::move(connection));
    else
      --readers_made_;
  }
  reader_free_.notify_one();
}

Status SqliteStore::Impl::set_durability(Durability durability) {
  if (durability == durability_) return {};
  LOADLINE_TRY(writer_->run_script(durability == Durability::synced ? "PRAGMA synchronous=FULL"
                                                                    : "PRAGMA synchronous=NORMAL"));
  durability_ = durability;
  return {};
}

Result<bool> SqliteStore::Impl::truncate_log() {
  std::lock_guard guard(writer_mutex_);
  LOADLINE_TRY(set_durability(Durability::synced));
  Query query(*writer_, "PRAGMA wal_checkpoint(TRUNCATE)");
  const bool busy = query.next() && query.number() != 0;
  LOADLINE_TRY(query.status());
  return !busy;
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& folder, const Clock& clock,
                                                       SqliteStoreOptions options) {
  auto impl = std::make_unique<Impl>(folder, clock, options);
  LOADLINE_TRY(impl->open());
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<std::unique_ptr<WriterLock>> SqliteStore::lock_for_writing(const CallContext& context) {
  return impl_->lock().acquire(context);
}

std::string SqliteStore::writer() const { return impl_->lock().holder(); }

// Reading what is served ---------------------------------------------------------------------------------

Result<CollectionId> SqliteStore::find_collection(std::string_view name) const {
  return impl_->read([&](SqlConnection& connection) -> Result<CollectionId> {
    Query query(connection, "SELECT id FROM collections WHERE name = ?");
    query.bind(name);
    if (query.next()) return CollectionId{static_cast<std::uint64_t>(query.number())};
    LOADLINE_TRY(query.status());
    return Error(Code::not_found,
                 "there is no collection \"" + std::string(name) + "\"; ingest documents into it first");
  });
}

Result<std::uint64_t> SqliteStore::generation() const {
  return impl_->read([](SqlConnection& connection) -> Result<std::uint64_t> {
    Query query(connection, "SELECT value FROM meta WHERE key = 'generation'");
    const std::int64_t value = query.next() ? query.number() : 0;
    LOADLINE_TRY(query.status());
    return static_cast<std::uint64_t>(value);
  });
}

namespace {

Result<DocumentRecord> read_document(Query& query, CollectionId collection) {
  DocumentRecord record;
  record.collection = collection;
  record.id = {static_cast<std::uint64_t>(query.number())};
  record.version = {static_cast<std::uint64_t>(query.number())};
  record.name = query.text();
  record.label = query.text();
  if (query.is_null()) {
    query.skip();
  } else {
    LOADLINE_ASSIGN(record.metadata, decode_pairs(query.view()));
  }
  record.title = query.text();
  record.media_type = query.text();
  record.kind = query.text();
  LOADLINE_ASSIGN(record.entities, decode_texts(query.view()));
  LOADLINE_ASSIGN(record.periods, decode_texts(query.view()));
  record.page_count = static_cast<int>(query.number());
  record.chunk_count = static_cast<std::uint32_t>(query.number());
  return record;
}

}  // namespace

Result<std::vector<DocumentRecord>> SqliteStore::documents(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<DocumentRecord>> {
    Query query(connection,
                "SELECT d.id, v.id, d.name, d.label, d.metadata, v.title, v.media_type, v.kind, v.entities, "
                "v.periods, v.pages, v.chunks FROM documents d JOIN versions v ON v.id = d.live "
                "WHERE d.collection = ? ORDER BY d.name");
    query.bind(collection.value);
    std::vector<DocumentRecord> records;
    while (query.next()) {
      LOADLINE_ASSIGN(DocumentRecord record, read_document(query, collection));
      records.push_back(std::move(record));
    }
    LOADLINE_TRY(query.status());
    return records;
  });
}

Result<std::vector<Chunk>> SqliteStore::chunks(std::span<const ChunkId> ids) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<Chunk>> {
    Query query(connection, "SELECT " LOADLINE_CHUNK_COLUMNS
                            " FROM chunks c JOIN versions v ON v.id = c.version "
                            "JOIN documents d ON d.live = v.id WHERE c.id = ?");
    std::vector<Chunk> found;
    found.reserve(ids.size());
    for (const ChunkId id : ids) {
      query.again();
      query.bind(id.value);
      if (query.next()) {
        LOADLINE_ASSIGN(Chunk chunk, read_chunk(query));
        found.push_back(std::move(chunk));
      }
      LOADLINE_TRY(query.status());
    }
    return found;
  });
}

Status SqliteStore::read_texts(std::span<const ChunkId> ids,
                               const std::function<void(const ChunkText&)>& take) const {
  return impl_->read([&](SqlConnection& connection) -> Status {
    Query query(connection,
                "SELECT c.text, c.headings, c.table_header, c.table_caption, c.is_table FROM chunks c "
                "WHERE c.id = ? AND EXISTS (SELECT 1 FROM documents d WHERE d.live = c.version)");
    std::string headings_read;  // neighbours mostly stand under the same ones
    std::vector<std::string> headings;
    for (const ChunkId id : ids) {
      query.again();
      query.bind(id.value);
      if (query.next()) {
        ChunkText chunk;
        chunk.id = id;
        chunk.text = query.view();
        if (const std::string_view bytes = query.view(); bytes != headings_read) {
          LOADLINE_ASSIGN(headings, decode_texts(bytes));
          headings_read = bytes;
        }
        chunk.headings = headings;
        chunk.table_header = query.view();
        chunk.table_caption = query.view();
        chunk.is_table = query.number() != 0;
        take(chunk);
      }
      LOADLINE_TRY(query.status());
    }
    return {};
  });
}

Result<std::vector<Chunk>> SqliteStore::chunk_range(DocumentId document, std::uint32_t first,
                                                    std::uint32_t last) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<Chunk>> {
    Query query(connection, "SELECT " LOADLINE_CHUNK_COLUMNS
                            " FROM documents d JOIN versions v ON v.id = d.live "
                            "JOIN chunks c ON c.version = v.id WHERE d.id = ? AND c.ordinal BETWEEN ? AND ? "
                            "ORDER BY c.ordinal");
    query.bind(document.value).bind(first).bind(last);
    return read_chunks(query);
  });
}

Result<std::vector<Chunk>> SqliteStore::page_chunks(DocumentId document, int page) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<Chunk>> {
    Query query(connection,
                "SELECT " LOADLINE_CHUNK_COLUMNS
                " FROM documents d JOIN versions v ON v.id = d.live "
                "JOIN chunks c ON c.version = v.id "
                "WHERE d.id = ?1 AND c.first_page <= ?2 AND c.last_page >= ?2 ORDER BY c.ordinal");
    query.bind(document.value).bind(page);
    return read_chunks(query);
  });
}

Result<std::vector<KnowledgeStore::ChunkPlace>> SqliteStore::chunk_places(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<ChunkPlace>> {
    Query query(connection,
                "SELECT c.id, d.id, c.first_page, c.ordinal FROM documents d "
                "JOIN chunks c INDEXED BY chunk_places ON c.version = d.live WHERE d.collection = ?");
    query.bind(collection.value);
    std::vector<ChunkPlace> places;
    while (query.next()) {
      ChunkPlace place;
      place.chunk = {static_cast<std::uint64_t>(query.number())};
      place.document = {static_cast<std::uint64_t>(query.number())};
      place.page = static_cast<std::int32_t>(query.number());
      place.ordinal = static_cast<std::uint32_t>(query.number());
      places.push_back(place);
    }
    LOADLINE_TRY(query.status());
    std::sort(places.begin(), places.end(),
              [](const ChunkPlace& a, const ChunkPlace& b) { return a.chunk < b.chunk; });
    return places;
  });
}

Result<std::string> SqliteStore::extracted_text(DocumentId document) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::string> {
    Query query(connection,
                "SELECT p.content FROM documents d JOIN pages p ON p.version = d.live WHERE d.id = ? "
                "ORDER BY p.number");
    query.bind(document.value);
    std::string text;
    bool found = false;
    while (query.next()) {
      found = true;
      LOADLINE_ASSIGN(const std::vector<Block> blocks, decode_blocks(query.view()));
      append_extracted_text(text, blocks);
    }
    LOADLINE_TRY(query.status());
    if (!found) return Error(Code::not_found, "this document is not served");
    return text;
  });
}

// Collections and documents ------------------------------------------------------------------------------

namespace {

constexpr const char* entry_by_collection =
    "SELECT id, collection, name, source, label, metadata, live, working, deleting FROM documents "
    "WHERE collection = ? ORDER BY name";
constexpr const char* entry_by_name =
    "SELECT id, collection, name, source, label, metadata, live, working, deleting FROM documents "
    "WHERE collection = ? AND name = ?";

Result<std::vector<CollectionRecord>> read_collections(Query& query) {
  std::vector<CollectionRecord> records;
  while (query.next()) {
    CollectionRecord& record = records.emplace_back();
    record.id = {static_cast<std::uint64_t>(query.number())};
    record.name = query.text();
    record.embedder = query.text();
    record.embedder_digest = query.text();
    record.dimensions = static_cast<std::size_t>(query.number());
  }
  LOADLINE_TRY(query.status());
  return records;
}

}  // namespace

Result<std::vector<CollectionRecord>> SqliteStore::collections() const {
  return impl_->read([](SqlConnection& connection) -> Result<std::vector<CollectionRecord>> {
    Query query(connection,
                "SELECT c.id, c.name, e.name, e.digest, e.dimensions FROM collections c "
                "LEFT JOIN embedders e ON e.id = c.embedder ORDER BY c.name");
    return read_collections(query);
  });
}

Result<CollectionRecord> SqliteStore::ensure_collection(std::string_view name) {
  const auto body = [&](SqlConnection& connection) -> Result<CollectionRecord> {
    LOADLINE_TRY(exec(connection, "INSERT INTO collections(name) VALUES (?) ON CONFLICT DO NOTHING", name));
    Query query(connection,
                "SELECT c.id, c.name, e.name, e.digest, e.dimensions FROM collections c "
                "LEFT JOIN embedders e ON e.id = c.embedder WHERE c.name = ?");
    query.bind(name);
    LOADLINE_ASSIGN(std::vector<CollectionRecord> records, read_collections(query));
    if (records.empty()) return Error(Code::internal, "document store: a new collection is not there");
    return std::move(records.front());
  };
  return impl_->write(Impl::Durability::ordered, body);
}

Result<std::vector<DocumentEntry>> SqliteStore::document_entries(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<DocumentEntry>> {
    Query query(connection, entry_by_collection);
    query.bind(collection.value);
    return read_entries(connection, query);
  });
}

Result<std::optional<DocumentEntry>> SqliteStore::document_entry(CollectionId collection,
                                                                 std::string_view name) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::optional<DocumentEntry>> {
    Query query(connection, entry_by_name);
    query.bind(collection.value).bind(name);
    LOADLINE_ASSIGN(std::vector<DocumentEntry> entries, read_entries(connection, query));
    if (entries.empty()) return std::optional<DocumentEntry>();
    return std::optional<DocumentEntry>(std::move(entries.front()));
  });
}

Result<VersionRecord> SqliteStore::version_record(VersionId version) const {
  return impl_->read([&](SqlConnection& connection) { return read_version(connection, version); });
}

Status SqliteStore::update_document(DocumentId document, std::string_view source, std::string_view label,
                                    std::span<const std::pair<std::string, std::string>> metadata) {
  const std::string encoded = encode_pairs(TextPairs(metadata.begin(), metadata.end()));
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(exec(connection,
                      "UPDATE documents SET source = ?1, label = ?2, metadata = ?3 WHERE id = ?4 AND "
                      "(source, label, metadata) IS NOT (?1, ?2, ?3)",
                      source, label, SqlBlob{encoded}, document.value));
    if (connection.changed_rows() == 0) return {};
    return grow_generation(connection);
  });
}

}  // namespace loadline
