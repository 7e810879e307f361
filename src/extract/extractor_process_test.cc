#include "extract/extractor_process.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "extract/test_documents.h"

namespace loadline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string folder_of_programs() {
  const std::string beside = extractor_beside_program();
  return beside.substr(0, beside.rfind('/') + 1);
}

// A file that is there as long as the object.
class TestFile {
 public:
  explicit TestFile(std::string_view content) {
    std::string name = ::testing::TempDir() + "loadline_extract_XXXXXX";
    const int fd = mkstemp(name.data());
    path_ = name;
    std::ofstream(path_, std::ios::binary) << content;
    close(fd);
  }
  ~TestFile() { unlink(path_.c_str()); }
  TestFile(const TestFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Collector final : public PageSink {
 public:
  bool on_properties(const DocumentProperties& p) override {
    ++properties_seen;
    properties = p;
    return true;
  }
  bool on_page(ExtractedPage page) override {
    pages.push_back(std::move(page));
    if (on_each) on_each();
    return pages.size() < stop_after;
  }
  /// "1 2 3x 4": page numbers, lost ones with an x.
  std::string numbers() const {
    std::string text;
    for (const ExtractedPage& page : pages)
      text += (text.empty() ? "" : " ") + std::to_string(page.number) + (page.lost_reason.empty() ? "" : "x");
    return text;
  }
  int properties_seen = 0;
  DocumentProperties properties;
  std::vector<ExtractedPage> pages;
  std::size_t stop_after = static_cast<std::size_t>(-1);
  std::function<void()> on_each;
};

std::size_t open_descriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  std::size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// Every test ends without children and with as many descriptors as it began.
class ExtractorProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    context_.clock = &clock_;
    descriptors_ = open_descriptors();
  }
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process was left behind";
    EXPECT_EQ(open_descriptors(), descriptors_) << "a descriptor was left open";
  }

  Status run(const std::string& program, std::string_view document, Collector& sink,
             ExtractorLimits limits = {}, const std::string& name = "") {
    const TestFile file(document);
    return run_path(program, file.path(), sink, limits, name);
  }
  Status run_path(const std::string& program, const std::string& path, Collector& sink,
                  ExtractorLimits limits = {}, const std::string& name = "") {
    auto extractor = ExtractorProcess::open({folder_of_programs() + program, limits});
    EXPECT_TRUE(extractor.ok()) << extractor.error().message();
    if (!extractor.ok()) return std::move(extractor).error();
    ExtractRequest request;
    request.path = path;
    request.file_name = name;
    return (*extractor)->extract(request, sink, context_);
  }
  Status probe(std::string_view script, Collector& sink, ExtractorLimits limits = {}) {
    return run("extractor_probe", script, sink, limits);
  }
  Status extract(std::string_view document, Collector& sink, ExtractorLimits limits = {},
                 const std::string& name = "") {
    return run("loadline-extractor", document, sink, limits, name);
  }

  SystemClock clock_;
  CallContext context_;
  std::size_t descriptors_ = 0;
};

#define EXPECT_FAILS(status, wanted_code, says)                                                      \
  do {                                                                                               \
    const Status failed_ = (status);                                                                 \
    ASSERT_FALSE(failed_.ok());                                                                      \
    EXPECT_EQ(failed_.error().code(), wanted_code) << failed_.error().message();                     \
    EXPECT_NE(failed_.error().message().find(says), std::string::npos) << failed_.error().message(); \
  } while (false)

// --- the real extractor
// --------------------------------------------------------------------------------------------

