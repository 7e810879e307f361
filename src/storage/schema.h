#pragma once
// The tables of the document store and how older data folders become today's. The version is SQLite's
// user_version; each migration is one transaction, so that a crash leaves the one before or the one after.
#include "base/result.h"
#include "storage/sqlite.h"

namespace loadline {

inline constexpr int schema_version = 2;

/// failed_precondition if a newer program wrote the folder.
Status migrate_schema(SqlConnection& connection);

}  // namespace loadline
