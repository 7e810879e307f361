#include "privacy/vault.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#include "privacy/vault_content.h"
#include "privacy/vault_file.h"
#include "privacy/vault_keys.h"

namespace loadline {
namespace {

constexpr unsigned token_attempts_max = 64;
constexpr std::size_t files_max = 64;  // more are made one
constexpr std::size_t expiries_per_lock = 1000;
constexpr std::int64_t expiry_rewrite_millis = 600'000;
constexpr unsigned looks_max = 8;  // at a folder that others change
// How long an erasure is told to other processes; none sleeps longer.
constexpr std::int64_t erasure_told_millis = 24 * 3'600'000;

using EntryPointer = VaultContent::Entry;
using TenantKey = std::shared_ptr<const std::string>;  // sealed
using KeyRing = std::map<VaultHash, TenantKey>;

struct FileKind {
  std::string_view front, end;
};
constexpr FileKind entries_kind{"vault-", ".bin"}, tenants_kind{"tenants-", ".keys"};

std::string file_name(const FileKind& kind, std::uint64_t number) {
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return std::string(kind.front) + digits.data() + std::string(kind.end);
}

bool is_of(const FileKind& kind, std::string_view name) {
  return name.starts_with(kind.front) && name.ends_with(kind.end);
}

std::uint64_t number_of(const FileKind& kind, const std::string& name) {
  return std::strtoull(name.c_str() + kind.front.size(), nullptr, 16);
}

std::string_view without_brackets(std::string_view token) {
  if (token.size() >= 2 && token.front() == '[' && token.back() == ']')
    return token.substr(1, token.size() - 2);
  return token;
}

// The files of the folder that count, in order.
struct Listing {
  std::set<std::string> entries;
  std::set<std::string> tenants;

  std::string newest_tenants() const { return tenants.empty() ? std::string() : *tenants.rbegin(); }
};

bool is_void(const VaultEntry& entry, const std::vector<VaultErasure>& erasures) {
  return std::any_of(erasures.begin(), erasures.end(), [&](const VaultErasure& erasure) {
    return erasure.tenant == entry.tenant && erasure.value == entry.value &&
           entry.seen_unix_millis <= erasure.at_unix_millis;
  });
}

}  // namespace

class Vault::Impl {
 public:
  Impl(VaultOptions options_, std::unique_ptr<VaultKeys> keys_, FileSystem& files_, const Clock& clock_)
      : options(std::move(options_)), keys(std::move(keys_)), files(files_), clock(clock_) {}

  Status load();
  Status flush();
  void follow_if_due();
  Result<TenantKey> key_for(const VaultHash& tenant);
  Result<std::size_t> erase_tenant(const VaultHash& tenant);
  bool erase(const VaultHash& tenant, const std::string& token);

  // with `mutex` held
  std::string full(const VaultHash& tenant) const;
  void add(const EntryPointer& entry) {
    content.insert(entry);
    pending.push_back(entry);
  }
  TenantKey current_key(const VaultHash& tenant) const {
    const auto found = ring.find(tenant);
    return found == ring.end() ? nullptr : found->second;
  }

  void tell(VaultEvent::Kind kind, std::string_view tenant, std::string_view token, std::string_view reason,
            std::size_t count) const {
    if (options.audit) options.audit({kind, tenant, token, reason, count});
  }

  // constant after construction
  const VaultOptions options;
  const std::unique_ptr<VaultKeys> keys;
  FileSystem& files;
  const Clock& clock;

  mutable std::mutex mutex;
  // guarded by mutex
  VaultContent content;
  KeyRing ring;
  std::vector<EntryPointer> pending;   // not on disk yet
  std::vector<VaultErasure> erasures;  // to be told: of the last whole file, and new ones
  std::int64_t last_erasure = 0;       // unix milliseconds, of all that are known
  bool erased = false;                 // something must vanish from the disk
  bool expired = false;                // something may

 private:
  std::string path(const std::string& name) const { return options.folder + "/" + name; }
  Result<std::unique_ptr<FileLock>> lock_folder() { return files.lock(path("lock")); }