TEST_F(ExtractorProcessTest, reads_documents_of_every_own_format) {
  using namespace loadline::testing;
  const std::pair<std::string, std::string> documents[] = {
      {docx_of("<w:p><w:r><w:t>Needle</w:t></w:r></w:p>"),
       "vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {xlsx_of({{"S", "<sheetData><row><c t=\"inlineStr\"><is><t>Needle</t></is></c></row></sheetData>"}}),
       "spreadsheetml"},
      {pptx_of({"<p:sp><p:txBody><a:p><a:r><a:t>Needle</a:t></a:r></a:p></p:txBody></p:sp>"}),
       "presentationml"},
      {"<html><body><p>Needle</p></body></html>", "text/html"},
      {"# T\n\n# U\n\nNeedle\n", "text/markdown"},
      {"a,b\n1,Needle\n3,4\n5,6\n", "text/csv"},
      {"{\"a\":\"Needle\"}", "application/json"},
      {"From: a\nTo: b\nSubject: s\nDate: d\n\nNeedle\n", "message/rfc822"},
      {"\xFF\xFEN\0e\0e\0d\0l\0e\0", "text/plain"},
      {zip_of({{"x.txt", "Needle"}}), "application/zip"}};
  for (const auto& [bytes, type] : documents) {
    Collector sink;
    const Status status =
        extract(type == "text/plain" ? std::string("\xFF\xFEN\0e\0e\0d\0l\0e\0", 14) : bytes, sink);
    ASSERT_TRUE(status.ok()) << type << ": " << status.error().message();
    EXPECT_NE(sink.properties.media_type.find(type), std::string::npos) << sink.properties.media_type;
    EXPECT_EQ(sink.properties_seen, 1);
    std::string text;
    for (const Block& block : sink.pages.at(0).blocks) text += block.text + "\n";
    EXPECT_NE(text.find("Needle"), std::string::npos) << type << ": " << text;
  }
}

TEST_F(ExtractorProcessTest, bad_files_get_the_readers_sentence) {
  Collector sink;
  EXPECT_FAILS(extract("", sink), Code::invalid_argument, "empty");
  EXPECT_FAILS(extract("\x01\x02\x03\x04", sink), Code::invalid_argument, "no known format");
  EXPECT_FAILS(run_path("loadline-extractor", "/nowhere/a\nb", sink), Code::not_found, "a\\nb");
  EXPECT_FAILS(run_path("loadline-extractor", "/", sink), Code::invalid_argument, "folder");
  EXPECT_EQ(sink.properties_seen, 0);
}

TEST_F(ExtractorProcessTest, a_fifo_does_not_hold_it_up) {
  const std::string path = ::testing::TempDir() + "loadline_fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Collector sink;
  EXPECT_FAILS(run_path("loadline-extractor", path, sink), Code::invalid_argument, "not a file");
  unlink(path.c_str());
}

TEST_F(ExtractorProcessTest, names_of_any_bytes_are_only_hints) {
  Collector sink;
  EXPECT_TRUE(extract("text", sink, {}, "new\nline\xFF.pdf").ok());
  EXPECT_TRUE(extract("text", sink, {}, std::string(100'000, 'x')).ok());
}

TEST_F(ExtractorProcessTest, memory_stays_under_the_bound) {
#if defined(LOADLINE_SANITIZED)
  GTEST_SKIP() << "builds with sanitizers have no memory limit";
#endif
  // 64 MiB of text in one page need several times that; the bound is far lower.
  ExtractorLimits limits;
  limits.memory_bytes = std::uint64_t{192} << 20;
  std::string xml = "<html><body>";
  while (xml.size() < (std::size_t{24} << 20)) xml += "<p>word</p>";
  Collector sink;
  EXPECT_FAILS(extract(xml, sink, limits), Code::resource_exhausted, "memory");
}

TEST_F(ExtractorProcessTest, many_threads_at_once) {
  auto extractor = ExtractorProcess::open({folder_of_programs() + "loadline-extractor", {}});
  ASSERT_TRUE(extractor.ok());
  const TestFile file("one\ftwo\fthree");
  std::vector<std::thread> threads;
  std::atomic<int> pages = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        Collector sink;
        ExtractRequest request;
        request.path = file.path();
        const Status status = (*extractor)->extract(request, sink, context_);
        if (status.ok()) pages += static_cast<int>(sink.pages.size());
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pages, 4 * 10 * 3);
}

TEST_F(ExtractorProcessTest, a_missing_program_is_said) {
  const auto extractor = ExtractorProcess::open({"/nowhere/loadline-extractor", {}});
  ASSERT_FALSE(extractor.ok());
  EXPECT_EQ(extractor.error().code(), Code::unavailable);
  const auto other = ExtractorProcess::open({"/bin/sh", {}});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), Code::unavailable);
}

TEST_F(ExtractorProcessTest, the_version_names_what_reads) {
  const auto extractor = ExtractorProcess::open({});
  ASSERT_TRUE(extractor.ok()) << extractor.error().message();
  EXPECT_NE((*extractor)->version().find("extract-"), std::string::npos);
}

