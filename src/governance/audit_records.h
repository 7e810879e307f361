#pragma once
// The binary form of audit records and their chain.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "governance/audit.h"

namespace loadline {

/// SHA-256 of (hash of the record before, number, body). One thread per object.
class AuditHasher {
 public:
  AuditHasher();
  ~AuditHasher();
  AuditHasher(const AuditHasher&) = delete;
  AuditHasher& operator=(const AuditHasher&) = delete;

  AuditHash next(const AuditHash& before, std::uint64_t number, std::string_view body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Time and event. Texts over text_bytes_max and lists over list_max are cut, and say so.
std::string encode_audit_body(std::int64_t time_ms, const AuditEvent& event);

/// A record as it lies in the journal: its hash, then its body.
struct StoredAudit {
  AuditHash hash{};
  std::string_view body{};
};
std::optional<StoredAudit> split_audit(std::string_view record);
/// Time and event of a body; nothing where it is not one.
std::optional<AuditRecord> decode_audit_body(std::string_view body);

std::string hex_of(const AuditHash& hash);

}  // namespace loadline