  // with `flushing` held
  Result<Listing> list();
  Status follow();
  Status take_in(const Listing& listing);
  Result<KeyRing> read_ring(const std::string& name);
  Result<VaultFile> read_entries(const std::string& name);
  Result<std::vector<VaultFile>> read_new(const Listing& listing);
  void adopt(std::vector<VaultFile> read, KeyRing new_ring);
  Status write(std::uint64_t number, bool whole, const std::vector<EntryPointer>& entries,
               std::vector<VaultErasure> told);
  Status write_ring(const KeyRing& new_ring);
  Status remove_void(const Listing& listing);
  void expire(std::int64_t now);
  bool must_be_whole(std::int64_t now) const;

  std::mutex flushing;
  std::atomic<std::int64_t> look_again_at = 0;
  // guarded by flushing
  std::set<std::string> listed;  // of entries, when the folder was last looked at
  std::set<std::string> names;   // of these: taken in, and not void
  std::string tenants_name;
  std::uint64_t last_number = 0, whole_number = 0;
  std::int64_t rewritten_at = 0;
};

// Following what other processes write ---------------------------------------------------------------------

Result<Listing> Vault::Impl::list() {
  LOADLINE_ASSIGN(const std::vector<std::string> all, files.list(options.folder));
  Listing listing;
  for (const std::string& name : all) {
    if (is_of(entries_kind, name)) listing.entries.insert(name);
    if (is_of(tenants_kind, name)) listing.tenants.insert(name);
  }
  return listing;
}

// A listing is no snapshot: files come and go while it is made. So it is done again until the folder stood
// still.
Status Vault::Impl::follow() {
  for (unsigned look = 0; look < looks_max; ++look) {
    LOADLINE_ASSIGN(const Listing listing, list());
    const bool tenants_same = listing.newest_tenants() == tenants_name;
    if (tenants_same && listing.entries == listed) return {};
    const Status taken = take_in(listing);
    if (!taken && taken.error().code() != Code::not_found) return taken;
  }
  return Error(Code::unavailable, "the vault's files changed while they were read");
}

// not_found: the folder has changed meanwhile.
Status Vault::Impl::take_in(const Listing& listing) {
  const std::string newest = listing.newest_tenants();
  LOADLINE_ASSIGN(KeyRing new_ring, read_ring(newest));
  LOADLINE_ASSIGN(std::vector<VaultFile> read, read_new(listing));
  LOADLINE_ASSIGN(const Listing now, list());
  if (now.newest_tenants() != newest) return Error(Code::not_found, "newer keys");
  adopt(std::move(read), std::move(new_ring));
  tenants_name = newest;
  listed = listing.entries;
  names.clear();
  for (const std::string& name : listed)  // what it has beyond these is void, and about to go
    if (number_of(entries_kind, name) >= whole_number) names.insert(name);
  return {};
}

Result<KeyRing> Vault::Impl::read_ring(const std::string& name) {
  if (name.empty()) return KeyRing();
  if (name == tenants_name) {
    const std::lock_guard lock(mutex);
    return ring;
  }
  LOADLINE_ASSIGN(const auto view, files.open(path(name)));
  const auto bytes = view->bytes();
  auto sealed = read_tenants_file(*keys, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!sealed) return std::move(sealed).error().within(path(name));
  KeyRing read;
  for (auto& [tenant, key] : *sealed) read[tenant] = std::make_shared<const std::string>(std::move(key));
  return read;
}

Result<VaultFile> Vault::Impl::read_entries(const std::string& name) {
  LOADLINE_ASSIGN(const auto view, files.open(path(name)));
  const auto bytes = view->bytes();
  auto file = read_vault_file(*keys, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!file) return std::move(file).error().within(path(name));
  return file;
}

// The files that are new, newest first. If one of them is whole: back to it, with those after it that were
// known.
Result<std::vector<VaultFile>> Vault::Impl::read_new(const Listing& listing) {
  std::vector<VaultFile> read;
  for (auto name = listing.entries.rbegin(); name != listing.entries.rend(); ++name) {
    if (number_of(entries_kind, *name) < whole_number || (!read.empty() && read.back().whole)) break;
    if (names.contains(*name)) continue;
    LOADLINE_ASSIGN(VaultFile file, read_entries(*name));
    read.push_back(std::move(file));
  }
  if (read.empty() || !read.back().whole) {
    if (std::includes(listing.entries.begin(), listing.entries.end(), names.begin(), names.end()))
      return read;
    return Error(Code::not_found, "files went, and what replaces them is not listed");
  }
  const std::uint64_t whole = read.back().number;
  for (const std::string& name : names) {
    if (number_of(entries_kind, name) <= whole) continue;
    LOADLINE_ASSIGN(VaultFile file, read_entries(name));
    read.push_back(std::move(file));
  }
  std::sort(read.begin(), read.end(),
            [](const VaultFile& a, const VaultFile& b) { return a.number > b.number; });
  return read;
}

void Vault::Impl::adopt(std::vector<VaultFile> read, KeyRing new_ring) {
  const bool whole = !read.empty() && read.back().whole;
  const std::lock_guard lock(mutex);
  ring = std::move(new_ring);
  const auto is_sealed = [this](const VaultEntry& entry) {
    const TenantKey key = current_key(entry.tenant);
    return key != nullptr && mark_of_tenant_key(*key) == entry.key;
  };
  std::vector<VaultErasure> own;
  if (erased) own = erasures;
  if (whole) {
    content = VaultContent();
    erasures = read.back().erasures;
    erasures.insert(erasures.end(), own.begin(), own.end());
    whole_number = read.back().number;
    for (const VaultErasure& erasure : erasures)
      last_erasure = std::max(last_erasure, erasure.at_unix_millis);
  }
  for (const VaultHash& tenant : content.tenants())
    if (const EntryPointer any = content.tenant(tenant)->by_token.begin()->second; !is_sealed(*any))
      content.remove_tenant(tenant);
  for (auto file = read.rbegin(); file != read.rend(); ++file) {
    last_number = std::max(last_number, file->number);
    for (VaultEntry& entry : file->entries)
      if (!is_sealed(entry))
        expired = true;  // of a tenant that was erased
      else if (!is_void(entry, own))
        content.insert(std::make_shared<const VaultEntry>(std::move(entry)));
  }
  std::erase_if(pending,
                [&](const EntryPointer& entry) { return !is_sealed(*entry) || is_void(*entry, erasures); });
  for (const EntryPointer& entry : pending) content.insert(entry);
}

void Vault::Impl::follow_if_due() {
  const std::int64_t now = clock.unix_millis();
  if (now < look_again_at.load(std::memory_order_relaxed)) return;
  const std::unique_lock turn(flushing, std::try_to_lock);
  if (!turn.owns_lock()) return;  // who has it looks, too
  look_again_at = now + options.poll_every.count();
  static_cast<void>(follow());  // `flush` meets the same error and tells it
}

Status Vault::Impl::load() {
  const std::lock_guard turn(flushing);
  LOADLINE_TRY(files.create_folder(options.folder));
  LOADLINE_ASSIGN(const auto held, lock_folder());
  LOADLINE_TRY(follow());
  LOADLINE_ASSIGN(const Listing listing, list());
  LOADLINE_TRY(remove_void(listing));
  rewritten_at = clock.unix_millis();
  return {};
}

Status Vault::Impl::remove_void(const Listing& listing) {
  for (const std::string& name : listing.entries)
    if (number_of(entries_kind, name) < whole_number) {
      LOADLINE_TRY(files.remove(path(name)));
      listed.erase(name);
    }
  for (const std::string& name : listing.tenants)
    if (name != tenants_name) LOADLINE_TRY(files.remove(path(name)));
  return {};
}

// Writing --------------------------------------------------------------------------------------------------

// Oldest first, a bounded number under each lock.
void Vault::Impl::expire(std::int64_t now) {
  std::size_t gone = 0;
  for (bool more = true; more;) {
    const std::lock_guard lock(mutex);
    std::size_t here = 0;
    while (here < expiries_per_lock && content.take_expired(now) != nullptr) ++here;
    more = here == expiries_per_lock;
    gone += here;
    if (here > 0) expired = true;
  }
  if (gone > 0) tell(VaultEvent::Kind::expired, {}, {}, {}, gone);
}

Status Vault::Impl::write(std::uint64_t number, bool whole, const std::vector<EntryPointer>& chosen,
                          std::vector<VaultErasure> told) {
  VaultFile file{number, whole, {}, std::move(told)};
  file.entries.reserve(chosen.size());
  for (const EntryPointer& entry : chosen) file.entries.push_back(*entry);
  const std::string bytes = write_vault_file(*keys, file);
  return files.write_durable(path(file_name(entries_kind, number)),
                             std::as_bytes(std::span(bytes.data(), bytes.size())));
}

bool Vault::Impl::must_be_whole(std::int64_t now) const {
  return erased || names.size() >= files_max || (expired && now - rewritten_at >= expiry_rewrite_millis);
}

Status Vault::Impl::flush() {
  const std::lock_guard turn(flushing);
  LOADLINE_TRY(follow());
  const std::int64_t now = clock.unix_millis();
  expire(now);
  {
    const std::lock_guard lock(mutex);
    if (pending.empty() && !must_be_whole(now)) return {};
  }
  LOADLINE_ASSIGN(const auto held, lock_folder());
  LOADLINE_TRY(follow());
  std::vector<EntryPointer> chosen, were_pending;
  std::vector<VaultErasure> told;
  bool whole = false;
  {
    const std::lock_guard lock(mutex);
    whole = must_be_whole(now);
    were_pending.swap(pending);
    for (const EntryPointer& entry : were_pending)
      if (!whole && content.by_value(entry->tenant, entry->value) == entry) chosen.push_back(entry);
    if (whole) {
      chosen = content.all();
      std::erase_if(erasures,
                    [now](const VaultErasure& e) { return e.at_unix_millis + erasure_told_millis < now; });
      told = erasures;
      erased = expired = false;
    }
  }
  const std::uint64_t number = last_number + 1;
  if (Status written = write(number, whole, chosen, std::move(told)); !written) {
    const std::lock_guard lock(mutex);
    erased = erased || whole;
    pending.insert(pending.begin(), were_pending.begin(), were_pending.end());
    return std::move(written).error().within("writing the vault");
  }
  last_number = number;
  if (whole) names.clear();
  names.insert(file_name(entries_kind, number));
  listed.insert(file_name(entries_kind, number));
  if (!whole) return {};
  whole_number = number;
  rewritten_at = now;
  LOADLINE_ASSIGN(const Listing listing, list());
  if (Status removed = remove_void(listing); !removed) {
    const std::lock_guard lock(mutex);
    erased = true;  // they are void, and go with the next whole one or at the next start
    return std::move(removed).error().within("removing an old file of the vault");
  }
  return {};
}

// Tenants --------------------------------------------------------------------------------------------------

Status Vault::Impl::write_ring(const KeyRing& new_ring) {
  SealedTenantKeys sealed;
  for (const auto& [tenant, key] : new_ring) sealed[tenant] = *key;
  const std::uint64_t number = tenants_name.empty() ? 1 : number_of(tenants_kind, tenants_name) + 1;
  const std::string bytes = write_tenants_file(*keys, number, sealed);
  const std::string name = file_name(tenants_kind, number);
  if (Status written = files.write_durable(path(name), std::as_bytes(std::span(bytes.data(), bytes.size())));
      !written)
    return std::move(written).error().within("writing the keys of tenants");
  const std::string old = std::exchange(tenants_name, name);
  {
    const std::lock_guard lock(mutex);
    ring = new_ring;
  }
  return old.empty() ? Status() : files.remove(path(old));
}

// Made, and durable, if the tenant has none.
Result<TenantKey> Vault::Impl::key_for(const VaultHash& tenant) {
  {
    const std::lock_guard lock(mutex);
    if (TenantKey key = current_key(tenant)) return key;
  }
  const std::lock_guard turn(flushing);
  LOADLINE_ASSIGN(const auto held, lock_folder());
  LOADLINE_TRY(follow());
  KeyRing more;
  {
    const std::lock_guard lock(mutex);
    if (TenantKey key = current_key(tenant)) return key;
    more = ring;
  }
  if (more.size() >= options.tenants_max)
    return Error(Code::resource_exhausted, "the vault is full (tenants_max)");
  TenantKey made = std::make_shared<const std::string>(keys->new_tenant_key(tenant));
  more[tenant] = made;
  LOADLINE_TRY(write_ring(more));
  return made;
}

Result<std::size_t> Vault::Impl::erase_tenant(const VaultHash& tenant) {
  const std::lock_guard turn(flushing);
  LOADLINE_ASSIGN(const auto held, lock_folder());
  LOADLINE_TRY(follow());
  KeyRing less;
  {
    const std::lock_guard lock(mutex);
    less = ring;
  }
  if (less.erase(tenant) == 0) return std::size_t{0};
  LOADLINE_TRY(write_ring(less));
  const std::lock_guard lock(mutex);
  std::erase_if(pending, [&](const EntryPointer& entry) { return entry->tenant == tenant; });
  erased = true;
  return content.remove_tenant(tenant);
}

bool Vault::Impl::erase(const VaultHash& tenant, const std::string& token) {
  const std::lock_guard lock(mutex);
  const EntryPointer entry = content.by_token(tenant, token);
  if (entry == nullptr) return false;
  content.remove(entry);
  // Its own entry is void also where clocks of processes are not quite the same.
  last_erasure = std::max(clock.unix_millis(), entry->seen_unix_millis);
  erasures.push_back({tenant, entry->value, last_erasure});
  erased = true;
  return true;
}

std::string Vault::Impl::full(const VaultHash& tenant) const {
  if (content.entries() >= options.entries_max) return "entries_max";
  if (content.bytes() >= options.bytes_max) return "bytes_max";
  if (content.entries_of(tenant) >= options.tenant_entries_max) return "tenant_entries_max";
  return {};
}

// ----------------------------------------------------------------------------------------------------------

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(VaultOptions options, std::string_view master_key,
                                           FileSystem& files, const Clock& clock) {
  LOADLINE_ASSIGN(auto keys, VaultKeys::make(master_key));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(keys), files, clock);
  LOADLINE_TRY(impl->load());
  return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

Result<std::string> Vault::token_for(std::string_view tenant, DataType type, std::string_view value) {
  if (value.empty() || value.size() > value_bytes_max)
    return Error(Code::invalid_argument, "a vault's value has 1 to 16384 bytes");
  Impl& impl = *impl_;
  impl.follow_if_due();
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  const VaultHash hash = impl.keys->value_hash(tenant_id, type, canonical_form(type, value));
  const std::int64_t now = impl.clock.unix_millis();
  const std::int64_t lifetime = impl.options.lifetime.count();
  {
    const std::lock_guard lock(impl.mutex);
    if (const EntryPointer entry = impl.content.by_value(tenant_id, hash)) {
      const std::int64_t left = entry->expires_unix_millis - now;
      if (left <= lifetime / 2) {  // seen again: it lives on (one write in half a lifetime)
        auto longer = std::make_shared<VaultEntry>(*entry);
        longer->seen_unix_millis = now;
        longer->expires_unix_millis = now + lifetime;
        impl.add(std::move(longer));
      }
      return "[" + entry->token + "]";
    }
    if (const std::string bound = impl.full(tenant_id); !bound.empty())
      return Error(Code::resource_exhausted, "the vault is full (" + bound + ")");
  }
  auto entry = std::make_shared<VaultEntry>();
  entry->tenant = tenant_id;
  entry->value = hash;
  entry->type = type;
  entry->seen_unix_millis = now;
  entry->expires_unix_millis = now + lifetime;
  for (unsigned attempt = 0; attempt < token_attempts_max; ++attempt) {
    LOADLINE_ASSIGN(const TenantKey key, impl.key_for(tenant_id));
    entry->token = std::string(token_name_of(type)) + "_" + impl.keys->token_id(tenant_id, hash, attempt);
    entry->key = mark_of_tenant_key(*key);
    entry->sealed = impl.keys->seal(tenant_id, *key, value, entry->bound());
    if (entry->sealed.empty()) return Error(Code::data_loss, "the vault's key of a tenant does not open");
    const std::lock_guard lock(impl.mutex);
    if (impl.current_key(tenant_id) != key) continue;  // erased meanwhile
    if (const EntryPointer other = impl.content.by_value(tenant_id, hash)) return "[" + other->token + "]";
    if (impl.content.by_token(tenant_id, entry->token) != nullptr) continue;
    entry->seen_unix_millis = std::max(now, impl.last_erasure + 1);  // after whatever was erased
    impl.add(entry);
    return "[" + entry->token + "]";
  }
  return Error(Code::internal, "no free token id");
}

std::optional<std::string> Vault::restore(std::string_view tenant, std::string_view token,
                                          std::string_view reason) {
  Impl& impl = *impl_;
  impl.follow_if_due();
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  EntryPointer entry;
  TenantKey key;
  {
    const std::lock_guard lock(impl.mutex);
    entry = impl.content.by_token(tenant_id, std::string(without_brackets(token)));
    key = impl.current_key(tenant_id);
  }
  if (entry == nullptr || key == nullptr || entry->expires_unix_millis <= impl.clock.unix_millis())
    return std::nullopt;
  auto value = impl.keys->unseal(tenant_id, *key, entry->sealed, entry->bound());
  if (value) impl.tell(VaultEvent::Kind::restored, tenant, token, reason, 1);
  return value;
}

std::string Vault::hash_of(std::string_view tenant, DataType type, std::string_view value) const {
  const VaultHash hash =
      impl_->keys->public_hash(impl_->keys->tenant_id(tenant), type, canonical_form(type, value));
  std::string hex;
  for (std::size_t i = 0; i < 6; ++i) {
    hex.push_back("0123456789abcdef"[hash[i] >> 4]);
    hex.push_back("0123456789abcdef"[hash[i] & 15]);
  }
  return hex;
}

std::vector<Vault::Exported> Vault::export_tenant(std::string_view tenant, std::string_view reason) {
  Impl& impl = *impl_;
  impl.follow_if_due();
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  std::map<std::string, EntryPointer> sorted;
  TenantKey key;
  {
    const std::lock_guard lock(impl.mutex);
    key = impl.current_key(tenant_id);
    if (const VaultContent::Tenant* owner = impl.content.tenant(tenant_id);
        owner != nullptr && key != nullptr)
      sorted.insert(owner->by_token.begin(), owner->by_token.end());
  }
  std::vector<Exported> all;
  const std::int64_t now = impl.clock.unix_millis();
  for (const auto& [token, entry] : sorted) {
    if (entry->expires_unix_millis <= now) continue;
    auto value = impl.keys->unseal(tenant_id, *key, entry->sealed, entry->bound());
    if (value) all.push_back({"[" + token + "]", std::move(*value), entry->type, entry->expires_unix_millis});
  }
  impl.tell(VaultEvent::Kind::exported, tenant, {}, reason, all.size());
  return all;
}

bool Vault::erase(std::string_view tenant, std::string_view token, std::string_view reason) {
  impl_->follow_if_due();
  if (!impl_->erase(impl_->keys->tenant_id(tenant), std::string(without_brackets(token)))) return false;
  impl_->tell(VaultEvent::Kind::erased, tenant, token, reason, 1);
  return true;
}

Result<std::size_t> Vault::erase_tenant(std::string_view tenant, std::string_view reason) {
  LOADLINE_ASSIGN(const std::size_t gone, impl_->erase_tenant(impl_->keys->tenant_id(tenant)));
  impl_->tell(VaultEvent::Kind::erased_tenant, tenant, {}, reason, gone);
  return gone;
}

std::optional<std::string> Vault::find(std::string_view tenant, DataType type, std::string_view value) const {
  impl_->follow_if_due();
  const VaultHash tenant_id = impl_->keys->tenant_id(tenant);
  const VaultHash hash = impl_->keys->value_hash(tenant_id, type, canonical_form(type, value));
  const std::lock_guard lock(impl_->mutex);
  const EntryPointer entry = impl_->content.by_value(tenant_id, hash);
  if (entry == nullptr) return std::nullopt;
  return "[" + entry->token + "]";
}

std::vector<std::string> Vault::tokens_of(std::string_view tenant, std::string_view value) const {
  std::vector<std::string> tokens;
  for (std::size_t type = 0; type < data_type_count; ++type)
    if (auto token = find(tenant, static_cast<DataType>(type), value)) tokens.push_back(std::move(*token));
  return tokens;
}

Status Vault::flush() { return impl_->flush(); }

Vault::Counts Vault::counts() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->content.entries(), impl_->content.bytes(), impl_->pending.size()};
}

Vault::TenantCounts Vault::counts_of(std::string_view tenant) const {
  TenantCounts counts;
  impl_->follow_if_due();
  const VaultHash tenant_id = impl_->keys->tenant_id(tenant);
  const std::int64_t now = impl_->clock.unix_millis();
  const std::lock_guard lock(impl_->mutex);
  const VaultContent::Tenant* owner = impl_->content.tenant(tenant_id);
  if (owner == nullptr) return counts;
  for (const auto& [token, entry] : owner->by_token) {
    if (entry->expires_unix_millis <= now) continue;
    ++counts.entries;
    ++counts.by_type[static_cast<std::size_t>(entry->type)];
    if (counts.first_expiry_unix_millis == 0 || entry->expires_unix_millis < counts.first_expiry_unix_millis)
      counts.first_expiry_unix_millis = entry->expires_unix_millis;
  }
  return counts;
}

}  // namespace loadline
