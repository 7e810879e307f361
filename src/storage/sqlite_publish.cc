// What is served: publishing, the change log for the indexes, deletion, and the audit.
#include "base/half.h"
#include "storage/page_codec.h"
#include "storage/sqlite_store_impl.h"

namespace loadline {
namespace {

struct Publishing {
  VersionId version;
  DocumentId document;
  CollectionId collection;
  VersionId replaces;
};

Result<Publishing> publishing(SqlConnection& connection, VersionId version) {
  Query query(connection,
              "SELECT d.id, d.collection, d.live FROM versions v JOIN documents d ON d.id = v.document AND "
              "d.working = v.id WHERE v.id = ?");
  query.bind(version.value);
  if (!query.next()) {
    LOADLINE_TRY(query.status());
    return Error(Code::failed_precondition, "document store: this version is not a working one");
  }
  Publishing found{.version = version, .document = {}, .collection = {}, .replaces = {}};
  found.document = {static_cast<std::uint64_t>(query.number())};
  found.collection = {static_cast<std::uint64_t>(query.number())};
  found.replaces = {static_cast<std::uint64_t>(query.number())};
  return found;
}

// The version becomes the live one. What it replaces is left as a retired version.
Status make_live(SqlConnection& connection, const Publishing& what, std::int64_t now) {
  LOADLINE_TRY(exec(connection, "UPDATE documents SET live = ?1, working = NULL WHERE id = ?2",
                    what.version.value, what.document.value));
  LOADLINE_TRY(exec(connection,
                    "UPDATE versions SET next = ?1, state = CASE WHEN EXISTS (SELECT 1 FROM pages WHERE "
                    "version = ?4 AND lost_reason <> '') THEN ?2 ELSE ?3 END WHERE id = ?4",
                    IngestStage::finished, DocumentState::partial, DocumentState::done, what.version.value));
  return exec(connection,
              "UPDATE ledger SET outcome = 'done', finished = ? WHERE version = ? AND outcome = 'running'",
              now, what.version.value);
}

// A collection's indexes hold vectors of the model that it serves; the first version decides which that is.
Status add_to_log(SqlConnection& connection, VersionId version) {
  CollectionId collection;
  bool has_chunks = false, same_model = false;
  {
    Query query(connection,
                "SELECT c.id, v.chunks, v.embedder IS coalesce(c.embedder, v.embedder) FROM versions v JOIN "
                "documents d ON d.id = v.document JOIN collections c ON c.id = d.collection "
                "WHERE v.id = ? AND v.logged = 0");
    query.bind(version.value);
    if (!query.next()) return query.status();
    collection = {static_cast<std::uint64_t>(query.number())};
    has_chunks = query.number() > 0;
    same_model = query.number() != 0;
  }
  if (!same_model)
    return Error(
        Code::failed_precondition,
        "document store: the vectors of this version are not of the model that the collection serves");
  LOADLINE_TRY(
      exec(connection,
           "UPDATE collections SET embedder = (SELECT embedder FROM versions WHERE id = ?) WHERE id = ? "
           "AND embedder IS NULL",
           version.value, collection.value));
  if (has_chunks) {
    const IndexChange change{.number = 0, .version = version, .first = {}, .last = {}, .rebuild = false};
    if (auto number = append_change(connection, collection, change); !number) return number.error();
  }
  return exec(connection, "UPDATE versions SET logged = 1 WHERE id = ?", version.value);
}

std::vector<float> floats_of(std::string_view half_bytes) {
  std::vector<float> values(half_bytes.size() / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto low = static_cast<unsigned char>(half_bytes[2 * i]);
    const auto high = static_cast<unsigned char>(half_bytes[2 * i + 1]);
    values[i] = float_from_half(static_cast<std::uint16_t>(low | (high << 8)));
  }
  return values;
}

Result<std::int64_t> count_of(SqlConnection& connection, const char* sql, std::uint64_t key) {
  Query query(connection, sql);
  query.bind(key);
  const std::int64_t count = query.next() ? query.number() : 0;
  LOADLINE_TRY(query.status());
  return count;
}

DeletionReceipt read_receipt(Query& query) {
  const auto number = [&] { return static_cast<std::uint64_t>(query.number()); };
  DeletionReceipt receipt;
  receipt.id = number();
  receipt.document_id = {number()};
  receipt.collection = query.text();
  receipt.document = query.text();
  receipt.content_hash = query.text();
  receipt.versions = number(), receipt.pages = number(), receipt.blocks = number();
  receipt.chunks = number(), receipt.vectors = number(), receipt.ledger_rows = number();
  receipt.text_bytes = number();
  receipt.requested = query.number(), receipt.finished = query.number();
  receipt.log_truncated = query.number() != 0;
  return receipt;
}

#define LOADLINE_RECEIPT_COLUMNS                                                                    \
  "r.id, r.document, c.name, r.name, r.content_hash, r.versions, r.pages, r.blocks, r.chunks, "     \
  "r.vectors, r.ledger_rows, r.text_bytes, r.requested, r.finished, r.log_truncated FROM receipts " \
  "r JOIN collections c ON c.id = r.collection "

Result<DeletionReceipt> receipt_of(SqlConnection& connection, DocumentId document) {
  Query query(connection, "SELECT " LOADLINE_RECEIPT_COLUMNS "WHERE r.document = ?");
  query.bind(document.value);
  if (query.next()) return read_receipt(query);
  LOADLINE_TRY(query.status());
  return Error(Code::not_found, "document store: there is no such document");
}

Status write_receipt(SqlConnection& connection, DocumentId document, std::int64_t now) {
  return exec(
      connection,
      "INSERT INTO receipts(collection, document, name, content_hash, versions, pages, blocks, chunks, "
      "vectors, ledger_rows, text_bytes, requested) "
      "SELECT d.collection, d.id, d.name, coalesce((SELECT content_hash FROM versions WHERE id = d.live), "
      "''), "
      "(SELECT count(*) FROM versions v WHERE v.document = d.id), "
      "(SELECT count(*) FROM versions v JOIN pages p ON p.version = v.id WHERE v.document = d.id), "
      "(SELECT coalesce(sum(p.blocks), 0) FROM versions v JOIN pages p ON p.version = v.id "
      "WHERE v.document = d.id), "
      "(SELECT count(*) FROM versions v JOIN chunks c ON c.version = v.id WHERE v.document = d.id), "
      "(SELECT count(*) FROM versions v JOIN vectors x ON x.version = v.id WHERE v.document = d.id), "
      "(SELECT count(*) FROM versions v JOIN ledger l ON l.version = v.id WHERE v.document = d.id), "
      "(SELECT coalesce(sum(length(p.content)), 0) FROM versions v JOIN pages p ON p.version = v.id "
      "WHERE v.document = d.id), ?2 FROM documents d WHERE d.id = ?1",
      document.value, now);
}

Result<std::vector<VersionId>> version_ids(Query& query) {
  std::vector<VersionId> ids;
  while (query.next()) ids.push_back({static_cast<std::uint64_t>(query.number())});
  LOADLINE_TRY(query.status());
  return ids;
}

Result<std::vector<VersionId>> versions_of(SqlConnection& connection, DocumentId document) {
  Query query(connection, "SELECT id FROM versions WHERE document = ? ORDER BY id");
  query.bind(document.value);
  return version_ids(query);
}

}  // namespace

Result<std::uint64_t> SqliteStore::log_additions(std::span<const VersionId> versions) {
  return impl_->write(Impl::Durability::synced, [&](SqlConnection& connection) -> Result<std::uint64_t> {
    for (const VersionId version : versions) LOADLINE_TRY(add_to_log(connection, version));
    Query query(connection, "SELECT coalesce(max(last_change), 0) FROM collections");
    const std::int64_t last = query.next() ? query.number() : 0;
    LOADLINE_TRY(query.status());
    return static_cast<std::uint64_t>(last);
  });
}

Status SqliteStore::publish(std::span<const VersionId> versions) {
  return impl_->write(Impl::Durability::synced, [&](SqlConnection& connection) -> Status {
    for (const VersionId version : versions) {
      LOADLINE_ASSIGN(const Publishing what, publishing(connection, version));
      LOADLINE_TRY(
          exec(connection,
               "UPDATE collections SET embedder = (SELECT embedder FROM versions WHERE id = ?) WHERE "
               "id = ? AND embedder IS NULL",
               version.value, what.collection.value));
      LOADLINE_TRY(make_live(connection, what, impl_->clock.unix_millis()));
      if (what.replaces) LOADLINE_TRY(log_removal(connection, what.replaces));
    }
    return grow_generation(connection);
  });
}

Status SqliteStore::publish_embedder(CollectionId collection, std::span<const VersionId> versions) {
  if (versions.empty()) return {};
  return impl_->write(Impl::Durability::synced, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(exec(connection,
                      "UPDATE collections SET embedder = (SELECT embedder FROM versions WHERE id = ?) "
                      "WHERE id = ?",
                      versions.front().value, collection.value));
    for (const VersionId version : versions) {
      LOADLINE_ASSIGN(const Publishing what, publishing(connection, version));
      LOADLINE_TRY(make_live(connection, what, impl_->clock.unix_millis()));
      LOADLINE_TRY(exec(connection, "UPDATE versions SET logged = 1 WHERE id = ?", version.value));
      LOADLINE_TRY(exec(connection, "UPDATE versions SET logged = 0 WHERE id = ?", what.replaces.value));
    }
    LOADLINE_ASSIGN(
        const std::int64_t others,
        count_of(connection,
                 "SELECT count(*) FROM documents d JOIN versions v ON v.id = d.live JOIN collections "
                 "c ON c.id = d.collection WHERE c.id = ? AND v.embedder IS NOT c.embedder",
                 collection.value));
    if (others > 0)
      return Error(Code::failed_precondition,
                   std::to_string(others) + " served documents have no vectors of the new model yet");
    LOADLINE_ASSIGN(const std::uint64_t number,
                    append_change(connection, collection,
                                  {.number = 0, .version = {}, .first = {}, .last = {}, .rebuild = true}));
    (void)number;
    return grow_generation(connection);
  });
}

