// The stages: what each stores, with its row of the ledger.
#include <array>
#include <span>

#include "base/half.h"
#include "storage/page_codec.h"
#include "storage/sha256.h"
#include "storage/sqlite_store_impl.h"

namespace loadline {
namespace {

std::string stage_version(const StageVersions& stages, IngestStage stage) {
  switch (stage) {
    case IngestStage::extract:
      return stages.extract;
    case IngestStage::describe:
      return stages.describe;
    case IngestStage::chunk:
      return stages.chunk;
    case IngestStage::embed:
      return stages.embed;
    default:
      return "1";
  }
}

// What goes into a stage: the content, through all stages before it.
std::string input_hash(const VersionRecord& version, IngestStage stage) {
  Sha256 hash;
  hash.add(version.content_hash);
  for (int before = 1; before < static_cast<int>(stage); ++before) {
    hash.add("\n");
    hash.add(stage_version(version.stages, static_cast<IngestStage>(before)));
  }
  return hash.hex();
}

Status open_row(SqlConnection& connection, const VersionRecord& version, IngestStage stage, int first_page,
                const StageLease& lease, std::int64_t now) {
  return exec(connection,
              "INSERT INTO ledger(version, stage, stage_version, first_page, input_hash, attempt, holder, "
              "lease_until, outcome, started) VALUES (?1, ?2, ?3, ?4, ?5, 1 + (SELECT count(*) FROM ledger "
              "WHERE version = ?1 AND stage = ?2 AND outcome IN ('failed', 'cut') AND id > "
              "(SELECT coalesce(max(id), 0) FROM ledger WHERE version = ?1 AND stage = ?2 AND "
              "outcome = 'done')), ?6, ?7, 'running', ?8)",
              version.id.value, stage, stage_version(version.stages, stage), first_page,
              input_hash(version, stage), lease.holder, lease.until, now);
}

// The running row ends at `last_page`; the next one of the same stage begins behind it.
Status advance_row(SqlConnection& connection, VersionId version, int last_page, int next_first_page,
                   const StageLease& lease, std::int64_t now) {
  LOADLINE_TRY(exec(connection,
                    "UPDATE ledger SET last_page = ?, outcome = 'done', finished = ? WHERE version = ? AND "
                    "outcome = 'running'",
                    last_page, now, version.value));
  if (connection.changed_rows() == 0)
    return Error(Code::failed_precondition, "document store: no stage of this version is running");
  return exec(connection,
              "INSERT INTO ledger(version, stage, stage_version, first_page, input_hash, attempt, holder, "
              "lease_until, outcome, started) SELECT version, stage, stage_version, ?1, input_hash, 1, ?2, "
              "?3, 'running', ?4 FROM ledger WHERE id = (SELECT max(id) FROM ledger WHERE version = ?5)",
              next_first_page, lease.holder, lease.until, now, version.value);
}

Status insert_page(SqlConnection& connection, VersionId version, const ExtractedPage& page) {
  const std::string blocks = encode_blocks(page.blocks);
  Query query(connection,
              "INSERT INTO pages(version, number, width, height, recognised, lost_reason, blocks, content) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(version.value).bind(page.number);
  query.bind(static_cast<double>(page.width)).bind(static_cast<double>(page.height));
  query.bind(page.recognised).bind(page.lost_reason).bind(page.blocks.size()).bind(SqlBlob{blocks});
  return query.run();
}

Status insert_chunk(SqlConnection& connection, VersionId version, const Chunk& chunk) {
  Query query(connection,
              "INSERT INTO chunks(id, version, ordinal, first_page, last_page, text_begin, text_end, tokens, "
              "is_table, text, context, places, headings, table_header, table_caption) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const std::string places = encode_places(chunk.pages);
  const std::string headings = encode_texts(chunk.headings);
  query.bind(chunk.id.value).bind(version.value).bind(chunk.ordinal);
  query.bind(chunk.pages.empty() ? 0 : chunk.pages.front().page);
  query.bind(chunk.pages.empty() ? 0 : chunk.pages.back().page);
  query.bind(chunk.text_begin).bind(chunk.text_end).bind(chunk.tokens).bind(chunk.is_table);
  query.bind(chunk.text).bind(chunk.context).bind(SqlBlob{places}).bind(SqlBlob{headings});
  query.bind(chunk.table_header).bind(chunk.table_caption);
  return query.run();
}

Status add_redactions(SqlConnection& connection, VersionId version, const ExtractedPage& page) {
  for (const RedactedCount& redacted : page.redacted)
    LOADLINE_TRY(exec(connection,
                      "INSERT INTO redactions VALUES (?, ?, ?) ON CONFLICT(version, type) DO UPDATE SET "
                      "count = count + excluded.count",
                      version.value, redacted.type, redacted.count));
  return {};
}

std::string half_bytes(std::span<const float> vector) {
  std::string bytes;
  bytes.reserve(vector.size() * 2);
  for (const float value : vector) {
    const std::uint16_t half = half_from_float(value);
    bytes += static_cast<char>(static_cast<unsigned char>(half & 0xFF));
    bytes += static_cast<char>(static_cast<unsigned char>(half >> 8));
  }
  return bytes;
}

Result<std::int64_t> next_chunk(SqlConnection& connection) {
  Query query(connection, "SELECT value FROM meta WHERE key = 'next_chunk'");
  const std::int64_t value = query.next() ? query.number() : 0;
  LOADLINE_TRY(query.status());
  return value;
}

// Chunk ids become used when the stage that made them is done; see begin_chunks.
Status settle_chunks(SqlConnection& connection, VersionId version) {
  LOADLINE_TRY(exec(connection,
                    "UPDATE versions SET chunks = (SELECT count(*) FROM chunks WHERE version = ?1) "
                    "WHERE id = ?1",
                    version.value));
  return exec(connection,
              "UPDATE meta SET value = (SELECT first_chunk + chunks FROM versions WHERE id = ?) "
              "WHERE key = 'next_chunk'",
              version.value);
}

Status copy_pages(SqlConnection& connection, VersionId from, VersionId to) {
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO pages SELECT ?2, number, width, height, recognised, lost_reason, blocks, "
                    "content FROM pages WHERE version = ?1",
                    from.value, to.value));
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO redactions SELECT ?2, type, count FROM redactions WHERE version = ?1",
                    from.value, to.value));
  return exec(connection,
              "UPDATE versions SET (next_page, pages, media_type, stated_title, author, created) = (SELECT "
              "next_page, pages, media_type, stated_title, author, created FROM versions WHERE id = ?1) "
              "WHERE id = ?2",
              from.value, to.value);
}

