#include "governance/audit_records.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "governance/record_codec.h"

namespace loadline {

struct AuditHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { LOADLINE_ASSERT(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

AuditHasher::AuditHasher() : state_(std::make_unique<State>()) {}
AuditHasher::~AuditHasher() = default;

AuditHash AuditHasher::next(const AuditHash& before, std::uint64_t number, std::string_view body) {
  EVP_MD_CTX* context = state_->context;
  AuditHash hash{};
  LOADLINE_ASSERT(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1 &&
                  EVP_DigestUpdate(context, before.data(), before.size()) == 1 &&
                  EVP_DigestUpdate(context, &number, sizeof number) == 1 &&
                  EVP_DigestUpdate(context, body.data(), body.size()) == 1 &&
                  EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  return hash;
}

namespace {

enum class Kind : std::uint8_t { send = 1, decision, vault, admin };

using TextList = std::vector<std::string>;

// Writes and reads the fields of every event in one order.
class FieldWriter {
 public:
  explicit FieldWriter(RecordWriter& out) : out_(out) {}
  void operator()(const std::string& text) {
    if (text.size() <= AuditOptions::text_bytes_max) {
      out_.text(text);
      return;
    }
    std::size_t end = AuditOptions::text_bytes_max - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a letter
    out_.text(text.substr(0, end) + "...");
  }
  void operator()(std::uint64_t number) { out_.number(number); }
  void operator()(std::uint32_t number) { out_.number(number); }
  // One entry more than list_max says how many are left out.
  template <class Entry>
  void operator()(const std::vector<Entry>& list) {
    const std::size_t kept = std::min(list.size(), AuditOptions::list_max);
    const bool cut = list.size() > kept;
    out_.number(kept + (cut ? 1 : 0));
    for (std::size_t i = 0; i < kept; ++i) entry(list[i]);
    if (cut) entry(left_out<Entry>(list.size() - kept));
  }

 private:
  template <class Entry>
  void entry(const Entry& value);
  template <class Entry>
  static Entry left_out(std::size_t count) {
    const std::string text = "... " + std::to_string(count) + " more";
    if constexpr (std::is_same_v<Entry, std::string>)
      return text;
    else
      return Entry{text};
  }
  RecordWriter& out_;
};

class FieldReader {
 public:
  explicit FieldReader(RecordReader& in) : in_(in) {}
  void operator()(std::string& text) { text = in_.text(); }
  void operator()(std::uint64_t& number) { number = in_.number(); }
  void operator()(std::uint32_t& number) { number = in_.number32(); }
  template <class Entry>
  void operator()(std::vector<Entry>& list) {
    for (std::uint64_t left = in_.number(); left > 0 && in_.good(); --left) {
      list.emplace_back();
      entry(list.back());
    }
  }

 private:
  template <class Entry>
  void entry(Entry& value);
  RecordReader& in_;
};

template <class Fields, class E>
void visit_fields(Fields&& fields, E& event) {
  using Event = std::remove_const_t<E>;
  if constexpr (std::is_same_v<Event, AuditSend>) {
    fields(event.request_id), fields(event.key), fields(event.data_class), fields(event.regions);
    fields(event.model), fields(event.upstream), fields(event.region), fields(event.operator_name);
    fields(event.attempt), fields(event.purpose);
  } else if constexpr (std::is_same_v<Event, AuditDecision>) {
    fields(event.request_id), fields(event.key), fields(event.team), fields(event.route),
        fields(event.data_class);
    fields(event.regions), fields(event.class_reason), fields(event.removed), fields(event.model);
    fields(event.upstream), fields(event.region), fields(event.operator_name), fields(event.guards);
    fields(event.outcome), fields(event.cache);
  } else if constexpr (std::is_same_v<Event, AuditVault>) {
    fields(event.request_id), fields(event.actor), fields(event.tenant), fields(event.action),
        fields(event.count);
  } else if constexpr (std::is_same_v<Event, AuditAdmin>) {
    fields(event.actor), fields(event.action), fields(event.target), fields(event.result);
  } else if constexpr (std::is_same_v<Event, AuditRemoved>) {
    fields(event.model), fields(event.reason);
  } else if constexpr (std::is_same_v<Event, AuditGuard>) {
    fields(event.name), fields(event.verdict), fields(event.findings), fields(event.ran), fields(event.why);
  } else {
    fields(event);
  }
}

template <class Entry>
void FieldWriter::entry(const Entry& value) {
  visit_fields(*this, value);
}
template <class Entry>
void FieldReader::entry(Entry& value) {
  visit_fields(*this, value);
}

template <class Event>
AuditEvent read_event(RecordReader& in) {
  Event event;
  visit_fields(FieldReader(in), event);
  return event;
}

}  // namespace

std::string encode_audit_body(std::int64_t time_ms, const AuditEvent& event) {
  RecordWriter out;
  out.byte(static_cast<std::uint8_t>(event.index() + 1))
      .number(static_cast<std::uint64_t>(std::max<std::int64_t>(time_ms, 0)));
  std::visit([&](const auto& e) { visit_fields(FieldWriter(out), e); }, event);
  return out.out();
}

std::optional<StoredAudit> split_audit(std::string_view record) {
  StoredAudit stored;
  if (record.size() <= stored.hash.size()) return std::nullopt;
  std::memcpy(stored.hash.data(), record.data(), stored.hash.size());
  stored.body = record.substr(stored.hash.size());
  return stored;
}

std::optional<AuditRecord> decode_audit_body(std::string_view body) {
  RecordReader in(body);
  AuditRecord record;
  const auto kind = static_cast<Kind>(in.byte());
  record.time_ms = in.amount();
  switch (kind) {
    case Kind::send:
      record.event = read_event<AuditSend>(in);
      break;
    case Kind::decision:
      record.event = read_event<AuditDecision>(in);
      break;
    case Kind::vault:
      record.event = read_event<AuditVault>(in);
      break;
    case Kind::admin:
      record.event = read_event<AuditAdmin>(in);
      break;
    default:
      return std::nullopt;
  }
  if (!in.whole()) return std::nullopt;
  return record;
}

std::string hex_of(const AuditHash& hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : hash) text += digits[byte >> 4], text += digits[byte & 15];
  return text;
}

}  // namespace loadline