Result<std::vector<IndexChange>> SqliteStore::changes_after(CollectionId collection,
                                                            std::uint64_t number) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<IndexChange>> {
    Query query(
        connection,
        "SELECT number, version, first_chunk, last_chunk, rebuild FROM changes WHERE collection = ? AND "
        "number > ? ORDER BY number");
    query.bind(collection.value).bind(number);
    std::vector<IndexChange> changes;
    while (query.next()) {
      IndexChange& change = changes.emplace_back();
      change.number = static_cast<std::uint64_t>(query.number());
      change.version = {static_cast<std::uint64_t>(query.number())};
      change.first = {static_cast<std::uint64_t>(query.number())};
      change.last = {static_cast<std::uint64_t>(query.number())};
      change.rebuild = query.number() != 0;
    }
    LOADLINE_TRY(query.status());
    return changes;
  });
}

Result<std::uint64_t> SqliteStore::last_change(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::uint64_t> {
    LOADLINE_ASSIGN(
        const std::int64_t number,
        count_of(connection, "SELECT last_change FROM collections WHERE id = ?", collection.value));
    return static_cast<std::uint64_t>(number);
  });
}

Result<std::uint64_t> SqliteStore::dropped_changes(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::uint64_t> {
    LOADLINE_ASSIGN(
        const std::int64_t number,
        count_of(connection, "SELECT dropped_changes FROM collections WHERE id = ?", collection.value));
    return static_cast<std::uint64_t>(number);
  });
}

