#pragma once
// What every call cost: a row begun before the call, watermarked while it streams, settled after it.
//
// The rows are records of a journal, so a row survives the death of the process as soon as its function has
// returned. Opening after a crash settles what was left open, once: from the last watermark (`estimated`) or
// without any (`unknown`). Sums by UTC day, key, team, route and model are kept in memory and written beside
// the journal from time to time (`checkpoint`), so that opening reads only the rows since, and a question
// over months reads no rows at all. A checkpoint that is missing or damaged is made again from the rows.
//
// A row belongs to the day on which it began. Never a prompt, an answer or a secret. Thread-safe; no call
// waits for a disk, and none for longer than some hundred nanoseconds of another one.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "governance/budgets.h"
#include "governance/calendar.h"
#include "governance/prices.h"
#include "model/data_label.h"
#include "model/file_system.h"
#include "model/journal.h"

namespace loadline {

/// Number of the row's first record in the journal.
using RowId = std::uint64_t;

enum class UsageSource : std::uint8_t {
  provider = 1,  // the upstream told
  estimated,     // counted here from what was delivered
  unknown,       // nobody knows; the reservation is the most it can be
};

enum class RowOutcome : std::uint8_t {
  completed = 1,
  client_gone,  // disconnected; what was used until then was still paid
  upstream_failed,
  budget_reached,  // ended with `length` because the reservation was used up
  blocked,         // by a guard
  cancelled,       // by us: deadline, shutdown
  crashed,         // the process died during the call; set when opening
};

const char* usage_source_name(UsageSource source);
const char* row_outcome_name(RowOutcome outcome);

/// A call about to be made. Texts are names, each at most name_bytes_max (longer: invalid_argument).
struct RowStart {
  std::string_view request_id{};
  std::string_view key{}, team{}, route{}, model{};  // `model`: the first that will be tried
  DataLabel label{};
  NanoDollars reserved = 0;
  NanoDollars prompt_cost = 0;      // what is spent as soon as the upstream has read the prompt
  NanoDollars output_price = 0;     // per million tokens, for what a crash leaves behind
  std::uint64_t prompt_tokens = 0;  // as counted here
};

struct RowEnd {
  UsageSource source = UsageSource::unknown;
  TokenCounts tokens{};  // absent is not zero
  NanoDollars cost = 0;
  NanoDollars uncertain = 0;  // that may have been spent on top; budgets count it
  RowOutcome outcome = RowOutcome::completed;
  std::string_view model{};  // that answered; "": the one of the start
  std::string_view upstream{};
  std::uint32_t attempts = 1;
  std::uint32_t status = 0;  // HTTP, as told to the caller
  std::uint32_t duration_ms = 0;
  std::optional<std::uint32_t> first_token_ms{};
};

/// An attempt that was paid and not used (the loser of a hedge): on the gateway's own line, not the key's.
struct LoserCost {
  std::string_view route{}, model{}, upstream{};
  UsageSource source = UsageSource::unknown;
  TokenCounts tokens{};
  NanoDollars cost = 0;
  NanoDollars uncertain = 0;
};
inline constexpr std::string_view gateway_account = "(gateway)";  // key of such a line; it has no team

struct UsageSums {
  std::uint64_t rows = 0;
  std::uint64_t provider_rows = 0, estimated_rows = 0, unknown_rows = 0;
  std::uint64_t failed_rows = 0;  // every outcome but completed and budget_reached
  std::uint64_t input = 0, output = 0, cached = 0, reasoning = 0;  // of rows that tell
  NanoDollars cost = 0;
  NanoDollars uncertain = 0;