Status copy_chunks(SqlConnection& connection, VersionId from, VersionId to) {
  LOADLINE_ASSIGN(const std::int64_t first, next_chunk(connection));
  LOADLINE_TRY(exec(connection, "DELETE FROM chunks WHERE id >= ?", first));
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO chunks SELECT ?3 + ordinal, ?2, ordinal, first_page, last_page, text_begin, "
                    "text_end, tokens, is_table, text, context, places, headings, table_header, "
                    "table_caption FROM chunks WHERE version = ?1",
                    from.value, to.value, first));
  LOADLINE_TRY(exec(connection, "UPDATE versions SET first_chunk = ? WHERE id = ?", first, to.value));
  return settle_chunks(connection, to);
}

Status copy_output(SqlConnection& connection, const NewVersion& version, VersionId to) {
  if (!version.copy_from) return {};
  if (version.first > IngestStage::extract) LOADLINE_TRY(copy_pages(connection, version.copy_from, to));
  if (version.first > IngestStage::describe)
    LOADLINE_TRY(exec(connection,
                      "UPDATE versions SET (title, kind, entities, periods) = (SELECT title, kind, entities, "
                      "periods FROM versions WHERE id = ?1) WHERE id = ?2",
                      version.copy_from.value, to.value));
  if (version.first > IngestStage::chunk) LOADLINE_TRY(copy_chunks(connection, version.copy_from, to));
  return {};
}

// A chunk that the live version has too, at the same place and with the same text, has its vector already.
Status copy_equal_vectors(SqlConnection& connection, VersionId version) {
  return exec(connection,
              "INSERT INTO vectors(chunk, version, embedder, half_floats) "
              "SELECT c.id, c.version, w.embedder, v.half_floats FROM versions w "
              "JOIN documents d ON d.working = w.id JOIN chunks o ON o.version = d.live "
              "JOIN vectors v ON v.chunk = o.id AND v.embedder = w.embedder "
              "JOIN chunks c ON c.version = w.id AND c.ordinal = o.ordinal AND c.text = o.text AND "
              "c.context = o.context WHERE w.id = ? ON CONFLICT DO NOTHING",
              version.value);
}