Result<std::vector<VersionId>> SqliteStore::indexed_versions(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<VersionId>> {
    Query query(
        connection,
        "SELECT v.id FROM documents d JOIN versions v ON v.document = d.id WHERE d.collection = ? AND "
        "v.logged = 1 AND v.chunks > 0 ORDER BY v.first_chunk");
    query.bind(collection.value);
    return version_ids(query);
  });
}

Result<IndexRows> SqliteStore::index_rows(VersionId version, ChunkId after, std::size_t count) const {
  return impl_->read([&](SqlConnection& connection) -> Result<IndexRows> {
    Query query(
        connection,
        "SELECT c.id, c.context, c.text, x.half_floats FROM chunks c JOIN vectors x ON x.chunk = c.id "
        "WHERE c.version = ? AND c.id > ? ORDER BY c.id LIMIT ?");
    query.bind(version.value).bind(after.value).bind(count);
    IndexRows rows;
    Chunk chunk;
    while (query.next()) {
      rows.ids.push_back({static_cast<std::uint64_t>(query.number())});
      chunk.context = query.text();
      chunk.text = query.text();
      rows.texts.push_back(indexed_text(chunk));
      const std::vector<float> vector = floats_of(query.view());
      if (rows.vectors.rows > 0 && vector.size() != rows.vectors.columns)
        return Error(Code::data_loss, "document store: vectors of one version differ in length");
      rows.vectors.columns = vector.size();
      rows.vectors.values.insert(rows.vectors.values.end(), vector.begin(), vector.end());
      ++rows.vectors.rows;
    }
    LOADLINE_TRY(query.status());
    return rows;
  });
}

