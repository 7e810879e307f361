#include "storage/schema.h"

#include <array>
#include <string>

namespace loadline {
namespace {

// Constraints carry the promises: ids are never used twice (AUTOINCREMENT, meta.next_chunk), a version's
// vectors are all of one model (vectors -> versions(id, embedder)), a collection serves versions of its own
// model only (the triggers).
constexpr const char* first_schema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 1), ('next_chunk', 1);

CREATE TABLE embedders(
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL, dimensions INTEGER NOT NULL);

CREATE TABLE collections(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  embedder INTEGER REFERENCES embedders(id), last_change INTEGER NOT NULL DEFAULT 0,
  dropped_changes INTEGER NOT NULL DEFAULT 0);

CREATE TABLE documents(
  id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL REFERENCES collections(id),
  name TEXT NOT NULL, source TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', metadata BLOB,
  live INTEGER REFERENCES versions(id), working INTEGER REFERENCES versions(id),
  deleting INTEGER NOT NULL DEFAULT 0, UNIQUE(collection, name));
CREATE INDEX documents_live ON documents(live);
CREATE INDEX documents_working ON documents(working);

CREATE TABLE versions(
  id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents(id),
  content_hash TEXT NOT NULL, bytes INTEGER NOT NULL,
  extract_version TEXT NOT NULL, describe_version TEXT NOT NULL, chunk_version TEXT NOT NULL,
  embed_version TEXT NOT NULL,
  next INTEGER NOT NULL, state INTEGER NOT NULL, failure INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '', next_page INTEGER NOT NULL DEFAULT 1, pages INTEGER NOT NULL DEFAULT 0,
  media_type TEXT NOT NULL DEFAULT '', stated_title TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '', created TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT '', entities BLOB, periods BLOB,
  embedder INTEGER REFERENCES embedders(id), first_chunk INTEGER NOT NULL DEFAULT 0,
  chunks INTEGER NOT NULL DEFAULT 0, logged INTEGER NOT NULL DEFAULT 0, started INTEGER NOT NULL,
  UNIQUE(id, embedder));
CREATE INDEX versions_document ON versions(document);

CREATE TABLE ledger(
  id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL REFERENCES versions(id),
  stage INTEGER NOT NULL, stage_version TEXT NOT NULL, first_page INTEGER NOT NULL,
  last_page INTEGER NOT NULL DEFAULT 0, input_hash TEXT NOT NULL, attempt INTEGER NOT NULL,
  holder TEXT NOT NULL, lease_until INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'cut')),
  reason TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL, finished INTEGER NOT NULL DEFAULT 0);
CREATE INDEX ledger_version ON ledger(version, stage);
CREATE UNIQUE INDEX ledger_one_running ON ledger(version) WHERE outcome = 'running';

CREATE TABLE pages(
  version INTEGER NOT NULL REFERENCES versions(id), number INTEGER NOT NULL, width REAL NOT NULL,
  height REAL NOT NULL, recognised INTEGER NOT NULL, lost_reason TEXT NOT NULL, blocks INTEGER NOT NULL,
  content BLOB NOT NULL, PRIMARY KEY(version, number));
CREATE INDEX pages_lost ON pages(version, number, lost_reason) WHERE lost_reason <> '';

CREATE TABLE chunks(
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions(id), ordinal INTEGER NOT NULL,
  first_page INTEGER NOT NULL, last_page INTEGER NOT NULL, text_begin INTEGER NOT NULL,
  text_end INTEGER NOT NULL, tokens INTEGER NOT NULL, is_table INTEGER NOT NULL, text TEXT NOT NULL,
  context TEXT NOT NULL, places BLOB NOT NULL, headings BLOB NOT NULL, table_header TEXT NOT NULL,
  table_caption TEXT NOT NULL);
CREATE UNIQUE INDEX chunk_order ON chunks(version, ordinal);
CREATE INDEX chunk_places ON chunks(version, id, first_page, last_page, ordinal);

CREATE TABLE vectors(
  chunk INTEGER PRIMARY KEY REFERENCES chunks(id), version INTEGER NOT NULL, embedder INTEGER NOT NULL,
  half_floats BLOB NOT NULL, FOREIGN KEY(version, embedder) REFERENCES versions(id, embedder));
CREATE INDEX vectors_version ON vectors(version, embedder);

CREATE TRIGGER served_model BEFORE UPDATE OF live ON documents
  WHEN NEW.live IS NOT NULL AND (SELECT embedder FROM versions WHERE id = NEW.live) IS NOT
       (SELECT embedder FROM collections WHERE id = NEW.collection)
  BEGIN SELECT RAISE(ABORT, 'a collection serves vectors of one model only'); END;

CREATE TABLE changes(
  number INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL REFERENCES collections(id),
  version INTEGER NOT NULL, first_chunk INTEGER NOT NULL, last_chunk INTEGER NOT NULL,
  rebuild INTEGER NOT NULL);
CREATE INDEX changes_collection ON changes(collection, number);

CREATE TABLE receipts(
  id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL REFERENCES collections(id),
  document INTEGER NOT NULL, name TEXT NOT NULL, content_hash TEXT NOT NULL, versions INTEGER NOT NULL,
  pages INTEGER NOT NULL, blocks INTEGER NOT NULL, chunks INTEGER NOT NULL, vectors INTEGER NOT NULL,
  ledger_rows INTEGER NOT NULL, text_bytes INTEGER NOT NULL, requested INTEGER NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0, log_truncated INTEGER NOT NULL DEFAULT 0);
CREATE INDEX receipts_document ON receipts(document);
)sql";

// What was taken out of a version's pages, by type.
constexpr const char* second_schema = R"sql(
CREATE TABLE redactions(
  version INTEGER NOT NULL REFERENCES versions(id), type TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY(version, type)) WITHOUT ROWID;
)sql";

constexpr std::array<const char*, schema_version> migrations = {first_schema, second_schema};

Result<int> stored_version(SqlConnection& connection) {
  Query query(connection, "PRAGMA user_version");
  const int version = query.next() ? static_cast<int>(query.number()) : 0;
  LOADLINE_TRY(query.status());
  return version;
}

Status migrate_from(SqlConnection& connection, int version) {
  Transaction transaction(connection, Transaction::Kind::write);
  LOADLINE_TRY(transaction.begun());
  LOADLINE_ASSIGN(const int now, stored_version(connection));  // another process may have been faster
  if (now != version) return {};
  LOADLINE_TRY(connection.run_script(migrations[static_cast<std::size_t>(version)]));
  const std::string mark = "PRAGMA user_version = " + std::to_string(version + 1);
  LOADLINE_TRY(connection.run_script(mark.c_str()));
  return transaction.commit();
}

}  // namespace

Status migrate_schema(SqlConnection& connection) {
  for (;;) {
    LOADLINE_ASSIGN(const int version, stored_version(connection));
    if (version == schema_version) return {};
    if (version > schema_version)
      return Error(Code::failed_precondition,
                   "the data folder was written by a newer Loadline (store version " +
                       std::to_string(version) + ", this program knows " + std::to_string(schema_version) +
                       "); use that program, or another data folder");
    LOADLINE_TRY(migrate_from(connection, version));
  }
}

}  // namespace loadline