  UsageSums& operator+=(const UsageSums& other);
  friend bool operator==(const UsageSums&, const UsageSums&) = default;
};

/// UTC days since 1970-01-01, both included. Absent: whatever name.
struct UsageQuery {
  std::int32_t first_day = 0;
  std::int32_t last_day = INT32_MAX;
  std::optional<std::string> key{}, team{}, route{}, model{};
  bool by_day = false, by_key = false, by_team = false, by_route = false, by_model = false;
};

struct UsageRow {
  std::int32_t day = 0;                         // 0 where not asked by day
  std::string key{}, team{}, route{}, model{};  // "" where not asked by it
  UsageSums sums{};
};

/// A row as it is stored, for `explain` and export.
struct CallRow {
  RowId id = 0;
  std::int64_t started_ms = 0;
  std::string request_id{}, key{}, team{}, route{}, model{}, upstream{};
  DataLabel label{};
  NanoDollars reserved = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t delivered = 0;  // of the last watermark
  bool settled = false;
  // of the end
  std::int64_t ended_ms = 0;
  UsageSource source = UsageSource::unknown;
  TokenCounts tokens{};
  NanoDollars cost = 0, uncertain = 0;
  RowOutcome outcome = RowOutcome::completed;
  std::uint32_t attempts = 0, status = 0, duration_ms = 0;
  std::optional<std::uint32_t> first_token_ms{};
};

struct LedgerOptions {
  std::string checkpoint_file{};  // e.g. DATA/ledger/sums; its folder must be there
  bool read_only = false;         // another process writes: nothing is settled, no checkpoint is made
  std::chrono::milliseconds watermark_every{250};

  static constexpr std::size_t name_bytes_max = 256;
  static constexpr std::size_t names_max = 1'000'000;
  static constexpr std::size_t open_rows_max = 65'536;
  static constexpr std::uint64_t checkpoint_records = 200'000;  // `checkpoint_due` after that many
};

class Ledger {
 public:
  /// `journal`, `files` and `clock` must outlive it. data_loss: as the journal says. What a crash left open
  /// is settled as far as there is room; the rest at the next checkpoint.
  static Result<std::unique_ptr<Ledger>> open(Journal& journal, FileSystem& files, const Clock& clock,
                                              LedgerOptions options);
  virtual ~Ledger() = default;

  /// resource_exhausted: the disk is full (room is kept to settle every row begun), or open_rows_max calls
  /// are in flight; unavailable: the disk fails. Nothing was begun then, and the call must not be made.
  virtual Result<RowId> start(const RowStart& row) = 0;
  /// Output tokens delivered so far. Recorded at most every `watermark_every` for each row, not at all when
  /// the disk is nearly full. Never fails; an unknown row is ignored.
  virtual void watermark(RowId row, std::uint64_t delivered_tokens) = 0;
  /// failed_precondition: it is settled or was never begun (nothing is recorded: no row is billed twice).
  virtual Status settle(RowId row, const RowEnd& end) = 0;
  /// Any number for a row, before or after it is settled; counts in the day in which it is told.
  virtual Status add_loser(RowId row, const LoserCost& loser) = 0;

  /// Sums over the rows settled so far, ordered by day, key, team, route, model.
  virtual std::vector<UsageRow> usage(const UsageQuery& query) const = 0;
  /// Calls begun and not settled.
  virtual std::size_t open_rows() const = 0;
  /// Reads the journal, all of it: seconds for millions of rows. not_found; data_loss.
  virtual Result<CallRow> find(std::string_view request_id) const = 0;
  /// Every row that began in [from_ms, to_ms), in the order of their ends, those still open last, until
  /// `visit` gives false. Reads the journal. Holds the rows that are open at one time in memory, no more.
  virtual Status rows(std::int64_t from_ms, std::int64_t to_ms,
                      const std::function<bool(const CallRow&)>& visit) const = 0;

  /// Whether many records came since the last checkpoint. Cheap; asked by a background thread.
  virtual bool checkpoint_due() const = 0;
  /// Writes the sums durably. Takes milliseconds, blocks nobody. Called when due and before closing.
  virtual Status checkpoint() = 0;
  /// Records up to this one are in the checkpoint: journal segments before it may be dropped when their rows
  /// need not be shown any more.
  virtual std::uint64_t checkpointed() const = 0;
};

/// Fills the budgets of today and this month with what the ledger says (settled and uncertain).
void restore_budgets(const Ledger& ledger, const Clock& clock, Budgets& budgets);

}  // namespace loadline