Status SqliteStore::drop_retired(CollectionId collection, std::uint64_t applied) {
  std::vector<VersionId> retired;
  LOADLINE_ASSIGN(retired, impl_->read([&](SqlConnection& connection) -> Result<std::vector<VersionId>> {
    Query query(
        connection,
        "SELECT v.id FROM documents d JOIN versions v ON v.document = d.id WHERE d.collection = ? AND "
        "d.deleting = 0 AND v.id IS NOT d.live AND v.id IS NOT d.working");
    query.bind(collection.value);
    return version_ids(query);
  }));
  for (const VersionId version : retired) {
    const auto drop = [&](SqlConnection& connection) -> Status {
      LOADLINE_TRY(log_removal(connection, version));
      return erase_version(connection, version);
    };
    LOADLINE_TRY(impl_->write(Impl::Durability::ordered, drop));
  }
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(exec(connection, "DELETE FROM changes WHERE collection = ? AND number <= ?",
                      collection.value, applied));
    return exec(connection, "UPDATE collections SET dropped_changes = max(dropped_changes, ?) WHERE id = ?",
                applied, collection.value);
  });
}

Status SqliteStore::forget_dropped() {
  LOADLINE_ASSIGN(const bool truncated, impl_->truncate_log());
  // Readers are in the way: the next writer's checkpoint takes the rest, and what was dropped is overwritten.
  static_cast<void>(truncated);
  return {};
}

Result<DeletionReceipt> SqliteStore::begin_delete(DocumentId document) {
  return impl_->write(Impl::Durability::synced, [&](SqlConnection& connection) -> Result<DeletionReceipt> {
    LOADLINE_ASSIGN(const std::int64_t begun,
                    count_of(connection, "SELECT count(*) FROM receipts WHERE document = ?", document.value));
    if (begun > 0) return receipt_of(connection, document);
    LOADLINE_TRY(write_receipt(connection, document, impl_->clock.unix_millis()));
    LOADLINE_ASSIGN(const std::vector<VersionId> versions, versions_of(connection, document));
    for (const VersionId version : versions) LOADLINE_TRY(log_removal(connection, version));
    LOADLINE_TRY(exec(connection,
                      "UPDATE documents SET live = NULL, working = NULL, deleting = 1 WHERE id = ?",
                      document.value));
    LOADLINE_TRY(grow_generation(connection));
    return receipt_of(connection, document);
  });
}

Result<DeletionReceipt> SqliteStore::finish_delete(DocumentId document) {
  const auto erase = [&](SqlConnection& connection) -> Status {
    LOADLINE_ASSIGN(const std::vector<VersionId> versions, versions_of(connection, document));
    for (const VersionId version : versions) LOADLINE_TRY(erase_version(connection, version));
    LOADLINE_TRY(exec(connection, "DELETE FROM documents WHERE id = ? AND deleting = 1", document.value));
    return exec(connection, "UPDATE receipts SET finished = ? WHERE document = ? AND finished = 0",
                impl_->clock.unix_millis(), document.value);
  };
  LOADLINE_TRY(impl_->write(Impl::Durability::synced, erase));
  LOADLINE_ASSIGN(const bool truncated, impl_->truncate_log());
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Result<DeletionReceipt> {
    if (truncated)
      LOADLINE_TRY(
          exec(connection, "UPDATE receipts SET log_truncated = 1 WHERE document = ?", document.value));
    return receipt_of(connection, document);
  });
}

Result<std::vector<DeletionReceipt>> SqliteStore::receipts(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<DeletionReceipt>> {
    Query query(connection, "SELECT " LOADLINE_RECEIPT_COLUMNS "WHERE r.collection = ? ORDER BY r.id");
    query.bind(collection.value);
    std::vector<DeletionReceipt> receipts;
    while (query.next()) receipts.push_back(read_receipt(query));
    LOADLINE_TRY(query.status());
    return receipts;
  });
}

