#include "governance/audit.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "governance/audit_records.h"

namespace loadline {
namespace {

constexpr std::string_view anchor_word = "loadline-audit ";

Result<AuditAnchor> read_anchor(FileSystem& files, const std::string& path) {
  LOADLINE_ASSIGN(const std::unique_ptr<FileView> file, files.open(path));
  const auto bytes = file->bytes();
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto anchor = AuditAnchor::parse(text);
  if (!anchor) return Error(Code::data_loss, "the anchor file " + path + " is damaged");
  return anchor;
}

Status write_anchor(FileSystem& files, const std::string& path, const AuditAnchor& anchor) {
  const std::string text = anchor.line() + "\n";
  return files.write_durable(path, std::as_bytes(std::span(text)));
}

// The hash that record `number` carries; the one before the first is all zeros.
Result<AuditHash> stored_hash(const Journal& journal, std::uint64_t number) {
  std::optional<StoredAudit> found;
  AuditHash hash{};
  if (number == 0) return hash;
  LOADLINE_TRY(journal.read(number, [&](std::uint64_t, std::string_view record) {
    found = split_audit(record);
    if (found) hash = found->hash;
    return false;
  }));
  if (!found)
    return Error(Code::data_loss, "record " + std::to_string(number) + " of the audit log is not there");
  return hash;
}

class JournalAudit final : public AuditLog {
 public:
  JournalAudit(Journal& journal, FileSystem& files, const Clock& clock, AuditOptions options)
      : journal_(journal), files_(files), clock_(clock), options_(std::move(options)) {}

  Status load();
  Result<std::uint64_t> record(const AuditEvent& event) override;
  Result<AuditAnchor> anchor() override;

 private:
  Journal& journal_;
  FileSystem& files_;
  const Clock& clock_;
  const AuditOptions options_;
  std::mutex anchoring_;  // one anchor at a time
  std::mutex mutex_;
  // guarded by mutex_
  AuditHasher hasher_;
  AuditAnchor head_;
  std::string buffer_;
  AuditAnchor anchored_;
};

Status JournalAudit::load() {
  std::lock_guard lock(mutex_);
  head_.number = journal_.last();
  LOADLINE_ASSIGN(head_.hash, stored_hash(journal_, head_.number));
  auto anchor = read_anchor(files_, options_.anchor_file);
  if (!anchor && anchor.error().code() != Code::not_found) return std::move(anchor).error();
  if (!anchor && head_.number > 0)
    return Error(Code::data_loss,
                 "the audit log has records, but its anchor file " + options_.anchor_file +
                     " is missing; restore it, or run `loadline audit verify` and move both away");
  if (anchor) {
    const auto fits = anchor->number <= head_.number ? stored_hash(journal_, anchor->number)
                                                     : Result<AuditHash>(Error(Code::data_loss, ""));
    if (!fits || *fits != anchor->hash)
      return Error(Code::data_loss, "the audit log does not hold the record that its anchor names (" +
                                        std::to_string(anchor->number) +
                                        "): it was cut or changed; run `loadline audit verify`");
    anchored_ = *anchor;
    return {};
  }
  return options_.read_only ? Status{} : write_anchor(files_, options_.anchor_file, head_);
}

Result<std::uint64_t> JournalAudit::record(const AuditEvent& event) {
  if (options_.read_only) return Error(Code::failed_precondition, "the audit log is open for reading only");
  const std::string body = encode_audit_body(clock_.unix_millis(), event);
  std::lock_guard lock(mutex_);
  const AuditHash hash = hasher_.next(head_.hash, head_.number + 1, body);
  buffer_.assign(reinterpret_cast<const char*>(hash.data()), hash.size());
  buffer_ += body;
  LOADLINE_ASSIGN(const std::uint64_t number, journal_.append(buffer_));
  LOADLINE_ASSERT(number == head_.number + 1);  // nobody else writes this journal
  head_ = {number, hash};
  return number;
}

Result<AuditAnchor> JournalAudit::anchor() {
  if (options_.read_only) return Error(Code::failed_precondition, "the audit log is open for reading only");
  std::lock_guard one(anchoring_);
  std::unique_lock lock(mutex_);
  const AuditAnchor head = head_;
  if (head == anchored_) return head;
  lock.unlock();
  LOADLINE_TRY(journal_.flush());
  LOADLINE_TRY(write_anchor(files_, options_.anchor_file, head));
  lock.lock();
  anchored_ = head;
  return head;
}

// Follows the chain and notes where it breaks.
class ChainCheck {
 public:
  explicit ChainCheck(std::vector<AuditAnchor> anchors) : anchors_(std::move(anchors)) {}

