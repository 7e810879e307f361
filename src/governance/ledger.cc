#include "governance/ledger.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <tuple>

#include "governance/ledger_records.h"

namespace loadline {
namespace {

// The end of a row with two names that are new: what must be left for each row that is begun.
constexpr std::uint64_t end_bytes_max = 1024;
// Watermarks are shed while there is less than this, and four times the ends.
constexpr std::uint64_t detail_room_min = 64 << 10;

class JournalLedger final : public Ledger {
 public:
  JournalLedger(Journal& journal, FileSystem& files, const Clock& clock, LedgerOptions options)
      : journal_(journal), files_(files), clock_(clock), options_(std::move(options)) {}

  Status load();

  Result<RowId> start(const RowStart& row) override;
  void watermark(RowId row, std::uint64_t delivered_tokens) override;
  Status settle(RowId row, const RowEnd& end) override;
  Status add_loser(RowId row, const LoserCost& loser) override;
  std::vector<UsageRow> usage(const UsageQuery& query) const override;
  std::size_t open_rows() const override;
  Result<CallRow> find(std::string_view request_id) const override;
  Status rows(std::int64_t from_ms, std::int64_t to_ms,
              const std::function<bool(const CallRow&)>& visit) const override;
  bool checkpoint_due() const override;
  Status checkpoint() override;
  std::uint64_t checkpointed() const override;

 private:
  // All of these need mutex_.
  Result<NameId> intern(std::string_view name);
  Result<NameId> intern_at_end(std::string_view name);
  Result<std::uint64_t> put(const LedgerRecord& record);
  Result<EndRecord> end_record(RowId row, const RowEnd& end);
  Status settle_leftovers();

  Result<std::optional<LedgerState>> read_checkpoint() const;
  Status replay();

  Journal& journal_;
  FileSystem& files_;
  const Clock& clock_;
  const LedgerOptions options_;