Result<DocumentId> ensure_document(SqlConnection& connection, const NewVersion& version, VersionId& working) {
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO documents(collection, name, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    version.collection.value, version.name, version.source));
  Query query(connection, "SELECT id, working, deleting FROM documents WHERE collection = ? AND name = ?");
  query.bind(version.collection.value).bind(version.name);
  if (!query.next()) {
    LOADLINE_TRY(query.status());
    return Error(Code::internal, "document store: a new document is not there");
  }
  const DocumentId document{static_cast<std::uint64_t>(query.number())};
  working = {static_cast<std::uint64_t>(query.number())};
  if (query.number() != 0)
    return Error(Code::failed_precondition, "this document is being deleted; run the delete again first");
  return document;
}

Result<VersionId> insert_version(SqlConnection& connection, const NewVersion& version, DocumentId document,
                                 std::int64_t now) {
  LOADLINE_TRY(exec(connection,
                    "INSERT INTO versions(document, content_hash, bytes, extract_version, describe_version, "
                    "chunk_version, embed_version, next, state, started) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    document.value, version.content_hash, version.bytes, version.stages.extract,
                    version.stages.describe, version.stages.chunk, version.stages.embed, version.first,
                    DocumentState::queued, now));
  return VersionId{static_cast<std::uint64_t>(connection.last_row_id())};
}

}  // namespace

Result<VersionRecord> SqliteStore::create_version(const NewVersion& version) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Result<VersionRecord> {
    VersionId old;
    LOADLINE_ASSIGN(const DocumentId document, ensure_document(connection, version, old));
    LOADLINE_ASSIGN(const VersionId id,
                    insert_version(connection, version, document, impl_->clock.unix_millis()));
    LOADLINE_TRY(copy_output(connection, version, id));
    if (old) {
      LOADLINE_TRY(log_removal(connection, old));
      LOADLINE_TRY(erase_version(connection, old));
    }
    LOADLINE_TRY(exec(connection, "UPDATE documents SET working = ?, source = ? WHERE id = ?", id.value,
                      version.source, document.value));
    return read_version(connection, id);
  });
}

Result<VersionRecord> SqliteStore::rewind_version(VersionId version, IngestStage first,
                                                  const StageVersions& stages) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Result<VersionRecord> {
    LOADLINE_TRY(log_removal(connection, version));
    if (first <= IngestStage::embed) {
      LOADLINE_TRY(exec(connection, "DELETE FROM vectors WHERE version = ?", version.value));
      LOADLINE_TRY(exec(connection, "UPDATE versions SET embedder = NULL WHERE id = ?", version.value));
    }
    if (first <= IngestStage::chunk) {
      LOADLINE_TRY(exec(connection, "DELETE FROM chunks WHERE version = ?", version.value));
      LOADLINE_TRY(exec(connection, "UPDATE versions SET chunks = 0 WHERE id = ?", version.value));
    }
    if (first <= IngestStage::extract) {
      LOADLINE_TRY(exec(connection, "DELETE FROM pages WHERE version = ?", version.value));
      LOADLINE_TRY(exec(connection, "DELETE FROM redactions WHERE version = ?", version.value));
      LOADLINE_TRY(
          exec(connection, "UPDATE versions SET next_page = 1, pages = 0 WHERE id = ?", version.value));
    }
    LOADLINE_TRY(
        exec(connection, "DELETE FROM ledger WHERE version = ? AND stage >= ?", version.value, first));
    LOADLINE_TRY(exec(connection,
                      "UPDATE versions SET next = ?, state = ?, failure = 0, reason = '', extract_version = "
                      "?, describe_version = ?, chunk_version = ?, embed_version = ? WHERE id = ?",
                      first, DocumentState::queued, stages.extract, stages.describe, stages.chunk,
                      stages.embed, version.value));
    return read_version(connection, version);
  });
}

Status SqliteStore::drop_version(VersionId version) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(log_removal(connection, version));
    return erase_version(connection, version);
  });
}

Status SqliteStore::begin_stage(VersionId version, IngestStage stage, int first_page,
                                const StageLease& lease) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    const std::int64_t now = impl_->clock.unix_millis();
    LOADLINE_TRY(exec(connection,
                      "DELETE FROM ledger WHERE version = ? AND outcome = 'running' AND holder = ?",
                      version.value, lease.holder));
    LOADLINE_TRY(exec(connection,
                      "UPDATE ledger SET outcome = 'cut', finished = ?, reason = 'the process ended' WHERE "
                      "version = ? AND outcome = 'running'",
                      now, version.value));
    LOADLINE_ASSIGN(const VersionRecord record, read_version(connection, version));
    LOADLINE_TRY(open_row(connection, record, stage, first_page, lease, now));
    return exec(connection, "UPDATE versions SET state = ?, failure = 0, reason = '' WHERE id = ?",
                DocumentState::running, version.value);
  });
}

