#include "privacy/vault.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>

#include "privacy/vault_file.h"
#include "privacy/vault_keys.h"

namespace loadline {
namespace {

constexpr unsigned token_attempts_max = 64;
constexpr std::size_t files_max = 64;  // more are made one
constexpr std::size_t expiries_per_lock = 1000;
constexpr std::int64_t expiry_rewrite_millis = 600'000;

struct HashOfHash {
  std::size_t operator()(const VaultHash& hash) const {
    std::size_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
  }
};

using EntryPointer = std::shared_ptr<const VaultEntry>;

struct Tenant {
  std::unordered_map<VaultHash, EntryPointer, HashOfHash> by_value;
  std::unordered_map<std::string, EntryPointer> by_token;
};

std::string file_name(std::uint64_t number) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "vault-%016llx.bin", static_cast<unsigned long long>(number));
  return name.data();
}

bool is_vault_file(std::string_view name) { return name.starts_with("vault-") && name.ends_with(".bin"); }

std::string_view without_brackets(std::string_view token) {
  if (token.size() >= 2 && token.front() == '[' && token.back() == ']')
    return token.substr(1, token.size() - 2);
  return token;
}

}  // namespace

class Vault::Impl {
 public:
  Impl(VaultOptions options_, std::unique_ptr<VaultKeys> keys_, FileSystem& files_, const Clock& clock_)
      : options(std::move(options_)), keys(std::move(keys_)), files(files_), clock(clock_) {}

  Status load();
  Status load_file(const std::string& name, std::vector<VaultFile>& all);
  Status flush();
  Status write(std::uint64_t number, bool whole, const std::vector<EntryPointer>& entries);
  void expire(std::int64_t now);
  void insert(EntryPointer entry);
  bool remove(Tenant& tenant, const EntryPointer& entry);
  std::string full() const;
  EntryPointer find_value(const VaultHash& tenant, const VaultHash& value) const;
  void tell(VaultEvent::Kind kind, std::string_view tenant, std::string_view token, std::string_view reason,
            std::size_t count) const {
    if (options.audit) options.audit({kind, tenant, token, reason, count});
  }

  // constant after construction
  const VaultOptions options;
  const std::unique_ptr<VaultKeys> keys;
  FileSystem& files;
  const Clock& clock;

  std::mutex flushing;
  // guarded by flushing
  std::uint64_t last_number = 0;
  std::vector<std::string> names;  // files on disk
  std::int64_t rewritten_at = 0;

  mutable std::mutex mutex;
  // guarded by mutex
  std::unordered_map<VaultHash, Tenant, HashOfHash> tenants;
  std::vector<EntryPointer> pending;
  std::deque<std::pair<std::int64_t, std::weak_ptr<const VaultEntry>>>
      by_age;  // all live as long: the next to go first
  std::size_t entries = 0, bytes = 0;
  bool erased = false;   // something must vanish from the disk
  bool expired = false;  // something may
};

Status Vault::Impl::load_file(const std::string& name, std::vector<VaultFile>& all) {
  LOADLINE_ASSIGN(const auto view, files.open(options.folder + "/" + name));
  const auto content = view->bytes();
  auto file = read_vault_file(*keys, {reinterpret_cast<const char*>(content.data()), content.size()});
  if (!file) return std::move(file).error().within(options.folder + "/" + name);
  all.push_back(std::move(*file));
  return {};
}