  std::mutex checkpointing_;  // one checkpoint at a time; never held together with a call's wait
  mutable std::mutex mutex_;
  // guarded by mutex_
  mutable LedgerState state_;
  RecordWriter buffer_;
  std::uint64_t checkpointed_ = 0;
  std::vector<RowId> leftovers_;  // of a crash, while there is no room to settle them
};

Error names_full() {
  return Error(Code::resource_exhausted,
               "the ledger knows " + std::to_string(LedgerOptions::names_max) +
                   " names of keys, teams, routes and models; no more can be told apart");
}

Result<std::optional<LedgerState>> JournalLedger::read_checkpoint() const {
  auto file = files_.open(options_.checkpoint_file);
  if (!file) {
    if (file.error().code() == Code::not_found) return std::optional<LedgerState>();
    return std::move(file).error();
  }
  const auto bytes = (*file)->bytes();
  return LedgerState::decode_checkpoint({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Status JournalLedger::replay() {
  std::uint64_t foreign = 0;
  LOADLINE_TRY(journal_.read(state_.applied() + 1, [&](std::uint64_t number, std::string_view record) {
    if (!state_.apply(number, record)) foreign = number;
    return foreign == 0;
  }));
  if (foreign == 0) return {};
  return Error(Code::data_loss,
               "record " + std::to_string(foreign) +
                   " of the ledger's journal is not a ledger record; restore the journal from a backup");
}

Status JournalLedger::load() {
  std::lock_guard lock(mutex_);
  LOADLINE_ASSIGN(std::optional<LedgerState> stored, read_checkpoint());
  // It is written after the journal was synced, so it is never ahead of its own journal.
  const bool fits =
      stored && stored->applied() <= journal_.last() && stored->applied() + 1 >= journal_.first();
  if (!fits && journal_.first() > 1)
    return Error(Code::data_loss,
                 "the ledger's sums in " + options_.checkpoint_file +
                     " are missing, damaged or of another journal, and the rows before record " +
                     std::to_string(journal_.first()) +
                     " are no longer kept; restore that file from a backup");
  if (fits) state_ = *std::move(stored);
  checkpointed_ = state_.applied();
  LOADLINE_TRY(replay());
  if (options_.read_only) return {};
  for (const auto& [row, facts] : state_.open()) leftovers_.push_back(row);
  std::sort(leftovers_.begin(), leftovers_.end());
  const Status settled = settle_leftovers();
  if (!settled && settled.error().code() != Code::resource_exhausted) return settled;
  return {};
}

// A row at a time, each with a record of its own: a crash in here leaves the rest for the next time.
Status JournalLedger::settle_leftovers() {
  while (!leftovers_.empty()) {
    const OpenRow* row = state_.find_open(leftovers_.back());
    if (row != nullptr) {
      EndRecord end;
      end.row = leftovers_.back();
      end.time_ms = clock_.unix_millis();
      end.outcome = RowOutcome::crashed;
      if (row->delivered > 0) {
        end.source = UsageSource::estimated;
        end.tokens.input = row->prompt_tokens, end.tokens.output = row->delivered;
        const Price price{.output = row->output_price, .per_request = row->prompt_cost};
        end.cost = std::min(cost_of(price, {.output = row->delivered}), row->reserved);
      }
      end.uncertain = row->reserved - end.cost;
      LOADLINE_TRY(put(end));
    }
    leftovers_.pop_back();
  }
  return {};
}

Result<std::uint64_t> JournalLedger::put(const LedgerRecord& record) {
  buffer_.clear();
  encode(record, buffer_);
  LOADLINE_ASSIGN(const std::uint64_t number, journal_.append(buffer_.out()));
  LOADLINE_ASSERT(state_.apply(number, buffer_.out()));
  return number;
}

Result<NameId> JournalLedger::intern(std::string_view name) {
  if (const auto known = state_.id_of(name)) return *known;
  if (name.size() > LedgerOptions::name_bytes_max)
    return Error(Code::invalid_argument, "a name in the ledger has at most " +
                                             std::to_string(LedgerOptions::name_bytes_max) + " bytes");
  if (state_.name_count() > LedgerOptions::names_max) return names_full();
  const auto id = static_cast<NameId>(state_.name_count());
  LOADLINE_TRY(put(NameRecord{id, name}));
  return id;
}

// What was spent is recorded, whatever the name: too long a one is cut, one too many is left out.
Result<NameId> JournalLedger::intern_at_end(std::string_view name) {
  name = name.substr(0, LedgerOptions::name_bytes_max);
  if (const auto known = state_.id_of(name)) return *known;
  if (state_.name_count() > LedgerOptions::names_max) return NameId{0};
  return intern(name);
}

Result<RowId> JournalLedger::start(const RowStart& row) {
  if (options_.read_only) return Error(Code::failed_precondition, "the ledger is open for reading only");
  if (row.request_id.size() > LedgerOptions::name_bytes_max)
    return Error(Code::invalid_argument, "a request id in the ledger has at most 256 bytes");
  std::lock_guard lock(mutex_);
  if (state_.open().size() >= LedgerOptions::open_rows_max)
    return Error(Code::resource_exhausted,
                 std::to_string(LedgerOptions::open_rows_max) + " calls are in flight");
  // Six more: of this row's own names and start.
  if (journal_.room() < (state_.open().size() + 7) * end_bytes_max)
    return Error(
        Code::resource_exhausted,
        "the disk of the ledger is full: what is left is kept for the calls in flight; free room on it");
  StartRecord start;
  start.time_ms = clock_.unix_millis();
  start.request_id = row.request_id;
  LOADLINE_ASSIGN(start.key, intern(row.key));
  LOADLINE_ASSIGN(start.team, intern(row.team));
  LOADLINE_ASSIGN(start.route, intern(row.route));
  LOADLINE_ASSIGN(start.model, intern(row.model));
  start.label = row.label;
  start.reserved = row.reserved, start.prompt_cost = row.prompt_cost, start.output_price = row.output_price;
  start.prompt_tokens = row.prompt_tokens;
  return put(start);
}

void JournalLedger::watermark(RowId row, std::uint64_t delivered_tokens) {
  const Instant now = clock_.now();
  std::lock_guard lock(mutex_);
  OpenRow* open = state_.find_open(row);
  if (open == nullptr || delivered_tokens <= open->delivered ||
      now - open->last_watermark < options_.watermark_every)
    return;
  if (journal_.room() < detail_room_min + 4 * end_bytes_max * state_.open().size()) return;
  if (put(WatermarkRecord{row, delivered_tokens})) open->last_watermark = now;
}

Result<EndRecord> JournalLedger::end_record(RowId row, const RowEnd& end) {
  EndRecord record;
  record.row = row;
  record.time_ms = clock_.unix_millis();
  record.source = end.source, record.outcome = end.outcome, record.tokens = end.tokens;
  record.cost = std::clamp<NanoDollars>(end.cost, 0, amount_max);
  record.uncertain = std::clamp<NanoDollars>(end.uncertain, 0, amount_max);
  LOADLINE_ASSIGN(record.model, intern_at_end(end.model));
  LOADLINE_ASSIGN(record.upstream, intern_at_end(end.upstream));
  record.attempts = end.attempts, record.status = end.status, record.duration_ms = end.duration_ms;
  record.first_token_ms = end.first_token_ms;
  return record;
}

Status JournalLedger::settle(RowId row, const RowEnd& end) {
  std::lock_guard lock(mutex_);
  if (state_.find_open(row) == nullptr)
    return Error(Code::failed_precondition,
                 "the ledger's row " + std::to_string(row) + " is settled already, or was never begun");
  LOADLINE_ASSIGN(const EndRecord record, end_record(row, end));
  LOADLINE_TRY(put(record));
  return {};
}

Status JournalLedger::add_loser(RowId row, const LoserCost& loser) {
  std::lock_guard lock(mutex_);
  LoserRecord record;
  record.row = row;
  record.time_ms = clock_.unix_millis();
  LOADLINE_ASSIGN(record.account, intern_at_end(gateway_account));
  LOADLINE_ASSIGN(record.route, intern_at_end(loser.route));
  LOADLINE_ASSIGN(record.model, intern_at_end(loser.model));
  LOADLINE_ASSIGN(record.upstream, intern_at_end(loser.upstream));
  record.source = loser.source, record.tokens = loser.tokens;
  record.cost = std::clamp<NanoDollars>(loser.cost, 0, amount_max);
  record.uncertain = std::clamp<NanoDollars>(loser.uncertain, 0, amount_max);
  LOADLINE_TRY(put(record));
  return {};
}

std::size_t JournalLedger::open_rows() const {
  std::lock_guard lock(mutex_);
  return state_.open().size();
}

// A query with its names as numbers. A name that the ledger never saw matches nothing.
struct CellFilter {
  std::optional<NameId> key, team, route, model;
  bool nothing = false;

  CellFilter(const UsageQuery& query, const LedgerState& state) {
    const auto look_up = [&](const std::optional<std::string>& name, std::optional<NameId>& id) {
      if (!name) return;
      id = state.id_of(*name);
      nothing = nothing || !id;
    };
    look_up(query.key, key), look_up(query.team, team), look_up(query.route, route),
        look_up(query.model, model);
  }
  bool passes(const CellKey& cell) const {
    return (!key || *key == cell.key) && (!team || *team == cell.team) && (!route || *route == cell.route) &&
           (!model || *model == cell.model);
  }
};

CellKey grouped(const UsageQuery& query, const CellKey& cell) {
  return {query.by_key ? cell.key : 0, query.by_team ? cell.team : 0, query.by_route ? cell.route : 0,
          query.by_model ? cell.model : 0};
}

// A cell that passed the filter, under the day and names it is summed by.
struct Counted {
  std::int32_t day = 0;
  CellKey cell{};
  const UsageSums* sums = nullptr;
};

// Names as their places in the alphabet, of those that occur: sorting then compares numbers.
class NameOrder {
 public:
  NameOrder(const std::vector<Counted>& cells, const std::vector<std::shared_ptr<const std::string>>& names)
      : place_(names.size(), absent) {
    std::vector<NameId> used;
    for (const Counted& counted : cells)
      for (const NameId id : {counted.cell.key, counted.cell.team, counted.cell.route, counted.cell.model})
        if (place_[id] == absent) place_[id] = 0, used.push_back(id);
    std::sort(used.begin(), used.end(), [&](NameId a, NameId b) { return *names[a] < *names[b]; });
    for (std::size_t i = 0; i < used.size(); ++i) place_[used[i]] = static_cast<std::uint32_t>(i);
  }
  bool operator()(const Counted& a, const Counted& b) const { return order(a) < order(b); }

 private:
  static constexpr std::uint32_t absent = UINT32_MAX;
  std::tuple<std::int32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t> order(
      const Counted& c) const {
    return {c.day, place_[c.cell.key], place_[c.cell.team], place_[c.cell.route], place_[c.cell.model]};
  }
  std::vector<std::uint32_t> place_;
};

std::vector<UsageRow> JournalLedger::usage(const UsageQuery& query) const {
  std::unique_lock lock(mutex_);
  const DaysPtr days = state_.share_days();
  const auto names = state_.names();
  const CellFilter filter(query, state_);
  lock.unlock();
  std::vector<Counted> cells;
  if (!filter.nothing)
    for (auto at = days.lower_bound(query.first_day); at != days.end() && at->first <= query.last_day; ++at)
      for (const auto& [cell, sums] : *at->second)
        if (filter.passes(cell)) cells.push_back({query.by_day ? at->first : 0, grouped(query, cell), &sums});
  std::sort(cells.begin(), cells.end(), NameOrder(cells, names));
  std::vector<UsageRow> rows;
  const Counted* group = nullptr;
  for (const Counted& counted : cells) {
    if (group == nullptr || group->day != counted.day || !(group->cell == counted.cell)) {
      const CellKey& cell = counted.cell;
      rows.push_back(
          {counted.day, *names[cell.key], *names[cell.team], *names[cell.route], *names[cell.model], {}});
      group = &counted;
    }
    rows.back().sums += *counted.sums;
  }
  return rows;
}

// Rows put together again from their records.
class RowReader {
 public:
  explicit RowReader(std::vector<std::shared_ptr<const std::string>> names) : names_(std::move(names)) {}

  // A row that ended with this record.
  std::optional<CallRow> take(std::uint64_t number, std::string_view bytes) {
    const auto record = decode_ledger_record(bytes);
    if (!record) return std::nullopt;
    if (const auto* name = std::get_if<NameRecord>(&*record)) {
      if (name->id == names_.size()) names_.push_back(std::make_shared<const std::string>(name->name));
    } else if (const auto* start = std::get_if<StartRecord>(&*record)) {
      open_.emplace(number, begun(number, *start));
    } else if (const auto* watermark = std::get_if<WatermarkRecord>(&*record)) {
      const auto at = open_.find(watermark->row);
      if (at != open_.end()) at->second.delivered = std::max(at->second.delivered, watermark->delivered);
    } else if (const auto* end = std::get_if<EndRecord>(&*record)) {
      return ended(*end);
    }
    return std::nullopt;
  }
  const std::map<RowId, CallRow>& open() const { return open_; }

 private:
  const std::string& name(NameId id) const { return *names_[id < names_.size() ? id : 0]; }

  CallRow begun(RowId id, const StartRecord& start) const {
    CallRow row;
    row.id = id, row.started_ms = start.time_ms, row.request_id = start.request_id;
    row.key = name(start.key), row.team = name(start.team), row.route = name(start.route),
    row.model = name(start.model);
    row.label = start.label, row.reserved = start.reserved, row.prompt_tokens = start.prompt_tokens;
    return row;
  }

  std::optional<CallRow> ended(const EndRecord& end) {
    auto node = open_.extract(end.row);
    if (node.empty()) return std::nullopt;  // settled before, or begun before the first record that is kept
    CallRow& row = node.mapped();
    row.settled = true, row.ended_ms = end.time_ms;
    if (end.model != 0) row.model = name(end.model);
    row.upstream = name(end.upstream);
    row.source = end.source, row.outcome = end.outcome, row.tokens = end.tokens;
    row.cost = end.cost, row.uncertain = end.uncertain;
    row.attempts = end.attempts, row.status = end.status, row.duration_ms = end.duration_ms;
    row.first_token_ms = end.first_token_ms;
    return std::move(row);
  }

  std::vector<std::shared_ptr<const std::string>> names_;
  std::map<RowId, CallRow> open_;
};

Status JournalLedger::rows(std::int64_t from_ms, std::int64_t to_ms,
                           const std::function<bool(const CallRow&)>& visit) const {
  std::unique_lock lock(mutex_);
  RowReader reader(state_.names());
  lock.unlock();
  const auto wanted = [&](const CallRow& row) { return row.started_ms >= from_ms && row.started_ms < to_ms; };
  bool go_on = true;
  LOADLINE_TRY(journal_.read(journal_.first(), [&](std::uint64_t number, std::string_view record) {
    const auto row = reader.take(number, record);
    if (row && wanted(*row)) go_on = visit(*row);
    return go_on;
  }));
  for (const auto& [id, row] : reader.open()) {
    if (!go_on) break;
    if (wanted(row)) go_on = visit(row);
  }
  return {};
}

Result<CallRow> JournalLedger::find(std::string_view request_id) const {
  std::optional<CallRow> found;
  LOADLINE_TRY(rows(INT64_MIN, INT64_MAX, [&](const CallRow& row) {
    if (row.request_id == request_id) found = row;
    return !found;
  }));
  if (!found)
    return Error(Code::not_found, "the ledger has no row of that request; it may be older than what is kept");
  return *std::move(found);
}

bool JournalLedger::checkpoint_due() const {
  std::lock_guard lock(mutex_);
  return !options_.read_only && state_.applied() - checkpointed_ >= LedgerOptions::checkpoint_records;
}

std::uint64_t JournalLedger::checkpointed() const {
  std::lock_guard lock(mutex_);
  return checkpointed_;
}

Status JournalLedger::checkpoint() {
  if (options_.read_only) return Error(Code::failed_precondition, "the ledger is open for reading only");
  std::lock_guard one(checkpointing_);
  std::unique_lock lock(mutex_);
  const Status settled = settle_leftovers();
  if (!settled && settled.error().code() != Code::resource_exhausted) return settled;
  const std::uint64_t applied = state_.applied();
  const auto names = state_.names();
  const auto open = state_.open();
  const DaysPtr days = state_.share_days();
  lock.unlock();
  LOADLINE_TRY(journal_.flush());
  const std::string text = LedgerState::encode_checkpoint(applied, names, open, days);
  LOADLINE_TRY(files_.write_durable(options_.checkpoint_file, std::as_bytes(std::span(text))));
  lock.lock();
  checkpointed_ = applied;
  return {};
}

}  // namespace

const char* usage_source_name(UsageSource source) {
  switch (source) {
    case UsageSource::provider:
      return "provider";
    case UsageSource::estimated:
      return "estimated";
    case UsageSource::unknown:
      break;
  }
  return "unknown";
}

const char* row_outcome_name(RowOutcome outcome) {
  switch (outcome) {
    case RowOutcome::completed:
      return "completed";
    case RowOutcome::client_gone:
      return "client_gone";
    case RowOutcome::upstream_failed:
      return "upstream_failed";
    case RowOutcome::budget_reached:
      return "budget_reached";
    case RowOutcome::blocked:
      return "blocked";
    case RowOutcome::cancelled:
      return "cancelled";
    case RowOutcome::crashed:
      break;
  }
  return "crashed";
}

UsageSums& UsageSums::operator+=(const UsageSums& other) {
  rows += other.rows;
  provider_rows += other.provider_rows, estimated_rows += other.estimated_rows,
      unknown_rows += other.unknown_rows;
  failed_rows += other.failed_rows;
  input += other.input, output += other.output, cached += other.cached, reasoning += other.reasoning;
  cost += other.cost, uncertain += other.uncertain;
  return *this;
}

Result<std::unique_ptr<Ledger>> Ledger::open(Journal& journal, FileSystem& files, const Clock& clock,
                                             LedgerOptions options) {
  auto ledger = std::make_unique<JournalLedger>(journal, files, clock, std::move(options));
  LOADLINE_TRY(ledger->load());
  return std::unique_ptr<Ledger>(std::move(ledger));
}

void restore_budgets(const Ledger& ledger, const Clock& clock, Budgets& budgets) {
  const std::int32_t today = utc_day(clock.unix_millis());
  const auto restore = [&](OwnerKind kind, bool UsageQuery::*by, std::string UsageRow::*name,
                           bool only_today) {
    UsageQuery query;
    query.first_day = only_today ? today : first_day_of(utc_month(today));
    query.last_day = today;
    query.*by = true;
    for (const UsageRow& row : ledger.usage(query)) {
      const NanoDollars spent = row.sums.cost + row.sums.uncertain;
      if (row.*name != "") budgets.restore(kind, row.*name, {only_today ? spent : 0, only_today ? 0 : spent});
    }
  };
  for (const bool only_today : {true, false}) {
    restore(OwnerKind::key, &UsageQuery::by_key, &UsageRow::key, only_today);
    restore(OwnerKind::team, &UsageQuery::by_team, &UsageRow::team, only_today);
    restore(OwnerKind::route, &UsageQuery::by_route, &UsageRow::route, only_today);
  }
}

}  // namespace loadline
