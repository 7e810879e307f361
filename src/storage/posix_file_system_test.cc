#include "storage/posix_file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "storage/posix_source_files.h"
#include "storage/sha256.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(const FileView& view) {
  return {reinterpret_cast<const char*>(view.bytes().data()), view.bytes().size()};
}

CallContext context_with(const Clock& clock) {
  CallContext context;
  context.clock = &clock;
  return context;
}

TEST(PosixFileSystem, replaces_whole_files_and_keeps_open_views) {
  const TemporaryFolder folder;
  PosixFileSystem files;
  ASSERT_TRUE(files.create_folder(folder / "a/b").ok());
  ASSERT_TRUE(files.write_durable(folder / "a/b/x", bytes_of("old")).ok());
  const auto view = files.open(folder / "a/b/x");
  ASSERT_TRUE(view.ok());
  ASSERT_TRUE(files.write_durable(folder / "a/b/x", bytes_of("newer")).ok());
  EXPECT_EQ(text_of(**view), "old");
  EXPECT_EQ(text_of(**files.open(folder / "a/b/x")), "newer");
  ASSERT_TRUE(files.write_durable(folder / "a/b/empty", {}).ok());
  EXPECT_EQ(text_of(**files.open(folder / "a/b/empty")), "");
  EXPECT_EQ(*files.list(folder / "a/b"), (std::vector<std::string>{"empty", "x"}));
  EXPECT_TRUE(files.list(folder / "a")->empty());
  EXPECT_TRUE(files.remove(folder / "a/b/x").ok());
  EXPECT_TRUE(files.remove(folder / "a/b/x").ok());
  EXPECT_EQ(files.open(folder / "a/b/x").error().code(), Code::not_found);
  EXPECT_TRUE(files.list(folder / "nowhere")->empty());
}

TEST(PosixFileSystem, a_failed_write_leaves_nothing_behind) {
  const TemporaryFolder folder;
  PosixFileSystem files;
  EXPECT_FALSE(files.write_durable(folder / "nowhere/x", bytes_of("1")).ok());
  folder.write("taken/inside", "");
  EXPECT_FALSE(files.write_durable(folder / "taken", bytes_of("1")).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().filename(), "taken");
}

TEST(PosixFileSystem, a_lock_keeps_a_second_holder_out) {
  const TemporaryFolder folder;
  PosixFileSystem files;
  auto first = files.lock(folder / "l");
  ASSERT_TRUE(first.ok());
  std::atomic<bool> second_has_it = false;
  std::thread second([&] {
    const auto lock = files.lock(folder / "l");
    second_has_it = lock.ok();
  });
  EXPECT_FALSE(second_has_it);
  first->reset();
  second.join();
  EXPECT_TRUE(second_has_it);
}

TEST(Sha256, known_answers) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.add("a");
  hash.add("bc");
  EXPECT_EQ(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(PosixSourceFiles, walks_plain_files_in_byte_order_and_passes_over_the_rest) {
  const TemporaryFolder folder;
  folder.write("b.txt", "b");
  folder.write("a/z.txt", "z");
  folder.write("a/\xFF\n.txt", "odd");
  folder.write(".hidden/x", "x");
  folder.write("a/.git", "x");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory_symlink(folder.path(), folder / "a/loop");
  std::filesystem::create_symlink(folder / "b.txt", folder / "c-link.txt");
  std::filesystem::create_symlink(folder / "gone", folder / "dangling");

  const SystemClock clock;
  const PosixSourceFiles files;
  std::vector<std::string> found, unreadable;
  ASSERT_TRUE(files
                  .walk(
                      folder.path(), 10, [&](std::string name) { found.push_back(std::move(name)); },
                      [&](std::string name) { unreadable.push_back(std::move(name)); }, context_with(clock))
                  .ok());
  EXPECT_EQ(found, (std::vector<std::string>{"a/z.txt", "a/\xFF\n.txt", "b.txt", "c-link.txt"}));
  EXPECT_TRUE(unreadable.empty());
  EXPECT_EQ(files
                .walk(
                    folder.path(), 3, [](std::string) {}, [](std::string) {}, context_with(clock))
                .error()
                .code(),
            Code::resource_exhausted);
  EXPECT_EQ(files.stamp(folder / "pipe").error().code(), Code::invalid_argument);
  EXPECT_EQ(files.stamp(folder / "gone").error().code(), Code::not_found);
  EXPECT_TRUE(files.stamp(folder / "a")->folder);
  EXPECT_EQ(files.stamp(folder / "b.txt")->bytes, 1U);
  EXPECT_EQ(*files.resolve(folder / "a/../c-link.txt"), *files.resolve(folder / "b.txt"));
  Sha256 hash;
  hash.add("odd");
  EXPECT_EQ(*files.sha256(folder / "a/\xFF\n.txt", context_with(clock)), hash.hex());
}

}  // namespace
}  // namespace loadline
