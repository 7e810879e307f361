#include "net/multipart.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"

namespace loadline {
namespace {

class Recorder final : public MultipartReceiver {
 public:
  Status on_part(const MultipartPart& part) override {
    calls += "part name=" + part.name + " file=" + part.file_name.value_or("-") +
             " type=" + part.content_type + "\n[";
    return {};
  }
  Status on_data(std::string_view data) override {
    calls += data;
    largest = std::max(largest, data.size());
    return {};
  }
  Status on_part_end() override {
    calls += "]\n";
    return {};
  }
  std::string calls;
  std::size_t largest = 0;
};

struct Outcome {
  std::string calls;
  Status status;
};

Outcome read(const std::string& body, Rng* rng = nullptr, const std::string& boundary = "bound") {
  Recorder recorder;
  MultipartParser parser(boundary, recorder);
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t rest = body.size() - at;
    const std::size_t size =
        rng == nullptr ? rest : 1 + rng->below(static_cast<std::uint32_t>(std::min<std::size_t>(rest, 40)));
    if (Status status = parser.feed(std::string_view(body).substr(at, size)); !status)
      return {recorder.calls, status};
    at += size;
  }
  return {recorder.calls, parser.finish()};
}

std::string part(const std::string& headers, const std::string& data) {
  return "--bound\r\n" + headers + "\r\n\r\n" + data + "\r\n";
}
const char* const field = "Content-Disposition: form-data; name=\"a\"";

TEST(Multipart, AnySplitGivesTheSameCalls) {
  const std::string binary("\r\n--boun\r\n--bounx\0\xff--\r\n-", 25);
  const std::string body =
      "a preamble\r\n" + part(field, "") + part(field, "one") +
      part(
          "content-disposition: FORM-DATA; name=f; filename=\"a \\\"b\\\".pdf\"\r\n"
          "Content-Type: application/pdf",
          binary) +
      part("Content-Disposition: form-data; name=f; filename*=UTF-8''%c3%a4.txt; filename=x", "z") +
      "--bound--\r\nan epilogue --bound\r\n";
  const Outcome whole = read(body);
  ASSERT_TRUE(whole.status) << whole.status.error().message();
  EXPECT_EQ(whole.calls,
            "part name=a file=- type=\n[]\npart name=a file=- type=\n[one]\n"
            "part name=f file=a \"b\".pdf type=application/pdf\n[" +
                binary + "]\npart name=f file=\xc3\xa4.txt type=\n[z]\n");
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Rng rng(seed);
    const Outcome split = read(body, &rng);
    ASSERT_TRUE(split.status) << "seed " << seed;
    ASSERT_EQ(split.calls, whole.calls) << "seed " << seed;
  }
}

TEST(Multipart, RandomBodiesSurviveRandomSplits) {
  static constexpr std::string_view pieces[] = {"\r\n", "--bound", "-", "bound", "\r", "\n", "x", "--"};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng(seed);
    std::string data;
    for (std::uint32_t i = rng.below(30); i > 0; --i) data += pieces[rng.below(8)];
    if (("\r\n" + data + "\r\n").find("\r\n--bound") != std::string::npos) continue;  // would end the part
    const Outcome outcome = read(part(field, data) + "--bound--", &rng);
    ASSERT_TRUE(outcome.status) << "seed " << seed;
    ASSERT_EQ(outcome.calls, "part name=a file=- type=\n[" + data + "]\n") << "seed " << seed;
  }
}

TEST(Multipart, BrokenBodiesAreRefused) {
  for (const std::string& body :
       std::vector<std::string>{"", "nothing here", part(field, "cut"), part(field, "cut") + "--bound",
                                part("Content-Type: text/plain", "x"), part("no colon", "x"),
                                part("Content-Disposition: attachment; name=a", "x"), "--boundary\r\n\r\n",
                                part("Content-Disposition: form-data; name=\"a", "x")}) {
    const Outcome outcome = read(body);
    const bool lone_quote = body.find("name=\"a\r\n") != std::string::npos;
    EXPECT_FALSE(outcome.status.ok()) << body << (lone_quote ? " (and it is cut off)" : "");
  }
}

TEST(Multipart, Bounds) {
  EXPECT_EQ(
      read(part(std::string(field) + "; x=" + std::string(MultipartParser::part_header_bytes_max, 'x'), "x"))
          .status.error()
          .code(),
      Code::invalid_argument);
  std::string many;
  for (std::size_t i = 0; i <= MultipartParser::parts_max; ++i) many += part(field, "");
  EXPECT_EQ(read(many).status.error().code(), Code::resource_exhausted);
  EXPECT_FALSE(read("--bound" + std::string(4096, ' ')).status.ok()) << "padding";
}

TEST(Multipart, BoundaryOfAContentType) {
  EXPECT_EQ(MultipartParser::boundary_of("multipart/form-data; boundary=abc").value_or("-"), "abc");
  EXPECT_EQ(MultipartParser::boundary_of("Multipart/Form-Data;charset=x; BOUNDARY=\"a b'c\"").value_or("-"),
            "a b'c");
  for (const char* none :
       {"", "multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=a",
        "multipart/mixed; boundary=a", "multipart/form-data; boundary=\"a \""})
    EXPECT_FALSE(MultipartParser::boundary_of(none)) << none;
  EXPECT_FALSE(MultipartParser::boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')));
}

}  // namespace
}  // namespace loadline
