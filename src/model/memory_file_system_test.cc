#include "model/memory_file_system.h"

#include <gtest/gtest.h>

#include <string>

namespace loadline {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(FileSystem& files, const std::string& path) {
  const auto view = files.open(path);
  if (!view) return "<" + std::string(code_name(view.error().code())) + ">";
  const auto bytes = (*view)->bytes();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

class MemoryFileSystemTest : public testing::Test {
 protected:
  MemoryFileSystemTest() { EXPECT_TRUE(files.create_folder("d/e").ok()); }
  MemoryFileSystem files;
};

TEST_F(MemoryFileSystemTest, writes_read_back_and_lists_only_the_folder_itself) {
  ASSERT_TRUE(files.write_durable("d/b", bytes_of("2")).ok());
  ASSERT_TRUE(files.write_durable("d/a", bytes_of("1")).ok());
  ASSERT_TRUE(files.write_durable("d/e/c", bytes_of("3")).ok());
  EXPECT_EQ(text_of(files, "d/e/c"), "3");
  EXPECT_EQ(*files.list("d"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(files.list("nowhere")->empty());
  EXPECT_EQ(files.write_durable("nowhere/x", bytes_of("")).error().code(), Code::not_found);
}

TEST_F(MemoryFileSystemTest, a_view_outlives_removal) {
  ASSERT_TRUE(files.write_durable("d/a", bytes_of("kept")).ok());
  const auto view = files.open("d/a");
  ASSERT_TRUE(files.remove("d/a").ok());
  EXPECT_EQ((*view)->bytes().size(), 4U);
  EXPECT_EQ(text_of(files, "d/a"), "<not_found>");
}

TEST_F(MemoryFileSystemTest, a_failure_happens_once_and_changes_nothing) {
  files.fail_next(1);
  EXPECT_TRUE(files.write_durable("d/a", bytes_of("1")).ok());
  EXPECT_FALSE(files.write_durable("d/a", bytes_of("2")).ok());
  EXPECT_EQ(text_of(files, "d/a"), "1");
  EXPECT_TRUE(files.write_durable("d/a", bytes_of("3")).ok());
}

TEST_F(MemoryFileSystemTest, a_crash_ends_everything_until_restart) {
  for (const auto landing : {MemoryFileSystem::Landing::lost, MemoryFileSystem::Landing::done}) {
    ASSERT_TRUE(files.write_durable("d/a", bytes_of("old")).ok());
    files.crash_after(0, landing);
    EXPECT_FALSE(files.write_durable("d/a", bytes_of("new")).ok());
    EXPECT_TRUE(files.crashed());
    EXPECT_EQ(text_of(files, "d/a"), "<unavailable>");
    files.restart();
    EXPECT_EQ(text_of(files, "d/a"), landing == MemoryFileSystem::Landing::done ? "new" : "old");
  }
}

TEST_F(MemoryFileSystemTest, damage_changes_a_copy_only) {
  ASSERT_TRUE(files.write_durable("d/a", bytes_of("abc")).ok());
  const auto before = files.open("d/a");
  EXPECT_TRUE(files.flip("d/a", 1, std::byte{0x20}));
  EXPECT_FALSE(files.flip("d/a", 3, std::byte{1}));
  EXPECT_EQ(text_of(files, "d/a"), "aBc");
  EXPECT_TRUE(files.truncate("d/a", 2));
  EXPECT_EQ(text_of(files, "d/a"), "aB");
  EXPECT_EQ((*before)->bytes()[1], std::byte{'b'});
}

}  // namespace
}  // namespace loadline