  void begin(std::uint64_t first) {
    report_.first = first;
    head_.number = first - 1;
    if (first <= 1) return;
    // Older records are no longer kept: their end must be known from elsewhere.
    for (const AuditAnchor& anchor : anchors_)
      if (anchor.number == first - 1) head_ = anchor, known_start_ = true;
    if (!known_start_)
      problem("the records before " + std::to_string(first) + " are missing, and no anchor of record " +
              std::to_string(first - 1) + " was given");
    trust_next_ = !known_start_;
  }

  // Nothing: a record that cannot be read.
  std::optional<AuditRecord> take(std::uint64_t number, std::string_view bytes) {
    const auto stored = split_audit(bytes);
    auto record = stored ? decode_audit_body(stored->body) : std::nullopt;
    ++report_.records;
    if (!record) {
      problem("record " + std::to_string(number) + " is not an audit record");
      head_.number = number, trust_next_ = true;
      return std::nullopt;
    }
    const AuditHash expected = hasher_.next(head_.hash, number, stored->body);
    if (expected != stored->hash && !trust_next_)
      problem("record " + std::to_string(number) +
              " does not follow from the one before it: it was changed, or one before it was changed, added, "
              "moved or "
              "removed");
    trust_next_ = false;
    head_ = {number, stored->hash};  // so that each break is told once
    for (const AuditAnchor& anchor : anchors_)
      if (anchor.number == number && anchor.hash != head_.hash)
        problem("record " + std::to_string(number) +
                " is not the one that was anchored: the log was rewritten");
    record->number = number, record->hash = stored->hash;
    return record;
  }

  void problem(std::string text) {
    if (report_.problems.size() < AuditReport::problems_max) report_.problems.push_back(std::move(text));
  }

  AuditReport finish() {
    for (const AuditAnchor& anchor : anchors_) {
      report_.anchored = std::max(report_.anchored, anchor.number);
      if (anchor.number > head_.number)
        problem("the log ends with record " + std::to_string(head_.number) + ", but record " +
                std::to_string(anchor.number) + " was anchored: its end was cut off");
    }
    report_.head = head_;
    return report_;
  }

