// Fuzz target: opening a journal after its files were damaged.
//
// The input says which records are written and what is then done to the bytes. Whatever that was: opening
// succeeds or says data_loss; what it reads is a beginning of what was written, never something else; and it
// can be written again. The first byte odd: the rest is the first file as it is.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.h"
#include "storage/journal.h"

namespace {

using loadline::FileJournal;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  std::uint32_t byte() { return empty() ? 0 : *at_++; }
  std::uint32_t word() { return byte() << 16 | byte() << 8 | byte(); }
  std::string rest() { return {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(end_ - at_)}; }

 private:
  const std::uint8_t *at_, *end_;
};

const std::string& folder() {
  static const std::string name = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") +
                                  std::string("/loadline-fuzz-journal-") + std::to_string(::getpid());
  static const struct Cleaner {
    ~Cleaner() {
      std::error_code ignored;
      std::filesystem::remove_all(name, ignored);
    }
  } cleaner;
  return name;
}

std::string record_of(std::uint64_t number, std::size_t size) {
  std::string text = std::to_string(number);
  text.resize(std::max<std::size_t>(size, 1), static_cast<char>('a' + number % 26));
  return text;
}

loadline::JournalOptions options() {
  return {.folder = folder(),
          .segment_bytes = loadline::JournalOptions::segment_bytes_min,
          .durable_within = std::chrono::hours(1)};
}

std::vector<std::string> write_journal(Input& in) {
  std::vector<std::string> written;
  const auto journal = FileJournal::open(options());
  LOADLINE_ASSERT(journal.ok());
  for (std::uint32_t left = in.byte() % 32; left > 0; --left) {
    const std::uint32_t size = in.word();
    written.push_back(record_of(written.size() + 1, size % 4 == 0 ? size % 65536 : size % 300));
    LOADLINE_ASSERT((*journal)->append(written.back()).ok());
    if (size % 7 == 0) LOADLINE_ASSERT((*journal)->flush().ok());
  }
  return written;
}

std::string file_name(std::uint32_t which) {
  return folder() + "/journal-0000000" + std::to_string(1 + which % 4) + ".log";
}

void damage(Input& in) {
  while (!in.empty()) {
    const std::uint32_t action = in.byte();
    const std::string name = file_name(action >> 4);
    std::error_code error;
    const auto size = std::filesystem::file_size(name, error);
    if (error) continue;
    const std::uint64_t offset = in.word() % (size + 1);
    if (action % 8 == 0) {
      std::filesystem::remove(name, error);
    } else if (action % 8 == 1) {
      std::filesystem::resize_file(name, offset, error);
    } else {
      std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(offset));
      const std::string bytes(1 + in.byte() % (action % 8 == 2 ? 255 : 8), static_cast<char>(in.byte()));
      file.write(bytes.data(),
                 static_cast<std::streamsize>(std::min<std::uint64_t>(bytes.size(), size - offset)));
    }
  }
}

// `written` null: any bytes, so any records.
void open_again(const std::vector<std::string>* written) {
  const auto journal = FileJournal::open(options());
  if (!journal) {
    using loadline::Code;
    LOADLINE_ASSERT(journal.error().code() == Code::data_loss || journal.error().code() == Code::unavailable);
    return;
  }
  std::uint64_t next = (*journal)->first();
  const loadline::Status read = (*journal)->read(next, [&](std::uint64_t number, std::string_view record) {
    LOADLINE_ASSERT(number == next);
    if (written != nullptr) LOADLINE_ASSERT(number <= written->size() && record == (*written)[number - 1]);
    ++next;
    return true;
  });
  LOADLINE_ASSERT(read.ok() ? next == (*journal)->last() + 1
                            : read.error().code() == loadline::Code::data_loss);
  const auto more = (*journal)->append("more");
  LOADLINE_ASSERT(more.ok() && *more == (*journal)->last());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::filesystem::remove_all(folder());
  Input in(data, size);
  if (in.byte() % 2 == 1) {
    std::filesystem::create_directories(folder());
    std::ofstream(file_name(0), std::ios::binary) << in.rest();
    open_again(nullptr);
    return 0;
  }
  const std::vector<std::string> written = write_journal(in);
  damage(in);
  open_again(&written);
  return 0;
}