Status Vault::Impl::load() {
  LOADLINE_TRY(files.create_folder(options.folder));
  LOADLINE_ASSIGN(auto listed, files.list(options.folder));
  std::erase_if(listed, [](const std::string& name) { return !is_vault_file(name); });
  std::sort(listed.begin(), listed.end());
  std::vector<VaultFile> all;
  std::size_t first = listed.size();
  while (first > 0) {  // from the newest back to the last whole one
    --first;
    LOADLINE_TRY(load_file(listed[first], all));
    if (all.back().whole) break;
  }
  for (std::size_t void_file = 0; void_file < first; ++void_file)
    LOADLINE_TRY(files.remove(options.folder + "/" + listed[void_file]));
  names.assign(listed.begin() + static_cast<std::ptrdiff_t>(first), listed.end());
  for (auto file = all.rbegin(); file != all.rend(); ++file) {
    last_number = std::max(last_number, file->number);
    for (VaultEntry& entry : file->entries) insert(std::make_shared<const VaultEntry>(std::move(entry)));
  }
  pending.clear();
  std::stable_sort(by_age.begin(), by_age.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  rewritten_at = clock.unix_millis();
  return {};
}

void Vault::Impl::insert(EntryPointer entry) {
  Tenant& tenant = tenants[entry->tenant];
  if (const auto old = tenant.by_token.find(entry->token); old != tenant.by_token.end())
    remove(tenant, EntryPointer(old->second));
  if (const auto old = tenant.by_value.find(entry->value); old != tenant.by_value.end())
    remove(tenant, EntryPointer(old->second));
  ++entries;
  bytes += entry->sealed.size();
  tenant.by_value.emplace(entry->value, entry);
  tenant.by_token.emplace(entry->token, entry);
  by_age.emplace_back(entry->expires_unix_millis, entry);
  pending.push_back(std::move(entry));
}

bool Vault::Impl::remove(Tenant& tenant, const EntryPointer& entry) {
  if (tenant.by_token.erase(entry->token) == 0) return false;
  tenant.by_value.erase(entry->value);
  --entries;
  bytes -= entry->sealed.size();  // if it is pending, `flush` leaves it out
  return true;
}

EntryPointer Vault::Impl::find_value(const VaultHash& tenant, const VaultHash& value) const {
  const auto owner = tenants.find(tenant);
  if (owner == tenants.end()) return nullptr;
  const auto entry = owner->second.by_value.find(value);
  return entry == owner->second.by_value.end() ? nullptr : entry->second;
}

std::string Vault::Impl::full() const {
  if (entries >= options.entries_max) return "entries_max";
  if (bytes >= options.bytes_max) return "bytes_max";
  return {};
}

// Oldest first, a bounded number under each lock.
void Vault::Impl::expire(std::int64_t now) {
  std::size_t gone = 0;
  for (bool more = true; more;) {
    const std::lock_guard lock(mutex);
    std::size_t looks = 0;
    while (!by_age.empty() && by_age.front().first <= now && looks++ < expiries_per_lock) {
      const EntryPointer entry = by_age.front().second.lock();
      by_age.pop_front();
      if (entry == nullptr || find_value(entry->tenant, entry->value) != entry)
        continue;  // erased, or lives on
      const auto owner = tenants.find(entry->tenant);
      remove(owner->second, entry);
      if (owner->second.by_token.empty()) tenants.erase(owner);
      ++gone;
    }
    more = looks > expiries_per_lock;
    if (gone > 0) expired = true;
  }
  if (gone > 0) tell(VaultEvent::Kind::expired, {}, {}, {}, gone);
}

Status Vault::Impl::write(std::uint64_t number, bool whole, const std::vector<EntryPointer>& chosen) {
  std::vector<VaultEntry> copies;
  copies.reserve(chosen.size());
  for (const EntryPointer& entry : chosen) copies.push_back(*entry);
  const std::string content = write_vault_file(*keys, number, whole, copies);
  return files.write_durable(options.folder + "/" + file_name(number),
                             std::as_bytes(std::span(content.data(), content.size())));
}

Status Vault::Impl::flush() {
  const std::lock_guard turn(flushing);
  const std::int64_t now = clock.unix_millis();
  expire(now);
  std::vector<EntryPointer> chosen;
  bool whole = false;
  {
    const std::lock_guard lock(mutex);
    whole = erased || names.size() >= files_max || (expired && now - rewritten_at >= expiry_rewrite_millis);
    if (!whole && pending.empty()) return {};
    if (whole) {
      for (const auto& [id, tenant] : tenants)
        for (const auto& [token, entry] : tenant.by_token) chosen.push_back(entry);
      pending.clear();
      erased = expired = false;
    } else {
      chosen.swap(pending);
      std::erase_if(chosen, [this](const EntryPointer& entry) {
        return find_value(entry->tenant, entry->value) != entry;
      });
    }
  }
  const std::uint64_t number = last_number + 1;
  if (Status written = write(number, whole, chosen); !written) {
    const std::lock_guard lock(mutex);
    erased = erased || whole;  // then everything is written again, what was pending too
    if (!whole) pending.insert(pending.begin(), chosen.begin(), chosen.end());
    return std::move(written).error().within("writing the vault");
  }
  last_number = number;
  std::vector<std::string> old;
  if (whole) old.swap(names);
  names.push_back(file_name(number));
  if (whole) rewritten_at = now;
  for (const std::string& name : old)
    if (Status removed = files.remove(options.folder + "/" + name); !removed) {
      names.insert(names.begin(), name);  // void, and removed by the next whole one or at the next start
      const std::lock_guard lock(mutex);
      erased = true;
      return std::move(removed).error().within("removing an old file of the vault");
    }
  return {};
}

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
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  const VaultHash hash = impl.keys->value_hash(tenant_id, type, canonical_form(type, value));
  const std::int64_t now = impl.clock.unix_millis();
  const std::int64_t lifetime = impl.options.lifetime.count();
  {
    const std::lock_guard lock(impl.mutex);
    if (const EntryPointer entry = impl.find_value(tenant_id, hash)) {
      const std::int64_t left = entry->expires_unix_millis - now;
      if (left <= lifetime / 2) {  // seen again: it lives on (one write in half a lifetime)
        auto longer = std::make_shared<VaultEntry>(*entry);
        longer->expires_unix_millis = now + lifetime;
        impl.insert(std::move(longer));
      }
      return "[" + entry->token + "]";
    }
    if (const std::string bound = impl.full(); !bound.empty())
      return Error(Code::resource_exhausted, "the vault is full (" + bound + ")");
  }
  auto entry = std::make_shared<VaultEntry>();
  entry->tenant = tenant_id;
  entry->value = hash;
  entry->type = type;
  entry->expires_unix_millis = now + lifetime;
  for (unsigned attempt = 0; attempt < token_attempts_max; ++attempt) {
    entry->token = std::string(token_name_of(type)) + "_" + impl.keys->token_id(tenant_id, hash, attempt);
    entry->sealed = impl.keys->seal(tenant_id, value, entry->bound());
    const std::lock_guard lock(impl.mutex);
    if (const EntryPointer other = impl.find_value(tenant_id, hash)) return "[" + other->token + "]";
    const Tenant& owner = impl.tenants[tenant_id];
    if (owner.by_token.size() >= impl.options.tenant_entries_max)
      return Error(Code::resource_exhausted, "the vault is full (tenant_entries_max)");
    if (owner.by_token.contains(entry->token)) continue;
    const std::string token = "[" + entry->token + "]";
    impl.insert(std::move(entry));
    return token;
  }
  return Error(Code::internal, "no free token id");
}

