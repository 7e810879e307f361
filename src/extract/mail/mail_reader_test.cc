#include "extract/mail/mail_reader.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "extract/mail/mime.h"
#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::read_bytes;
using testing::Reading;

TEST(Mime, encoded_words) {
  EXPECT_EQ(decode_mime_words("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= an =?iso-8859-1?B?QWxs6Q==?="), "Grüße an Allé");
  EXPECT_EQ(decode_mime_words("=?utf-8?q?one_?= =?utf-8?q?two?="), "one two");
  EXPECT_EQ(decode_mime_words("plain =?broken"), "plain =?broken");
}

TEST(Mime, parameters) {
  EXPECT_EQ(mime_parameter("text/plain; charset=\"utf-8\"; format=flowed", "charset"), "utf-8");
  EXPECT_EQ(mime_parameter("attachment; filename*=UTF-8''na%C3%AFve%20file.txt", "filename"),
            "naïve file.txt");
  EXPECT_EQ(mime_parameter("attachment; filename*0=\"long \"; filename*1=\"name.pdf\"", "filename"),
            "long name.pdf");
  EXPECT_EQ(mime_parameter("attachment; filename=\"a\\\"b;c.txt\"", "filename"), "a\"b;c.txt");
  EXPECT_EQ(mime_parameter("attachment; filename==?utf-8?q?=C3=A9.txt?=", "filename"), "é.txt");
  EXPECT_EQ(mime_parameter("text/plain", "charset"), "");
}

TEST(Mime, transfer_encodings) {
  EXPECT_EQ(decode_transfer("caf=C3=A9 is=\r\n soft =3D =zz", "Quoted-Printable"), "café is soft = =zz");
  EXPECT_EQ(decode_transfer("aGVs\r\nbG8=", "base64"), "hello");
  EXPECT_EQ(decode_transfer("as it is", "8bit"), "as it is");
}

TEST(Mime, base64_of_random_bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    std::string bytes(random.below(100), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    std::string encoded;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      std::uint32_t bits = 0;
      for (std::size_t j = 0; j < 3; ++j)
        bits = (bits << 8) | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
      for (std::size_t j = 0; j < 4; ++j)
        encoded += i + j > bytes.size() ? '=' : letters[(bits >> (18 - 6 * j)) & 63];
      if (i % 57 == 54) encoded += "\r\n";
    }
    EXPECT_EQ(decode_transfer(encoded, "base64"), bytes);
  }
}

TEST(Mime, multiparts_end_at_their_boundary) {
  const auto parts =
      split_multipart("preamble\r\n--b\r\none\r\n--b\r\ntwo\r\n--bb is text\r\n--b--\r\nrest", "b", 10);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0], "one\r\n");
  EXPECT_EQ(parts[1], "two\r\n--bb is text\r\n");
  EXPECT_EQ(split_multipart("--b\ncut off", "b", 10).at(0), "cut off");
}

const std::string head =
    "Received: from a by b\r\nFrom: =?utf-8?q?Andr=C3=A9?= <a@x.example>\r\nTo: b@x.example\r\n"
    "Subject: Fees\r\n of 2022\r\nDate: Mon, 3 Jan 2022 10:00:00 +0000\r\nMIME-Version: 1.0\r\n";

TEST(Mail, plain_text) {
  const Reading reading =
      read_bytes(head +
                 "Content-Type: text/plain; charset=iso-8859-1\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=E9 is open.\r\n");
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  EXPECT_EQ(
      reading.outline(),
      "h1 Fees of 2022\np From: André <a@x.example>\nTo: b@x.example\nDate: Mon, 3 Jan 2022 10:00:00 +0000\n"
      "p Café is open.");
  EXPECT_EQ(reading.properties.title, "Fees of 2022");
  EXPECT_EQ(reading.properties.media_type, "message/rfc822");
  EXPECT_EQ(reading.properties.page_count, 1);
}

TEST(Mail, one_of_the_alternatives_and_all_attachments) {
  const std::string mail =
      head +
      "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; "
      "boundary=a\r\n\r\n"
      "--a\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>the "
      "text</p>\r\n"
      "--a--\r\n--m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"rates.csv\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\naWQsYW1vdW50CjEsNS4wMAoyLDYuMDAK\r\n"
      "--m\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\n\r\nxx\r\n"
      "--m\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; "
      "filename*=utf-8''x%0Ay.bin\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgcICQ==\r\n--m--\r\n";
  const Reading reading = read_bytes(mail);
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  ASSERT_EQ(reading.pages.size(), 3U);
  EXPECT_NE(reading.outline(0).find("\np the text"), std::string::npos);
  EXPECT_EQ(reading.outline(0).find("p the text"), reading.outline(0).rfind("p the text"));
  EXPECT_EQ(reading.outline(1),
            "h1 Attachment: rates.csv\nt 3x2+1 @0 id|@1 amount/@0 1|@1 5.00/@0 2|@1 6.00");
  EXPECT_EQ(reading.pages[2].number, 3);
  EXPECT_NE(reading.pages[2].lost_reason.find("x\\ny.bin: The content is of no known format"),
            std::string::npos);
  EXPECT_EQ(reading.properties.page_count, 3);
  EXPECT_EQ(read_bytes(mail, "", 2).pages.size(), 2U);
}

TEST(Mail, tables_make_the_html_the_better_alternative) {
  const std::string mail =
      head +
      "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\na b 1 2\r\n--a\r\n"
      "Content-Type: text/html\r\n\r\n<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr>"
      "</table>\r\n--a--\r\n";
  EXPECT_NE(read_bytes(mail).outline().find("t 2x2+1 @0 a|@1 b/@0 1|@1 2"), std::string::npos);
}

TEST(Mail, mails_in_mails) {
  const std::string mail = head +
                           "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nsee below\r\n--m\r\n"
                           "Content-Type: message/rfc822\r\n\r\n" +
                           head + "\r\ninner text\r\n--m--\r\n";
  const Reading reading = read_bytes(mail);
  ASSERT_EQ(reading.pages.size(), 2U);
  EXPECT_NE(reading.outline(1).find("h1 Attachment: message.eml\nh1 Fees of 2022"), std::string::npos);
  EXPECT_NE(reading.outline(1).find("inner text"), std::string::npos);
}

TEST(Mail, too_many_parts_are_refused) {
  std::string mail = head;
  for (int i = 0; i < 100; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    mail += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  EXPECT_EQ(read_bytes(mail).status.error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace loadline
