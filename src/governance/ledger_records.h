#pragma once
// The records of the ledger in the journal, and the sums that follow from them. Live calls and replay apply
// the same records by the same function, so that what is shown after a crash is what was shown before it.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "governance/ledger.h"
#include "governance/record_codec.h"

namespace loadline {

/// A name's number; 0 is "".
using NameId = std::uint32_t;

struct NameRecord {
  NameId id = 0;
  std::string_view name{};
};
struct StartRecord {
  std::int64_t time_ms = 0;
  std::string_view request_id{};
  NameId key = 0, team = 0, route = 0, model = 0;
  DataLabel label{};
  NanoDollars reserved = 0, prompt_cost = 0, output_price = 0;
  std::uint64_t prompt_tokens = 0;
};
struct WatermarkRecord {
  RowId row = 0;
  std::uint64_t delivered = 0;
};
struct EndRecord {
  RowId row = 0;
  std::int64_t time_ms = 0;
  UsageSource source = UsageSource::unknown;
  RowOutcome outcome = RowOutcome::completed;
  TokenCounts tokens{};
  NanoDollars cost = 0, uncertain = 0;
  NameId model = 0, upstream = 0;  // model 0: the one of the start
  std::uint32_t attempts = 0, status = 0, duration_ms = 0;
  std::optional<std::uint32_t> first_token_ms{};
};
struct LoserRecord {
  RowId row = 0;
  std::int64_t time_ms = 0;
  NameId account = 0, route = 0, model = 0, upstream = 0;
  UsageSource source = UsageSource::unknown;
  TokenCounts tokens{};
  NanoDollars cost = 0, uncertain = 0;
};
using LedgerRecord = std::variant<NameRecord, StartRecord, WatermarkRecord, EndRecord, LoserRecord>;

void encode(const LedgerRecord& record, RecordWriter& out);
/// Nothing: not a record of this form. Texts point into `bytes`.
std::optional<LedgerRecord> decode_ledger_record(std::string_view bytes);

/// What is remembered of a call in flight.
struct OpenRow {
  std::int64_t started_ms = 0;
  NameId key = 0, team = 0, route = 0, model = 0;
  NanoDollars reserved = 0, prompt_cost = 0, output_price = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t delivered = 0;
  Instant last_watermark{};  // not stored
};

struct CellKey {
  NameId key = 0, team = 0, route = 0, model = 0;
  friend bool operator==(const CellKey&, const CellKey&) = default;
};
struct CellHash {
  std::size_t operator()(const CellKey& cell) const {
    std::uint64_t h = 0;
    for (const NameId part : {cell.key, cell.team, cell.route, cell.model})
      h = (h ^ part) * 0x9E3779B97F4A7C15ULL, h ^= h >> 29;
    return h;
  }
};
using DaySums = std::unordered_map<CellKey, UsageSums, CellHash>;
using DaysPtr = std::map<std::int32_t, std::shared_ptr<const DaySums>>;

/// Names, open rows and sums. One lock's; `share_days` gives a picture that can be read without it.
class LedgerState {
 public:
  LedgerState();

  std::uint64_t applied() const { return applied_; }
  const std::unordered_map<RowId, OpenRow>& open() const { return open_; }
  OpenRow* find_open(RowId row);
  std::optional<NameId> id_of(std::string_view name) const;
  std::size_t name_count() const { return names_.size(); }
  const std::string& name(NameId id) const { return *names_[id]; }
  std::vector<std::shared_ptr<const std::string>> names() const { return names_; }

  /// Applies record `number` of the journal. False: it is not a record of a ledger, or names what was never
  /// defined.
  bool apply(std::uint64_t number, std::string_view bytes);
  /// The sums as they are now; later changes go to copies.
  DaysPtr share_days();

  /// All of it for the checkpoint, and back. Nothing: damaged.
  static std::string encode_checkpoint(std::uint64_t applied,
                                       const std::vector<std::shared_ptr<const std::string>>& names,
                                       const std::unordered_map<RowId, OpenRow>& open, const DaysPtr& days);
  static std::optional<LedgerState> decode_checkpoint(std::string_view bytes);

 private:
  struct Day {
    std::shared_ptr<DaySums> sums = std::make_shared<DaySums>();
    bool shared = false;
  };
  bool add_name(const NameRecord& record);
  bool known(NameId id) const { return id < names_.size(); }
  bool apply_start(std::uint64_t number, const StartRecord& start);
  bool apply_end(const EndRecord& end);
  bool apply_loser(const LoserRecord& loser);
  UsageSums& cell(std::int32_t day, const CellKey& key);

  std::uint64_t applied_ = 0;
  std::vector<std::shared_ptr<const std::string>> names_;
  std::unordered_map<std::string_view, NameId> ids_;  // views of names_
  std::unordered_map<RowId, OpenRow> open_;
  std::map<std::int32_t, Day> days_;
};

}  // namespace loadline