Status SqliteStore::store_properties(VersionId version, const DocumentProperties& properties) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    return exec(connection,
                "UPDATE versions SET media_type = ?, stated_title = ?, author = ?, created = ?, pages = ? "
                "WHERE id = ?",
                properties.media_type, properties.title, properties.author, properties.created,
                properties.page_count, version.value);
  });
}

Status SqliteStore::store_pages(VersionId version, std::span<const ExtractedPage> pages,
                                const StageLease& lease) {
  if (pages.empty()) return {};
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    for (const ExtractedPage& page : pages) {
      LOADLINE_TRY(insert_page(connection, version, page));
      LOADLINE_TRY(add_redactions(connection, version, page));
    }
    const int last = pages.back().number;
    LOADLINE_TRY(exec(connection,
                      "UPDATE versions SET next_page = ?1 + 1, pages = max(pages, ?1) WHERE id = ?2", last,
                      version.value));
    return advance_row(connection, version, last, last + 1, lease, impl_->clock.unix_millis());
  });
}

Result<std::vector<ExtractedPage>> SqliteStore::pages(VersionId version, int first, int count) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<ExtractedPage>> {
    Query query(connection,
                "SELECT number, width, height, recognised, lost_reason, content FROM pages WHERE version = ? "
                "AND number >= ? ORDER BY number LIMIT ?");
    query.bind(version.value).bind(first).bind(count);
    std::vector<ExtractedPage> pages;
    while (query.next()) {
      ExtractedPage& page = pages.emplace_back();
      page.number = static_cast<int>(query.number());
      page.width = static_cast<float>(query.real());
      page.height = static_cast<float>(query.real());
      page.recognised = query.number() != 0;
      page.lost_reason = query.text();
      LOADLINE_ASSIGN(page.blocks, decode_blocks(query.view()));
    }
    LOADLINE_TRY(query.status());
    return pages;
  });
}

Result<DocumentProperties> SqliteStore::properties(VersionId version) const {
  return impl_->read([&](SqlConnection& connection) -> Result<DocumentProperties> {
    Query query(connection,
                "SELECT media_type, stated_title, author, created, pages FROM versions WHERE id = ?");
    query.bind(version.value);
    DocumentProperties properties;
    if (query.next()) {
      properties.media_type = query.text();
      properties.title = query.text();
      properties.author = query.text();
      properties.created = query.text();
      properties.page_count = static_cast<int>(query.number());
    }
    LOADLINE_TRY(query.status());
    return properties;
  });
}

Status SqliteStore::store_description(VersionId version, const DocumentDescription& description) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    const std::string entities = encode_texts(description.entities);
    const std::string periods = encode_texts(description.periods);
    return exec(connection, "UPDATE versions SET title = ?, kind = ?, entities = ?, periods = ? WHERE id = ?",
                description.title, description.kind, SqlBlob{entities}, SqlBlob{periods}, version.value);
  });
}

Result<DocumentDescription> SqliteStore::description(VersionId version) const {
  return impl_->read([&](SqlConnection& connection) -> Result<DocumentDescription> {
    Query query(connection, "SELECT title, kind, entities, periods FROM versions WHERE id = ?");
    query.bind(version.value);
    DocumentDescription description;
    if (query.next()) {
      description.title = query.text();
      description.kind = query.text();
      if (!query.is_null()) {
        LOADLINE_ASSIGN(description.entities, decode_texts(query.view()));
        LOADLINE_ASSIGN(description.periods, decode_texts(query.view()));
      }
    }
    LOADLINE_TRY(query.status());
    return description;
  });
}

Result<ChunkId> SqliteStore::begin_chunks(VersionId version) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Result<ChunkId> {
    LOADLINE_ASSIGN(const std::int64_t first, next_chunk(connection));
    LOADLINE_TRY(exec(connection, "DELETE FROM chunks WHERE id >= ?", first));
    LOADLINE_TRY(exec(connection, "UPDATE versions SET first_chunk = ? WHERE id = ?", first, version.value));
    return ChunkId{static_cast<std::uint64_t>(first)};
  });
}

Status SqliteStore::store_chunks(VersionId version, std::span<const Chunk> chunks) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    for (const Chunk& chunk : chunks) LOADLINE_TRY(insert_chunk(connection, version, chunk));
    return {};
  });
}