namespace {

struct OrphanCheck {
  const char* sql;  // one parameter: the collection; gives a count
  const char* what;
};

// Most of these cannot happen while SQLite enforces the schema; the audit does not take its word for it.
constexpr OrphanCheck orphan_checks[] = {
    {"SELECT count(*) FROM chunks c LEFT JOIN versions v ON v.id = c.version WHERE v.id IS NULL AND ?1 > 0",
     "chunks without a document version"},
    {"SELECT count(*) FROM pages p LEFT JOIN versions v ON v.id = p.version WHERE v.id IS NULL AND ?1 > 0",
     "pages without a document version"},
    {"SELECT count(*) FROM ledger l LEFT JOIN versions v ON v.id = l.version WHERE v.id IS NULL AND ?1 > 0",
     "ledger rows without a document version"},
    {"SELECT count(*) FROM vectors x LEFT JOIN chunks c ON c.id = x.chunk WHERE c.id IS NULL AND ?1 > 0",
     "vectors without a chunk"},
    {"SELECT count(*) FROM versions v LEFT JOIN documents d ON d.id = v.document WHERE d.id IS NULL AND ?1 > "
     "0",
     "versions without a document"},
    {"SELECT count(*) FROM documents d JOIN chunks c ON c.version = d.live LEFT JOIN vectors x ON "
     "x.chunk = c.id WHERE d.collection = ?1 AND x.chunk IS NULL",
     "served chunks without a vector"},
    {"SELECT count(*) FROM documents d JOIN versions v ON v.id = d.live WHERE d.collection = ?1 AND "
     "v.chunks <> (SELECT count(*) FROM chunks c WHERE c.version = v.id)",
     "served documents with missing chunks"},
    {"SELECT count(*) FROM documents d JOIN versions v ON v.document = d.id WHERE d.collection = ?1 AND "
     "d.deleting = 0 AND v.id IS NOT d.live AND v.id IS NOT d.working",
     "replaced versions that are still stored (the next ingest drops them)"},
    {"SELECT count(*) FROM receipts WHERE collection = ?1 AND finished = 0",
     "deletions that were begun and not finished (the next ingest or start of the server finishes them)"},
    {"SELECT count(*) FROM receipts WHERE collection = ?1 AND finished > 0 AND log_truncated = 0",
     "deletions whose bytes may still stand in the write-ahead log (the next ingest or start of the server "
     "truncates it)"},
};

Result<std::vector<ChunkId>> chunk_ids(SqlConnection& connection, const char* sql, CollectionId collection) {
  Query query(connection, sql);
  query.bind(collection.value);
  std::vector<ChunkId> ids;
  while (query.next()) ids.push_back({static_cast<std::uint64_t>(query.number())});
  LOADLINE_TRY(query.status());
  return ids;
}

}  // namespace

Result<StoreAudit> SqliteStore::audit(CollectionId collection) const {
  return impl_->read([&](SqlConnection& connection) -> Result<StoreAudit> {
    StoreAudit audit;
    for (const OrphanCheck& check : orphan_checks) {
      LOADLINE_ASSIGN(const std::int64_t count, count_of(connection, check.sql, collection.value));
      if (count > 0) audit.orphans.push_back(std::to_string(count) + " " + check.what);
    }
    LOADLINE_ASSIGN(audit.indexed,
                    chunk_ids(connection,
                              "SELECT c.id FROM documents d JOIN chunks c ON c.version = d.live WHERE "
                              "d.collection = ? ORDER BY c.id",
                              collection));
    LOADLINE_ASSIGN(
        audit.unpublished,
        chunk_ids(connection,
                  "SELECT c.id FROM documents d JOIN versions v ON v.id = d.working JOIN chunks c ON "
                  "c.version = v.id WHERE d.collection = ? AND v.logged = 1 ORDER BY c.id",
                  collection));
    LOADLINE_ASSIGN(
        const std::int64_t receipts,
        count_of(connection, "SELECT count(*) FROM receipts WHERE collection = ?", collection.value));
    audit.receipts = static_cast<std::uint64_t>(receipts);
    Query leftover(connection,
                   "SELECT r.name FROM receipts r WHERE r.collection = ?1 AND r.finished > 0 AND (EXISTS "
                   "(SELECT 1 FROM documents d WHERE d.id = r.document) OR EXISTS (SELECT 1 FROM versions v "
                   "WHERE v.document = r.document))");
    leftover.bind(collection.value);
    while (leftover.next()) audit.leftover.push_back(leftover.text());
    LOADLINE_TRY(leftover.status());
    return audit;
  });
}

}  // namespace loadline
