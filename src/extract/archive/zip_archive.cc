#include "extract/archive/zip_archive.h"

#include <zip.h>

#include <array>

#include "base/printable.h"
#include "base/utf8.h"

namespace loadline {
namespace {

Error damaged() {
  return Error(Code::invalid_argument,
               "The ZIP container is damaged or cut off: its list of members cannot be read.");
}

Status check_bounds(const ZipMember& member, std::uint64_t unpacked, ReadBudget& budget) {
  if (unpacked > budget.unpacked_bytes_left) {
    budget.exceeded = true;
    return Error(Code::resource_exhausted,
                 "It unpacks to more than 1 GiB. It may be a ZIP bomb; if not, split it.");
  }
  if (unpacked > zip_ratio_judged_bytes && unpacked / zip_ratio_max > member.packed_bytes) {
    budget.exceeded = true;
    return Error(Code::resource_exhausted,
                 "A member unpacks to more than 400 times its size: it is a ZIP bomb.");
  }
  if (unpacked > zip_member_bytes_max)
    return Error(Code::resource_exhausted, "A member unpacks to more than 256 MiB. Split it.");
  return {};
}

}  // namespace

struct ZipArchive::Handle {
  zip_t* zip = nullptr;
  ~Handle() {
    if (zip != nullptr) zip_discard(zip);
  }
};

ZipArchive::ZipArchive(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
ZipArchive::~ZipArchive() = default;

Result<std::unique_ptr<ZipArchive>> ZipArchive::open(std::span<const std::byte> bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  auto handle = std::make_unique<Handle>();
  if (source != nullptr) {
    handle->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (handle->zip == nullptr) zip_source_free(source);
  }
  zip_error_fini(&error);
  if (handle->zip == nullptr) return damaged();
  std::unique_ptr<ZipArchive> archive(new ZipArchive(std::move(handle)));
  LOADLINE_TRY(archive->list_members());
  return archive;
}

Status ZipArchive::list_members() {
  const zip_int64_t count = zip_get_num_entries(handle_->zip, 0);
  if (count < 0) return damaged();
  if (static_cast<std::size_t>(count) > zip_members_max)
    return Error(Code::resource_exhausted,
                 "The ZIP has " + std::to_string(count) + " members; at most 20,000 are read. Split it.");
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t facts;
    zip_stat_init(&facts);
    if (zip_stat_index(handle_->zip, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS, &facts) != 0 ||
        (facts.valid & ZIP_STAT_NAME) == 0)
      return damaged();
    ZipMember member;
    member.name = to_valid_utf8(facts.name);
    member.index = static_cast<std::uint64_t>(i);
    member.packed_bytes = (facts.valid & ZIP_STAT_COMP_SIZE) != 0 ? facts.comp_size : 0;
    member.encrypted =
        (facts.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && facts.encryption_method != ZIP_EM_NONE;
    member.is_folder = member.name.ends_with('/');
    members_.push_back(std::move(member));
  }
  for (std::size_t i = 0; i < members_.size(); ++i) by_name_.emplace(members_[i].name, i);
  return {};
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &members_[found->second];
}

Result<std::string> ZipArchive::read(const ZipMember& member, ReadBudget& budget) {
  if (member.encrypted)
    return Error(Code::invalid_argument, "The ZIP needs a password. Unpack it and ingest what it holds.");
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(handle_->zip, member.index, 0),
                                                               zip_fclose);
  const auto damaged_member = [&] {
    return Error(Code::invalid_argument, "The member " + printable(member.name) +
                                             " of the ZIP is damaged or packed in an unknown way.");
  };
  if (!file) return damaged_member();
  std::string content;
  std::array<char, 65536> chunk;
  for (;;) {
    const zip_int64_t size = zip_fread(file.get(), chunk.data(), chunk.size());
    if (size < 0) return damaged_member();
    if (size == 0) break;
    LOADLINE_TRY(check_bounds(member, content.size() + static_cast<std::uint64_t>(size), budget));
    content.append(chunk.data(), static_cast<std::size_t>(size));
  }
  budget.unpacked_bytes_left -= content.size();
  return content;
}

}  // namespace loadline
