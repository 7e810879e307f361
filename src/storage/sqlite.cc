#include "storage/sqlite.h"

#include <sqlite3.h>

#include "base/assert.h"

namespace loadline {
namespace {

Code code_of(int result) {
  switch (result & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::data_loss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::unavailable;
    case SQLITE_CONSTRAINT:
      return Code::failed_precondition;
    default:
      return Code::internal;
  }
}

// Never the SQL text or values: only what SQLite says about the kind of failure.
Error error_of(sqlite3* connection, int result) {
  std::string message = "document store: ";
  if ((result & 0xFF) == SQLITE_CONSTRAINT && connection != nullptr)
    message += sqlite3_errmsg(connection);
  else
    message += sqlite3_errstr(result);
  switch (result & 0xFF) {
    case SQLITE_FULL:
      message += "; free some disk space and run it again";
      break;
    case SQLITE_BUSY:
      message += "; another process writes to it, try again";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      message += "; restore the data folder from a backup or ingest into a new one";
      break;
    default:
      break;
  }
  return Error(code_of(result), std::move(message));
}

}  // namespace

class SqlConnection::Impl {
 public:
  explicit Impl(sqlite3* connection) : connection_(connection) {}
  ~Impl() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(connection_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  sqlite3* get() const { return connection_; }

  Result<sqlite3_stmt*> prepared(const char* sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    sqlite3_stmt* statement = nullptr;
    const int result =
        sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) return error_of(connection_, result);
    statements_.emplace(sql, statement);
    return statement;
  }

 private:
  sqlite3* connection_;
  std::unordered_map<const void*, sqlite3_stmt*> statements_;  // by the address of the literal
};

SqlConnection::SqlConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqlConnection::~SqlConnection() = default;

Result<std::unique_ptr<SqlConnection>> SqlConnection::open(const std::string& path, Mode mode,
                                                           int busy_millis) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == Mode::write ? SQLITE_OPEN_CREATE : 0);
  const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  auto impl = std::make_unique<Impl>(raw);
  if (result != SQLITE_OK) return error_of(nullptr, result).within("opening " + path);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, busy_millis);
  std::unique_ptr<SqlConnection> connection(new SqlConnection(std::move(impl)));
  if (Status set =
          connection->run_script("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
                                 "PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL;");
      !set)
    return set.error().within("opening " + path);
  if (mode == Mode::read) LOADLINE_TRY(connection->run_script("PRAGMA query_only=ON;"));
  return connection;
}

Status SqlConnection::run_script(const char* sql) {
  const int result = sqlite3_exec(impl_->get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return error_of(impl_->get(), result);
  return {};
}

std::int64_t SqlConnection::last_row_id() const { return sqlite3_last_insert_rowid(impl_->get()); }
std::int64_t SqlConnection::changed_rows() const { return sqlite3_changes64(impl_->get()); }

Query::Query(SqlConnection& connection, const char* sql) : connection_(connection) {
  auto statement = connection.impl_->prepared(sql);
  if (statement)
    statement_ = *statement;
  else
    error_ = statement.error();
  // One statement is one query at a time: a second one would silently restart the first.
  LOADLINE_ASSERT(statement_ == nullptr || sqlite3_stmt_busy(statement_) == 0);
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, ++parameter_, value);
  return *this;
}

Query& Query::bind(double value) {
  if (statement_ != nullptr) sqlite3_bind_double(statement_, ++parameter_, value);
  return *this;
}

Query& Query::bind(std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";
  if (statement_ != nullptr && sqlite3_bind_text64(statement_, ++parameter_, data, text.size(),
                                                   SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK)
    error_ = Error(Code::resource_exhausted, "document store: a text is too long to be stored");
  return *this;
}

Query& Query::bind(SqlBlob blob) {
  const char* data = blob.bytes.data() != nullptr ? blob.bytes.data() : "";
  if (statement_ != nullptr &&
      sqlite3_bind_blob64(statement_, ++parameter_, data, blob.bytes.size(), SQLITE_TRANSIENT) != SQLITE_OK)
    error_ = Error(Code::resource_exhausted, "document store: a page is too large to be stored");
  return *this;
}

Query& Query::bind_null() {
  if (statement_ != nullptr) sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

bool Query::next() {
  if (statement_ == nullptr || error_) return false;
  column_ = 0;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) error_ = error_of(connection_.impl_->get(), result);
  return false;
}

Status Query::run() {
  while (next()) {
  }
  return status();
}

Status Query::status() const {
  if (error_) return *error_;
  return {};
}

void Query::again() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
  parameter_ = 0;
}

std::int64_t Query::number() { return sqlite3_column_int64(statement_, column_++); }
double Query::real() { return sqlite3_column_double(statement_, column_++); }
std::string Query::text() { return std::string(view()); }

std::string_view Query::view() {
  const void* data = sqlite3_column_blob(statement_, column_);
  const int size = sqlite3_column_bytes(statement_, column_);
  ++column_;
  return {static_cast<const char*>(data), data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

bool Query::is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

Transaction::Transaction(SqlConnection& connection, Kind kind) : connection_(connection) {
  // A write transaction takes its lock at once: it never has to be given up half way because of another.
  begun_ = kind == Kind::write ? exec(connection, "BEGIN IMMEDIATE") : exec(connection, "BEGIN");
  open_ = begun_.ok();
}

Transaction::~Transaction() {
  if (open_) (void)exec(connection_, "ROLLBACK");
}

Status Transaction::commit() {
  LOADLINE_TRY(exec(connection_, "COMMIT"));
  open_ = false;
  return {};
}

}  // namespace loadline