std::optional<std::string> Vault::restore(std::string_view tenant, std::string_view token,
                                          std::string_view reason) {
  Impl& impl = *impl_;
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  EntryPointer entry;
  {
    const std::lock_guard lock(impl.mutex);
    const auto owner = impl.tenants.find(tenant_id);
    if (owner == impl.tenants.end()) return std::nullopt;
    const auto found = owner->second.by_token.find(std::string(without_brackets(token)));
    if (found == owner->second.by_token.end()) return std::nullopt;
    entry = found->second;
  }
  if (entry->expires_unix_millis <= impl.clock.unix_millis()) return std::nullopt;
  auto value = impl.keys->unseal(tenant_id, entry->sealed, entry->bound());
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
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  std::map<std::string, EntryPointer> sorted;
  {
    const std::lock_guard lock(impl.mutex);
    const auto owner = impl.tenants.find(tenant_id);
    if (owner != impl.tenants.end())
      sorted.insert(owner->second.by_token.begin(), owner->second.by_token.end());
  }
  std::vector<Exported> all;
  const std::int64_t now = impl.clock.unix_millis();
  for (const auto& [token, entry] : sorted) {
    if (entry->expires_unix_millis <= now) continue;
    auto value = impl.keys->unseal(tenant_id, entry->sealed, entry->bound());
    if (value) all.push_back({"[" + token + "]", std::move(*value), entry->type, entry->expires_unix_millis});
  }
  impl.tell(VaultEvent::Kind::exported, tenant, {}, reason, all.size());
  return all;
}

bool Vault::erase(std::string_view tenant, std::string_view token, std::string_view reason) {
  Impl& impl = *impl_;
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  {
    const std::lock_guard lock(impl.mutex);
    const auto owner = impl.tenants.find(tenant_id);
    if (owner == impl.tenants.end()) return false;
    const auto found = owner->second.by_token.find(std::string(without_brackets(token)));
    if (found == owner->second.by_token.end()) return false;
    impl.remove(owner->second, EntryPointer(found->second));
    impl.erased = true;
  }
  impl.tell(VaultEvent::Kind::erased, tenant, token, reason, 1);
  return true;
}

std::size_t Vault::erase_tenant(std::string_view tenant, std::string_view reason) {
  Impl& impl = *impl_;
  const VaultHash tenant_id = impl.keys->tenant_id(tenant);
  std::size_t gone = 0;
  {
    const std::lock_guard lock(impl.mutex);
    const auto owner = impl.tenants.find(tenant_id);
    if (owner == impl.tenants.end()) return 0;
    gone = owner->second.by_token.size();
    for (const auto& [token, entry] : owner->second.by_token) impl.bytes -= entry->sealed.size();
    impl.entries -= gone;
    impl.tenants.erase(owner);
    impl.erased = true;
  }
  impl.tell(VaultEvent::Kind::erased_tenant, tenant, {}, reason, gone);
  return gone;
}

std::optional<std::string> Vault::find(std::string_view tenant, DataType type, std::string_view value) const {
  const VaultHash tenant_id = impl_->keys->tenant_id(tenant);
  const VaultHash hash = impl_->keys->value_hash(tenant_id, type, canonical_form(type, value));
  const std::lock_guard lock(impl_->mutex);
  const EntryPointer entry = impl_->find_value(tenant_id, hash);
  if (entry == nullptr) return std::nullopt;
  return "[" + entry->token + "]";
}

Status Vault::flush() { return impl_->flush(); }

Vault::Counts Vault::counts() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->entries, impl_->bytes, impl_->pending.size()};
}

}  // namespace loadline
