#pragma once
// SQLite as this module uses it: connections with their prepared statements, queries with sequential binding,
// transactions. Errors are collected in the query, so that a loop over rows reads like one.
//
//   Query query(connection, "SELECT name FROM documents WHERE collection = ?");
//   query.bind(collection.value);
//   while (query.next()) names.push_back(query.text());
//   LOADLINE_TRY(query.status());
//
// A connection belongs to one thread at a time.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace loadline {

/// Binds as BLOB instead of TEXT.
struct SqlBlob {
  std::string_view bytes;
};

class SqlConnection {
 public:
  enum class Mode : std::uint8_t { read, write };

  /// WAL, foreign keys, overwriting of freed content. Waits up to `busy_millis` for other writers.
  static Result<std::unique_ptr<SqlConnection>> open(const std::string& path, Mode mode, int busy_millis);
  ~SqlConnection();
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;

  /// Statements without parameters; several separated by ";".
  Status run_script(const char* sql);
  std::int64_t last_row_id() const;
  std::int64_t changed_rows() const;

 private:
  class Impl;
  explicit SqlConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;

  friend class Query;
};

class Query {
 public:
  /// `sql` must be a literal (the statement is kept by its address).
  Query(SqlConnection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::int64_t value);
  Query& bind(std::string_view text);
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind(const std::string& text) { return bind(std::string_view(text)); }
  Query& bind(SqlBlob blob);
  Query& bind(double value);
  Query& bind_null();
  template <class I, class = std::enable_if_t<std::is_integral_v<I> || std::is_enum_v<I>>, class = void>
  Query& bind(I value) {
    return bind(static_cast<std::int64_t>(value));
  }

  /// True with a row to read; false at the end and on errors (see status).
  bool next();
  /// Runs a statement that gives no rows, to the end.
  Status run();
  Status status() const;
  /// For the same statement with other values.
  void again();

  // The columns of the row, from left to right.
  std::int64_t number();
  double real();
  std::string text();
  std::string_view view();  // until the next call of `next` or the end of the query
  bool is_null() const;     // of the column that comes next
  void skip() { ++column_; }

 private:
  SqlConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int column_ = 0;
  std::optional<Error> error_;
};

/// `exec(connection, "DELETE FROM x WHERE a = ? AND b = ?", a, b)`.
template <class... Values>
Status exec(SqlConnection& connection, const char* sql, const Values&... values) {
  Query query(connection, sql);
  (query.bind(values), ...);
  return query.run();
}

/// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { read, write };

  Transaction(SqlConnection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Whether it could begin.
  const Status& begun() const { return begun_; }
  Status commit();

 private:
  SqlConnection& connection_;
  Status begun_;
  bool open_ = false;
};

}  // namespace loadline