// --- a program that misbehaves
// -------------------------------------------------------------------------------------

TEST_F(ExtractorProcessTest, a_crash_loses_one_page) {
  for (const char* how : {"abort", "segfault", "exit", "socket", "memory", "half_frame"}) {
    Collector sink;
    const Status status = probe(std::string("6 3 ") + how, sink);
    ASSERT_TRUE(status.ok()) << how << ": " << status.error().message();
    EXPECT_EQ(sink.numbers(), "1 2 3x 4 5 6") << how;
    EXPECT_EQ(sink.properties_seen, 1);
  }
}

TEST_F(ExtractorProcessTest, several_bad_pages_are_lost_each) {
  Collector sink;
  ASSERT_TRUE(probe("8 1 abort 4 abort 5 exit 8 segfault", sink).ok());
  EXPECT_EQ(sink.numbers(), "1x 2 3 4x 5x 6 7 8x");
  EXPECT_NE(sink.pages[0].lost_reason.find("crashed (signal 6)"), std::string::npos);
  EXPECT_NE(sink.pages[4].lost_reason.find("exit status 9"), std::string::npos);
}

TEST_F(ExtractorProcessTest, readers_that_look_ahead_lose_the_page_they_died_on) {
  for (const char* how : {"abort", "memory", "exit"}) {
    Collector sink;
    const Status status = probe(std::string("9 0 ahead 3 ") + how + " 5 " + how + " 9 " + how, sink);
    ASSERT_TRUE(status.ok()) << how << ": " << status.error().message();
    EXPECT_EQ(sink.numbers(), "1 2 3x 4 5x 6 7 8 9x") << how;
    EXPECT_EQ(sink.pages[2].lost_reason, sink.pages[8].lost_reason);
    EXPECT_EQ(sink.pages[2].lost_reason.find("ended the extractor"), std::string::npos);
  }
}

TEST_F(ExtractorProcessTest, a_library_that_turns_out_to_be_needed_is_loaded_by_the_next_process) {
  Collector sink;
  const Status status = probe("6 3 need 5 abort", sink);
  ASSERT_TRUE(status.ok()) << status.error().message();
  EXPECT_EQ(sink.numbers(), "1 2 3 4 5x 6");
  EXPECT_EQ(sink.properties_seen, 1);
  Collector other;
  EXPECT_FAILS(probe("6 3 insist", other), Code::data_loss, "needs what it was given");
}

TEST_F(ExtractorProcessTest, a_document_of_bad_pages_fails) {
  Collector sink;
  EXPECT_FAILS(probe("2 1 abort 2 abort", sink), Code::internal, "on page 2");
  EXPECT_EQ(sink.numbers(), "1x 2x");
  std::string script = "100";
  for (int page = 2; page <= 100; ++page) script += " " + std::to_string(page) + " exit";
  ExtractorLimits limits;
  limits.lost_pages_max = 5;
  Collector many;
  EXPECT_FAILS(probe(script, many, limits), Code::internal, "on page 7");
  EXPECT_EQ(many.numbers(), "1 2x 3x 4x 5x 6x");
}

TEST_F(ExtractorProcessTest, unknown_page_counts_end_when_a_page_is_not_to_blame) {
  Collector sink;
  ASSERT_TRUE(probe("4 -1 x 2 abort", sink).ok());
  EXPECT_EQ(sink.numbers(), "1 2x 3 4");
  Collector stuck;
  EXPECT_FAILS(probe("4 -1 x 2 abort 3 abort 4 abort", stuck), Code::internal, "crashed");
  EXPECT_EQ(stuck.numbers(), "1 2x");
}

TEST_F(ExtractorProcessTest, a_crash_before_the_first_page_fails_the_document) {
  Collector sink;
  EXPECT_FAILS(probe("3 0 abort", sink), Code::internal, "while the document was opened");
  EXPECT_FAILS(probe("3 0 exit", sink), Code::internal, "exit status 9");
  EXPECT_EQ(sink.properties_seen, 0);
}

