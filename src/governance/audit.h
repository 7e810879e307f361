#pragma once
// What was decided and done with whose data, in a log that shows tampering.
//
// Every record carries the SHA-256 of itself and of the record before it (its number and time included), in a
// journal of its own. `anchor` writes number and hash of the last record to a file beside it, and gives them
// as a line of text that can be kept elsewhere.
//
// `verify` finds: any changed, removed, added or reordered record, and a tail cut off at or before the last
// anchor. It cannot find: a tail cut off after the last anchor (at most what was written since; the owner
// anchors every second), nor a log rewritten from some record on by somebody who may also write the anchor
// file. Anchor lines kept on another machine and given to `verify` find that too, up to the newest of them.
//
// Never content: names, classes, verdicts and counts only. Thread-safe; `record` waits for no disk.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "model/file_system.h"
#include "model/journal.h"

namespace loadline {

/// A candidate is about to receive data. Recorded before the first byte leaves: this is what `prove` counts.
struct AuditSend {
  std::string request_id{}, key{};
  std::string data_class{};            // of the request's label
  std::vector<std::string> regions{};  // where it may go; empty: anywhere
  std::string model{}, upstream{}, region{}, operator_name{};
  std::uint32_t attempt = 1;
  std::string purpose{};  // "answer", "hedge", "shadow", "embedding", "judge", ...
  friend bool operator==(const AuditSend&, const AuditSend&) = default;
};

struct AuditRemoved {
  std::string model{}, reason{};
  friend bool operator==(const AuditRemoved&, const AuditRemoved&) = default;
};

struct AuditGuard {
  std::string name{};
  std::string verdict{};  // "allow", "flag", "mask", "block", ...; "not run", "failed", "late" say that it
                          // did not check
  std::uint32_t findings = 0;  // how many, never what
  std::string ran{};           // which of its parts did: "signatures, classifier"; "": it has only one
  std::string why{};           // it or a part of it did not run
  friend bool operator==(const AuditGuard&, const AuditGuard&) = default;
};

/// One for each request, at its end.
struct AuditDecision {
  std::string request_id{}, key{}, team{}, route{};
  std::string data_class{};
  std::vector<std::string> regions{};
  std::string class_reason{};  // what raised it: "key floor", "header", "collection", "detector", ...
  std::vector<AuditRemoved> removed{};
  std::string model{}, upstream{}, region{}, operator_name{};  // that answered; "": none did
  std::vector<AuditGuard> guards{};                            // that really ran, or should have
  std::string outcome{};                                       // "completed", "refused", "blocked", ...
  std::string cache{};                                         // "", "miss", "exact", "semantic"
  friend bool operator==(const AuditDecision&, const AuditDecision&) = default;
};

/// The vault of pseudonyms was used.
struct AuditVault {
  std::string request_id{}, actor{}, tenant{};
  std::string action{};     // "restore", "export", "erase"
  std::uint64_t count = 0;  // values
  friend bool operator==(const AuditVault&, const AuditVault&) = default;
};

/// Somebody changed something: keys, configuration, deletion.
struct AuditAdmin {
  std::string actor{}, action{}, target{}, result{};
  friend bool operator==(const AuditAdmin&, const AuditAdmin&) = default;
};

using AuditEvent = std::variant<AuditSend, AuditDecision, AuditVault, AuditAdmin>;

using AuditHash = std::array<unsigned char, 32>;

struct AuditAnchor {
  std::uint64_t number = 0;  // of the record; 0: before the first
  AuditHash hash{};

  /// "loadline-audit 41 <hex>".
  std::string line() const;
  static Result<AuditAnchor> parse(std::string_view line);
  friend bool operator==(const AuditAnchor&, const AuditAnchor&) = default;
};

struct AuditReport {
  std::uint64_t records = 0;
  std::uint64_t first = 0;              // number of the first record kept
  AuditAnchor head{};                   // of the last record
  std::uint64_t anchored = 0;           // a cut before this record would have been noticed
  std::vector<std::string> problems{};  // each with its place; empty: intact. At most problems_max
  static constexpr std::size_t problems_max = 100;
  bool intact() const { return problems.empty(); }
};

struct AuditQuestion {
  std::vector<std::string> classes{};  // the class asked about and every stricter one
  std::string not_region{};
  std::int64_t from_ms = 0, to_ms = INT64_MAX;  // [from, to)
};

struct AuditProof {
  bool holds = false;       // no send in that region, and the log is intact
  std::uint64_t sends = 0;  // in that time, of those classes
  std::uint64_t sends_all_classes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> by_region{};  // of `sends`
  std::uint64_t violations = 0;
  struct Evidence {
    std::uint64_t number;
    std::int64_t time_ms;
    AuditSend send{};
  };
  std::vector<Evidence> evidence{};  // the first violations_shown_max of them
  static constexpr std::size_t violations_shown_max = 100;
  std::uint64_t first = 0, last = 0;  // numbers of the records in that time
  AuditReport log{};
};

struct AuditOptions {
  std::string anchor_file{};  // e.g. DATA/audit/anchor; its folder must be there
  bool read_only = false;
  static constexpr std::size_t text_bytes_max =
      192;  // of each text; longer ones are cut and marked with "..."
  static constexpr std::size_t list_max =
      32;  // entries of each list; what is over is counted in the last one
};

class AuditLog {
 public:
  /// data_loss: the anchor does not fit the log (it was cut or changed); `verify_audit` tells more.
  static Result<std::unique_ptr<AuditLog>> open(Journal& journal, FileSystem& files, const Clock& clock,
                                                AuditOptions options);
  virtual ~AuditLog() = default;

  /// Gives its number. resource_exhausted, unavailable: as the journal; what was to be recorded must then not
  /// happen.
  virtual Result<std::uint64_t> record(const AuditEvent& event) = 0;
  /// Makes all records durable and writes the anchor. Blocks; called every second by a background thread and
  /// before closing. Nothing new since the last: does nothing.
  virtual Result<AuditAnchor> anchor() = 0;
};

/// One record, decoded.
struct AuditRecord {
  std::uint64_t number = 0;
  std::int64_t time_ms = 0;
  AuditHash hash{};
  AuditEvent event{};
};

/// Checks every record. `kept`: anchors kept elsewhere. An error only where the log cannot be read at all.
Result<AuditReport> verify_audit(const Journal& journal, FileSystem& files, const AuditOptions& options,
                                 std::span<const AuditAnchor> kept = {});
/// Answers from the log, with the check of all of it.
Result<AuditProof> prove_audit(const Journal& journal, FileSystem& files, const AuditOptions& options,
                               const AuditQuestion& question, std::span<const AuditAnchor> kept = {});
/// Every record in [from_ms, to_ms), until `visit` gives false. data_loss.
Status read_audit(const Journal& journal, std::int64_t from_ms, std::int64_t to_ms,
                  const std::function<bool(const AuditRecord&)>& visit);

}  // namespace loadline
