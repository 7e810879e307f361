#include "ingest/source_scan.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "ingest/glob.h"
#include "ingest/source_name.h"
#include "storage/posix_source_files.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

TEST(Glob, matches_as_people_expect) {
  EXPECT_TRUE(glob_matches("*.pdf", "a.pdf"));
  EXPECT_FALSE(glob_matches("*.pdf", "x/a.pdf"));
  EXPECT_TRUE(glob_matches("**", "a.pdf"));
  EXPECT_TRUE(glob_matches("**", "x/y/a.pdf"));
  EXPECT_TRUE(glob_matches("**/*.pdf", "a.pdf"));
  EXPECT_TRUE(glob_matches("**/*.pdf", "x/y/a.pdf"));
  EXPECT_FALSE(glob_matches("**/*.pdf", "x/y/a.txt"));
  EXPECT_TRUE(glob_matches("x/**/a.pdf", "x/a.pdf"));
  EXPECT_TRUE(glob_matches("x/**", "x/a.pdf"));
  EXPECT_FALSE(glob_matches("x/**", "x"));
  EXPECT_FALSE(glob_matches("x/**", "y/a.pdf"));
  EXPECT_TRUE(glob_matches("20[12][0-9]-?.txt", "2019-a.txt"));
  EXPECT_FALSE(glob_matches("20[!12]9.txt", "2019.txt"));
  EXPECT_TRUE(glob_matches("[]]x[", "]x["));
  EXPECT_TRUE(glob_matches("a*b*c", "aXbXbXc"));
  EXPECT_FALSE(glob_matches("a*b*c", "aXbXb"));
  EXPECT_FALSE(glob_matches("", "a"));
}

TEST(Glob, many_stars_do_not_take_long) {
  std::string pattern, path;
  for (int i = 0; i < 200; ++i)
    pattern += "**/a*a*a*a*/", path += "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab/";
  EXPECT_FALSE(glob_matches(pattern + "z", path + "y"));
}

TEST(SourceName, is_printable_and_one_to_one) {
  EXPECT_EQ(escaped_name("a b/\xC3\xA9.txt"), "a b/\xC3\xA9.txt");
  EXPECT_EQ(escaped_name("a\nb"), "a\\x0ab");
  EXPECT_EQ(escaped_name("a\\x0ab"), "a\\x5cx0ab");
  EXPECT_EQ(escaped_name("\xE2\x80\xAE"
                         "fdp"),
            "\\xe2\\x80\\xaefdp");
  EXPECT_EQ(escaped_name("\xEF\xBF\xBD"), "\xEF\xBF\xBD");
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Rng rng(seed);
    std::string raw;
    for (std::uint32_t i = rng.below(20); i > 0; --i)
      raw += rng.below(3) == 0 ? "\\x0a"[rng.below(4)] : static_cast<char>(1 + rng.below(255));
    const std::string name = escaped_name(raw);
    ASSERT_TRUE(is_valid_utf8(name)) << "seed " << seed;
    ASSERT_EQ(name.find('\n'), std::string::npos) << "seed " << seed;
    ASSERT_EQ(unescaped_name(name), raw) << "seed " << seed;
  }
}

class SourceScanTest : public testing::Test {
 protected:
  SourceScanTest() { context.clock = &clock; }

  SourceScan scan(const std::vector<std::string>& paths) {
    auto result = scan_sources(paths, files, 100, context);
    EXPECT_TRUE(result.ok());
    return *result;
  }
  static std::vector<std::string> names(const SourceScan& scan) {
    std::vector<std::string> names;
    for (const SourceFile& file : scan.files) names.push_back(file.name);
    return names;
  }

  using Names = std::vector<std::string>;
  SystemClock clock;
  CallContext context;
  const PosixSourceFiles files;
  const TemporaryFolder folder;
};

TEST_F(SourceScanTest, names_are_relative_to_what_was_given) {
  folder.write("x/a.pdf", "1");
  folder.write("x/y/b.pdf", "2");
  folder.write("x/y/c.txt", "3");
  EXPECT_EQ(names(scan({folder / "x"})), (Names{"a.pdf", "y/b.pdf", "y/c.txt"}));
  EXPECT_EQ(names(scan({folder / "x/"})), (Names{"a.pdf", "y/b.pdf", "y/c.txt"}));
  EXPECT_EQ(names(scan({folder / "x/**/*.pdf"})), (Names{"a.pdf", "y/b.pdf"}));
  EXPECT_EQ(names(scan({folder / "x/y/../y/b.pdf"})), (Names{"b.pdf"}));
  EXPECT_EQ(names(scan({folder / "x", folder / "x/**"})).size(), 3U);
  EXPECT_TRUE(scan({folder / "x/*.doc"}).files.empty());
}

TEST_F(SourceScanTest, equal_names_get_the_folders_that_tell_them_apart) {
  folder.write("2021/r/report.pdf", "1");
  folder.write("2022/r/report.pdf", "2");
  folder.write("2022/r/other.pdf", "2");
  EXPECT_EQ(names(scan({folder / "2021/r", folder / "2022/r"})),
            (Names{"2021/r/report.pdf", "2022/r/report.pdf", "other.pdf"}));
}

TEST_F(SourceScanTest, a_file_whose_name_has_wildcards_is_that_file) {
  folder.write("a[1].txt", "1");
  folder.write("a1.txt", "1");
  EXPECT_EQ(names(scan({folder / "a[1].txt"})), Names{"a[1].txt"});
}

TEST_F(SourceScanTest, vanished_files_are_told_from_files_elsewhere) {
  folder.write("x/a.pdf", "1");
  const SourceScan scanned = scan({folder / "x/*.pdf", folder / "gone.txt"});
  ASSERT_EQ(scanned.unusable.size(), 1U);
  EXPECT_EQ(scanned.unusable[0].name, "gone.txt");
  EXPECT_EQ(scanned.unusable[0].error.code(), Code::not_found);
  const auto covered = [&](const std::string& source) {
    for (const SourceRoot& root : scanned.roots)
      if (root.covers(source)) return true;
    return false;
  };
  const std::string base = *files.resolve(folder.path());
  EXPECT_TRUE(covered(base + "/x/b.pdf"));
  EXPECT_FALSE(covered(base + "/x/b.txt"));
  EXPECT_FALSE(covered(base + "/x/y/b.pdf"));
  EXPECT_TRUE(covered(base + "/gone.txt"));
  EXPECT_FALSE(covered(base + "/gone.txt2"));
  EXPECT_FALSE(covered(""));
}

TEST_F(SourceScanTest, the_number_of_files_is_bounded) {
  for (int i = 0; i < 101; ++i) folder.write("f" + std::to_string(i), "");
  EXPECT_EQ(scan_sources({folder.path()}, files, 100, context).error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace loadline