Result<std::vector<Chunk>> SqliteStore::chunks_to_embed(VersionId version, std::uint32_t from,
                                                        std::size_t count) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<Chunk>> {
    Query query(connection, "SELECT " LOADLINE_CHUNK_COLUMNS
                            " FROM versions v JOIN chunks c ON c.version = v.id WHERE v.id = ? AND "
                            "c.ordinal >= ? AND NOT EXISTS (SELECT 1 FROM vectors WHERE chunk = c.id) "
                            "ORDER BY c.ordinal LIMIT ?");
    query.bind(version.value).bind(from).bind(count);
    return read_chunks(query);
  });
}

Status SqliteStore::choose_embedder(VersionId version, const EmbedderInfo& embedder) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(exec(
        connection, "INSERT INTO embedders(digest, name, dimensions) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        embedder_identity(embedder), embedder.name, embedder.dimensions));
    LOADLINE_TRY(exec(
        connection, "UPDATE versions SET embedder = (SELECT id FROM embedders WHERE digest = ?) WHERE id = ?",
        embedder_identity(embedder), version.value));
    return copy_equal_vectors(connection, version);
  });
}

Status SqliteStore::store_vectors(VersionId version, std::span<const Chunk> chunks, const Matrix& vectors,
                                  const StageLease& lease) {
  if (chunks.empty()) return {};
  if (vectors.rows != chunks.size())
    return Error(Code::internal, "document store: as many vectors as chunks are needed");
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    {
      Query query(connection,
                  "INSERT INTO vectors(chunk, version, embedder, half_floats) "
                  "SELECT ?1, id, embedder, ?2 FROM versions WHERE id = ?3");
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        const std::string bytes = half_bytes(vectors.row(i));
        query.again();
        query.bind(chunks[i].id.value).bind(SqlBlob{bytes}).bind(version.value);
        LOADLINE_TRY(query.run());
      }
    }
    const int last_page = chunks.back().pages.empty() ? 0 : chunks.back().pages.back().page;
    return advance_row(connection, version, last_page, last_page, lease, impl_->clock.unix_millis());
  });
}

Status SqliteStore::finish_stage(VersionId version, IngestStage stage) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    const auto next = static_cast<std::int64_t>(stage) + 1;
    if (stage == IngestStage::chunk) LOADLINE_TRY(settle_chunks(connection, version));
    // A row that was opened behind the last piece and covers nothing goes away.
    LOADLINE_TRY(
        exec(connection,
             "DELETE FROM ledger WHERE version = ?1 AND outcome = 'running' AND EXISTS (SELECT 1 FROM "
             "ledger WHERE version = ?1 AND stage = ?2 AND outcome = 'done')",
             version.value, stage));
    LOADLINE_TRY(exec(connection,
                      "UPDATE ledger SET outcome = 'done', finished = ? WHERE version = ? AND "
                      "outcome = 'running'",
                      impl_->clock.unix_millis(), version.value));
    return exec(connection, "UPDATE versions SET next = ? WHERE id = ?", next, version.value);
  });
}

Status SqliteStore::fail_stage(VersionId version, IngestStage stage, const Error& reason, bool last) {
  return impl_->write(Impl::Durability::ordered, [&](SqlConnection& connection) -> Status {
    LOADLINE_TRY(exec(connection,
                      "UPDATE ledger SET outcome = ?, reason = ?, finished = ? WHERE version = ? AND "
                      "stage = ? AND outcome = 'running'",
                      reason.code() == Code::cancelled ? "cut" : "failed", reason.message(),
                      impl_->clock.unix_millis(), version.value, stage));
    return exec(connection, "UPDATE versions SET state = ?, failure = ?, reason = ? WHERE id = ?",
                last ? DocumentState::failed : DocumentState::queued, reason.code(), reason.message(),
                version.value);
  });
}

Result<std::vector<LedgerRow>> SqliteStore::ledger(VersionId version) const {
  return impl_->read([&](SqlConnection& connection) -> Result<std::vector<LedgerRow>> {
    Query query(connection,
                "SELECT stage, stage_version, first_page, last_page, input_hash, attempt, holder, outcome, "
                "reason FROM ledger WHERE version = ? ORDER BY id");
    query.bind(version.value);
    std::vector<LedgerRow> rows;
    while (query.next()) {
      LedgerRow& row = rows.emplace_back();
      row.version = version;
      row.stage = static_cast<IngestStage>(query.number());
      row.stage_version = query.text();
      row.first_page = static_cast<int>(query.number());
      row.last_page = static_cast<int>(query.number());
      row.input_hash = query.text();
      row.attempt = static_cast<std::uint32_t>(query.number());
      row.holder = query.text();
      row.outcome = query.text();
      row.reason = query.text();
    }
    LOADLINE_TRY(query.status());
    return rows;
  });
}

}  // namespace loadline
