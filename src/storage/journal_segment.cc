#include "storage/journal_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/hash.h"
#include "storage/posix_error.h"

namespace loadline {
namespace {

// The head, little-endian as the machine (x86-64 and ARM64 both): magic 8, first number 8, file size 8, CRC
// of these 4, zero 4, durable mark 8.
constexpr std::uint64_t magic = 0x31304C4E524A4C4CULL;  // "LLJRNL01"
constexpr std::size_t first_at = 8, bytes_at = 16, crc_at = 24, durable_at = 32;

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void store(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

std::uint64_t load_once(const char* at) {
  return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(at), __ATOMIC_ACQUIRE);
}
void store_once(char* at, std::uint64_t value) {
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(at), value, __ATOMIC_RELEASE);
}

std::uint32_t frame_crc(std::uint32_t record_crc, std::uint64_t number, std::uint32_t size) {
  std::array<char, 12> place{};
  store(place.data(), number);
  store(place.data() + 8, size);
  return crc32c(place.data(), place.size(), record_crc);
}

Error allocation_error(const std::string& path, int reason) {
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
    return Error(Code::resource_exhausted,
                 posix_error("allocating", path, reason).message() + "; free room on this disk");
  return posix_error("allocating", path, reason);
}

}  // namespace

Status sync_journal_folder(const std::string& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return posix_error("opening folder", folder, errno);
  if (::fsync(fd.get()) != 0) return posix_error("syncing folder", folder, errno);
  return {};
}

Result<std::shared_ptr<JournalSegment>> JournalSegment::create(const std::string& path, std::uint64_t bytes) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) {
    if (errno == ENOSPC || errno == EDQUOT) return allocation_error(path, errno);
    return posix_error("creating", path, errno);
  }
  Status made;
  if (const int reason = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)); reason != 0)
    made = allocation_error(path, reason);
  else if (::fsync(file.get()) != 0)
    made = posix_error("syncing", path, errno);
  if (made) made = sync_journal_folder(std::filesystem::path(path).parent_path().string());
  std::shared_ptr<JournalSegment> segment(new JournalSegment(path, std::move(file)));
  if (made) made = segment->map(true);
  if (!made) {
    ::unlink(path.c_str());
    return std::move(made).error();
  }
  return segment;
}

Result<std::shared_ptr<JournalSegment>> JournalSegment::open(const std::string& path, bool writable) {
  FileDescriptor file(::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
  if (!file.valid()) return posix_error("opening", path, errno);
  std::shared_ptr<JournalSegment> segment(new JournalSegment(path, std::move(file)));
  LOADLINE_TRY(segment->map(writable));
  return segment;
}

JournalSegment::~JournalSegment() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Status JournalSegment::map(bool writable) {
  struct stat facts {};
  if (::fstat(file_.get(), &facts) != 0) return posix_error("reading the size of", path_, errno);
  size_ = static_cast<std::uint64_t>(facts.st_size);
  if (size_ == 0) return {};
  void* data = ::mmap(nullptr, size_, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, file_.get(), 0);
  if (data == MAP_FAILED) return posix_error("mapping", path_, errno);
  data_ = static_cast<char*>(data);
  return {};
}

JournalSegment::Start JournalSegment::start() const {
  if (size_ < head_bytes) return Start::blank;
  const std::uint64_t found = load_once(data_);
  if (found == 0) return Start::blank;
  if (found != magic || crc32c(data_ + first_at, crc_at - first_at) != load<std::uint32_t>(data_ + crc_at))
    return Start::damaged;
  return Start::valid;
}

std::uint64_t JournalSegment::first() const { return load<std::uint64_t>(data_ + first_at); }

std::optional<std::uint64_t> JournalSegment::durable_end() const {
  const std::uint64_t mark = load_once(data_ + durable_at);
  if (mark == 0) return head_bytes;
  const auto end = static_cast<std::uint32_t>(mark);
  if (crc32c(&end, sizeof end) != mark >> 32) return std::nullopt;
  return end;
}

std::uint64_t JournalSegment::content_end(std::uint64_t from) const {
  std::uint64_t end = size_;
  while (end > from && end % 8 != 0 && data_[end - 1] == 0) --end;
  while (end >= from + 8 && load<std::uint64_t>(data_ + end - 8) == 0) end -= 8;
  while (end > from && data_[end - 1] == 0) --end;
  return std::max(end, from);
}

void JournalSegment::begin(std::uint64_t first) {
  store(data_ + first_at, first);
  store(data_ + bytes_at, size_);
  store(data_ + crc_at, crc32c(data_ + first_at, crc_at - first_at));
  store_once(data_, magic);
}

void JournalSegment::set_durable_end(std::uint64_t end) {
  const auto low = static_cast<std::uint32_t>(end);
  store_once(data_ + durable_at, std::uint64_t{crc32c(&low, sizeof low)} << 32 | low);
}

Status JournalSegment::sync() const {
  if (::fdatasync(file_.get()) != 0) return posix_error("syncing", path_, errno);
  return {};
}

void JournalSegment::release_before(std::uint64_t end) {
  constexpr std::uint64_t page = 4096;
  if (data_ == nullptr || end < released_ + released_least) return;
  const std::uint64_t until = end / page * page;
  if (::madvise(data_ + released_, until - released_, MADV_DONTNEED) == 0) released_ = until;
}

Status JournalSegment::cut(std::uint64_t end, std::uint64_t bytes) {
  if (::ftruncate(file_.get(), static_cast<off_t>(end)) != 0) return posix_error("cutting", path_, errno);
  if (::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes)) != 0)
    if (::ftruncate(file_.get(), static_cast<off_t>(end)) != 0) return posix_error("cutting", path_, errno);
  if (::fsync(file_.get()) != 0) return posix_error("syncing", path_, errno);
  ::munmap(data_, size_);
  data_ = nullptr;
  return map(true);
}

void JournalSegment::write_frame(std::uint64_t offset, std::uint64_t number, std::string_view record,
                                 std::uint32_t crc) {
  char* at = data_ + offset;
  const auto size = static_cast<std::uint32_t>(record.size());
  std::memcpy(at + 8, record.data(), record.size());
  // Size and checksum in one store: never one without the other.
  store_once(at, std::uint64_t{frame_crc(crc, number, size)} << 32 | size);
}

JournalSegment::Frame JournalSegment::read_frame(std::uint64_t offset, std::uint64_t limit,
                                                 std::uint64_t number, std::string_view& record) const {
  if (offset + 8 > limit) return Frame::none;
  const std::uint64_t head = load_once(data_ + offset);
  const auto size = static_cast<std::uint32_t>(head);
  if (head == 0) return Frame::none;
  if (size == 0 || size > Journal::record_bytes_max || offset + frame_bytes(size) > limit)
    return Frame::damaged;
  const char* bytes = data_ + offset + 8;
  if (frame_crc(crc32c(bytes, size), number, size) != head >> 32) return Frame::damaged;
  record = {bytes, size};
  return Frame::whole;
}

}  // namespace loadline