TEST_F(ExtractorProcessTest, a_page_that_takes_too_long_is_lost) {
  ExtractorLimits limits;
  limits.wall_per_page = seconds(1);
  Collector sink;
  ASSERT_TRUE(probe("3 2 hang", sink, limits).ok());
  EXPECT_EQ(sink.numbers(), "1 2x 3");
  EXPECT_NE(sink.pages[1].lost_reason.find("longer than 1 s"), std::string::npos);
  EXPECT_FAILS(probe("3 0 hang", sink, limits), Code::resource_exhausted, "longer than 1 s");
}

TEST_F(ExtractorProcessTest, a_document_that_takes_too_long_ends) {
  ExtractorLimits limits;
  limits.wall_per_document = seconds(1);
  Collector sink;
  EXPECT_FAILS(probe("3 2 hang", sink, limits), Code::resource_exhausted, "(on page 2)");
}

TEST_F(ExtractorProcessTest, cpu_time_is_bounded) {
  ExtractorLimits limits;
  limits.cpu_per_document = seconds(1);
  Collector sink;
  EXPECT_FAILS(probe("3 2 spin", sink, limits), Code::resource_exhausted, "CPU time");
}

TEST_F(ExtractorProcessTest, output_and_pages_are_bounded) {
  ExtractorLimits limits;
  limits.output_bytes_max = std::uint64_t{8} << 20;
  Collector sink;
  EXPECT_FAILS(probe("3 2 flood", sink, limits), Code::resource_exhausted, "longer than 8 MiB");
  EXPECT_LE(sink.pages.size(), 10U);
  limits = {};
  limits.pages_max = 10;
  Collector none;
  EXPECT_FAILS(probe("11", none, limits), Code::resource_exhausted, "has 11 pages; at most 10");
  EXPECT_EQ(none.properties_seen, 0);
  Collector some;
  EXPECT_FAILS(probe("11 -1 x", some, limits), Code::resource_exhausted, "more than 10 pages");
  EXPECT_EQ(some.pages.size(), 10U);
}

TEST_F(ExtractorProcessTest, malformed_answers_end_it) {
  Collector sink;
  EXPECT_FAILS(probe("3 2 garbage", sink), Code::data_loss, "frame mark");
  EXPECT_FAILS(probe("3 2 wrong_number", sink), Code::data_loss, "out of order");
  EXPECT_FAILS(probe("3 2 end_early", sink), Code::data_loss, "pages are missing");
}

TEST_F(ExtractorProcessTest, a_failure_frame_is_the_answer) {
  Collector sink;
  EXPECT_FAILS(probe("3 2 failure", sink), Code::invalid_argument, "No more can be read.");
  EXPECT_EQ(sink.numbers(), "1");
}

TEST_F(ExtractorProcessTest, a_process_that_stays_after_its_end_is_killed) {
  Collector sink;
  EXPECT_FAILS(probe("3 3 stay", sink), Code::data_loss, "pages are missing");
}

TEST_F(ExtractorProcessTest, cancellation_is_noticed_within_a_moment) {
  for (const char* how : {"hang", "flood", "spin"}) {
    context_.cancel = CancelToken();
    Collector sink;
    const CancelToken cancel = context_.cancel;
    sink.on_each = [&] {
      // From the first page on: the probe is at work.
      if (sink.pages.size() == 1) std::thread([cancel] { cancel.cancel(); }).join();
    };
    const auto started = std::chrono::steady_clock::now();
    EXPECT_FAILS(probe(std::string("3 2 ") + how, sink), Code::cancelled, "");
    EXPECT_LT(std::chrono::steady_clock::now() - started, seconds(2)) << how;
  }
}

TEST_F(ExtractorProcessTest, the_deadline_is_kept) {
  const auto started = std::chrono::steady_clock::now();
  context_ = context_.with_time_limit(milliseconds(300));
  Collector sink;
  EXPECT_FAILS(probe("3 2 hang", sink), Code::deadline_exceeded, "");
  EXPECT_LT(std::chrono::steady_clock::now() - started, seconds(3));
}

TEST_F(ExtractorProcessTest, a_sink_that_has_enough_stops_it) {
  Collector sink;
  sink.stop_after = 2;
  EXPECT_FAILS(probe("1000", sink), Code::cancelled, "stopped");
  EXPECT_EQ(sink.numbers(), "1 2");
}

}  // namespace
}  // namespace loadline