 private:
  const std::vector<AuditAnchor> anchors_;
  AuditHasher hasher_;
  AuditReport report_;
  AuditAnchor head_;
  bool known_start_ = false;
  bool trust_next_ = false;  // the hash before it is not known, which was told
};

Result<AuditReport> follow(const Journal& journal, FileSystem& files, const AuditOptions& options,
                           std::span<const AuditAnchor> kept,
                           const std::function<void(const AuditRecord&)>& visit) {
  std::vector<AuditAnchor> anchors(kept.begin(), kept.end());
  // Before the records: an anchor that is written meanwhile may name a later one than is read.
  auto anchor = read_anchor(files, options.anchor_file);
  if (anchor) anchors.push_back(*anchor);
  ChainCheck check(std::move(anchors));
  if (!anchor) check.problem("a cut end cannot be noticed: " + anchor.error().message());
  check.begin(journal.first());
  const Status read = journal.read(journal.first(), [&](std::uint64_t number, std::string_view bytes) {
    if (const auto record = check.take(number, bytes)) visit(*record);
    return true;
  });
  if (!read && read.error().code() != Code::data_loss) return read.error();
  if (!read) check.problem(read.error().message());
  return check.finish();
}

}  // namespace

std::string AuditAnchor::line() const {
  return std::string(anchor_word) + std::to_string(number) + " " + hex_of(hash);
}

Result<AuditAnchor> AuditAnchor::parse(std::string_view line) {
  const auto wrong = [] {
    return Error(Code::invalid_argument,
                 "an anchor is a line like: loadline-audit 41 <64 hexadecimal digits>");
  };
  if (!line.starts_with(anchor_word)) return wrong();
  line.remove_prefix(anchor_word.size());
  const std::size_t space = line.find(' ');
  AuditAnchor anchor;
  if (space == 0 || space > 19 || line.size() != space + 1 + 2 * anchor.hash.size()) return wrong();
  for (const char c : line.substr(0, space)) {
    if (c < '0' || c > '9') return wrong();
    anchor.number = anchor.number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const std::string_view digits = line.substr(space + 1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    constexpr std::string_view all = "0123456789abcdef";
    const std::size_t value = all.find(digits[i]);
    if (value == std::string_view::npos) return wrong();
    anchor.hash[i / 2] = static_cast<unsigned char>(anchor.hash[i / 2] << 4 | value);
  }
  return anchor;
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(Journal& journal, FileSystem& files, const Clock& clock,
                                                 AuditOptions options) {
  auto log = std::make_unique<JournalAudit>(journal, files, clock, std::move(options));
  LOADLINE_TRY(log->load());
  return std::unique_ptr<AuditLog>(std::move(log));
}

Result<AuditReport> verify_audit(const Journal& journal, FileSystem& files, const AuditOptions& options,
                                 std::span<const AuditAnchor> kept) {
  return follow(journal, files, options, kept, [](const AuditRecord&) {});
}

Result<AuditProof> prove_audit(const Journal& journal, FileSystem& files, const AuditOptions& options,
                               const AuditQuestion& question, std::span<const AuditAnchor> kept) {
  AuditProof proof;
  std::map<std::string, std::uint64_t> by_region;
  const auto look_at = [&](const AuditRecord& record) {
    if (record.time_ms < question.from_ms || record.time_ms >= question.to_ms) return;
    if (proof.first == 0) proof.first = record.number;
    proof.last = record.number;
    const auto* send = std::get_if<AuditSend>(&record.event);
    if (send == nullptr) return;
    ++proof.sends_all_classes;
    if (std::find(question.classes.begin(), question.classes.end(), send->data_class) ==
        question.classes.end())
      return;
    ++proof.sends;
    ++by_region[send->region];
    if (send->region != question.not_region) return;
    ++proof.violations;
    if (proof.evidence.size() < AuditProof::violations_shown_max)
      proof.evidence.push_back({record.number, record.time_ms, *send});
  };
  LOADLINE_ASSIGN(proof.log, follow(journal, files, options, kept, look_at));
  proof.by_region.assign(by_region.begin(), by_region.end());
  proof.holds = proof.violations == 0 && proof.log.intact();
  return proof;
}

Status read_audit(const Journal& journal, std::int64_t from_ms, std::int64_t to_ms,
                  const std::function<bool(const AuditRecord&)>& visit) {
  std::uint64_t foreign = 0;
  LOADLINE_TRY(journal.read(journal.first(), [&](std::uint64_t number, std::string_view bytes) {
    const auto stored = split_audit(bytes);
    auto record = stored ? decode_audit_body(stored->body) : std::nullopt;
    if (!record) return foreign = number, false;
    record->number = number, record->hash = stored->hash;
    return record->time_ms < from_ms || record->time_ms >= to_ms || visit(*record);
  }));
  if (foreign == 0) return {};
  return Error(Code::data_loss,
               "record " + std::to_string(foreign) + " is not an audit record; run `loadline audit verify`");
}

}  // namespace loadline
