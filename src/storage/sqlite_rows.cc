#include <bit>

#include "storage/page_codec.h"
#include "storage/sqlite_store_impl.h"

namespace loadline {

Result<Chunk> read_chunk(Query& query) {
  const auto id = [&] { return static_cast<std::uint64_t>(query.number()); };
  Chunk chunk;
  chunk.id = {id()};
  chunk.document = {id()};
  chunk.version = {id()};
  chunk.ordinal = static_cast<std::uint32_t>(query.number());
  chunk.text_begin = id();
  chunk.text_end = id();
  chunk.tokens = static_cast<std::uint32_t>(query.number());
  chunk.is_table = query.number() != 0;
  chunk.text = query.text();
  chunk.context = query.text();
  LOADLINE_ASSIGN(chunk.pages, decode_places(query.view()));
  LOADLINE_ASSIGN(chunk.headings, decode_texts(query.view()));
  chunk.table_header = query.text();
  chunk.table_caption = query.text();
  return chunk;
}

Result<std::vector<Chunk>> read_chunks(Query& query) {
  std::vector<Chunk> chunks;
  while (query.next()) {
    LOADLINE_ASSIGN(Chunk chunk, read_chunk(query));
    chunks.push_back(std::move(chunk));
  }
  LOADLINE_TRY(query.status());
  return chunks;
}

namespace {

Status read_attempts(SqlConnection& connection, VersionRecord& record) {
  Query query(connection,
              "SELECT outcome, count(*) FROM ledger WHERE version = ?1 AND stage = ?2 AND outcome IN "
              "('failed', 'cut') AND id > (SELECT coalesce(max(id), 0) FROM ledger WHERE version = ?1 AND "
              "stage = ?2 AND outcome = 'done') GROUP BY outcome");
  query.bind(record.id.value).bind(record.next);
  while (query.next()) {
    const bool failed = query.view() == "failed";
    (failed ? record.failed_attempts : record.cut_attempts) = static_cast<std::uint32_t>(query.number());
  }
  return query.status();
}

Status read_lease(SqlConnection& connection, VersionRecord& record) {
  Query query(connection, "SELECT holder, lease_until FROM ledger WHERE version = ? AND outcome = 'running'");
  query.bind(record.id.value);
  if (query.next()) {
    record.lease_holder = query.text();
    record.lease_until = query.number();
  }
  return query.status();
}

Status read_lost_pages(SqlConnection& connection, VersionRecord& record) {
  Query query(
      connection,
      "SELECT number, lost_reason FROM pages WHERE version = ? AND lost_reason <> '' ORDER BY number");
  query.bind(record.id.value);
  while (query.next()) {
    const int page = static_cast<int>(query.number());
    record.lost_pages.push_back({page, query.text()});
  }
  return query.status();
}

Status read_redactions(SqlConnection& connection, VersionRecord& record) {
  Query query(connection, "SELECT type, count FROM redactions WHERE version = ? ORDER BY type");
  query.bind(record.id.value);
  while (query.next()) {
    std::string type = query.text();
    record.redacted.push_back({std::move(type), static_cast<std::uint32_t>(query.number())});
  }
  return query.status();
}

}  // namespace

Result<VersionRecord> read_version(SqlConnection& connection, VersionId version) {
  VersionRecord record;
  {
    Query query(connection,
                "SELECT document, content_hash, bytes, extract_version, describe_version, chunk_version, "
                "embed_version, next, state, failure, reason, next_page, pages, chunks, started "
                "FROM versions WHERE id = ?");
    query.bind(version.value);
    if (!query.next()) {
      LOADLINE_TRY(query.status());
      return Error(Code::not_found, "document store: no such version");
    }
    record.id = version;
    record.document = {static_cast<std::uint64_t>(query.number())};
    record.content_hash = query.text();
    record.bytes = static_cast<std::uint64_t>(query.number());
    record.stages.extract = query.text();
    record.stages.describe = query.text();
    record.stages.chunk = query.text();
    record.stages.embed = query.text();
    record.next = static_cast<IngestStage>(query.number());
    record.state = static_cast<DocumentState>(query.number());
    const auto failure = query.number();
    record.failure = failure == 0 ? Code::internal : static_cast<Code>(failure);
    record.reason = query.text();
    record.next_page = static_cast<int>(query.number());
    record.pages = static_cast<int>(query.number());
    record.chunks = static_cast<std::uint32_t>(query.number());
    record.started = query.number();
  }
  LOADLINE_TRY(read_attempts(connection, record));
  LOADLINE_TRY(read_lease(connection, record));
  LOADLINE_TRY(read_lost_pages(connection, record));
  LOADLINE_TRY(read_redactions(connection, record));
  return record;
}

Result<std::vector<DocumentEntry>> read_entries(SqlConnection& connection, Query& query) {
  std::vector<DocumentEntry> entries;
  while (query.next()) {
    DocumentEntry& entry = entries.emplace_back();
    entry.id = {static_cast<std::uint64_t>(query.number())};
    entry.collection = {static_cast<std::uint64_t>(query.number())};
    entry.name = query.text();
    entry.source = query.text();
    entry.label = query.text();
    if (query.is_null()) {
      query.skip();
    } else {
      LOADLINE_ASSIGN(entry.metadata, decode_pairs(query.view()));
    }
    const VersionId live{static_cast<std::uint64_t>(query.number())};
    const VersionId working{static_cast<std::uint64_t>(query.number())};
    entry.deleting = query.number() != 0;
    if (live) {
      LOADLINE_ASSIGN(entry.live, read_version(connection, live));
    }
    if (working) {
      LOADLINE_ASSIGN(entry.working, read_version(connection, working));
    }
  }
  LOADLINE_TRY(query.status());
  return entries;
}

Status erase_version(SqlConnection& connection, VersionId version) {
  LOADLINE_TRY(exec(connection, "DELETE FROM vectors WHERE version = ?", version.value));
  LOADLINE_TRY(exec(connection, "DELETE FROM chunks WHERE version = ?", version.value));
  LOADLINE_TRY(exec(connection, "DELETE FROM pages WHERE version = ?", version.value));
  LOADLINE_TRY(exec(connection, "DELETE FROM redactions WHERE version = ?", version.value));
  LOADLINE_TRY(exec(connection, "DELETE FROM ledger WHERE version = ?", version.value));
  LOADLINE_TRY(exec(connection, "UPDATE documents SET working = NULL WHERE working = ?", version.value));
  return exec(connection, "DELETE FROM versions WHERE id = ?", version.value);
}

Result<std::uint64_t> append_change(SqlConnection& connection, CollectionId collection,
                                    const IndexChange& change) {
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO changes(collection, version, first_chunk, last_chunk, rebuild) "
                    "VALUES (?, ?, ?, ?, ?)",
                    collection.value, change.version.value, change.first.value, change.last.value,
                    change.rebuild));
  const std::int64_t number = connection.last_row_id();
  LOADLINE_TRY(
      exec(connection, "UPDATE collections SET last_change = ? WHERE id = ?", number, collection.value));
  return static_cast<std::uint64_t>(number);
}

Status log_removal(SqlConnection& connection, VersionId version) {
  IndexChange change;
  CollectionId collection;
  {
    Query query(connection,
                "SELECT d.collection, v.first_chunk, v.chunks FROM versions v JOIN documents d ON "
                "d.id = v.document WHERE v.id = ? AND v.logged = 1 AND v.chunks > 0");
    query.bind(version.value);
    if (!query.next()) return query.status();
    collection = {static_cast<std::uint64_t>(query.number())};
    change.first = {static_cast<std::uint64_t>(query.number())};
    change.last = {change.first.value + static_cast<std::uint64_t>(query.number()) - 1};
  }
  LOADLINE_ASSIGN(const std::uint64_t number, append_change(connection, collection, change));
  (void)number;
  return exec(connection, "UPDATE versions SET logged = 0 WHERE id = ?", version.value);
}

Status grow_generation(SqlConnection& connection) {
  return exec(connection, "UPDATE meta SET value = value + 1 WHERE key = 'generation'");
}

}  // namespace loadline
