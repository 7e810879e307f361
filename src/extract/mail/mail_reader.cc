#include "extract/mail/mail_reader.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/printable.h"
#include "extract/archive/nested_files.h"
#include "extract/html/html_reader.h"
#include "extract/mail/mime.h"
#include "extract/page_writer.h"
#include "extract/table_shape.h"
#include "extract/text/charset.h"
#include "extract/text/text_reader.h"

namespace loadline {
namespace {

struct BodyText {
  std::string text;  // UTF-8
  bool is_html = false;
};

// What a mail consists of, in reading order.
struct MailContent {
  std::vector<BodyText> bodies;
  std::vector<NestedFile> attachments;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

bool starts_with_word(std::string_view value, std::string_view word) {
  if (value.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), value.begin(), [](char a, char b) {
    return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
  });
}

Result<BodyText> body_of(const MimeEntity& entity, bool is_html) {
  const std::string bytes = decode_transfer(entity.body, entity.header("content-transfer-encoding"));
  std::string charset = mime_parameter(entity.header("content-type"), "charset");
  if (charset.empty() && is_html) charset = declared_html_charset(bytes);
  LOADLINE_ASSIGN(std::string text, charset.empty() ? decode_text(bytes) : decode_text(bytes, charset));
  return BodyText{std::move(text), is_html};
}

std::string attachment_name(const MimeEntity& entity) {
  std::string name = mime_parameter(entity.header("content-disposition"), "filename");
  return name.empty() ? mime_parameter(entity.header("content-type"), "name") : name;
}

class MailCollector {
 public:
  Status collect(const MimeEntity& entity, MailContent& content, int depth) {
    if (++parts_ > mail_parts_max || depth > mail_nesting_max)
      return Error(Code::resource_exhausted, "The mail has more than 1,000 parts, or 20 inside one another.");
    const std::string type = entity.media_type();
    if (type.starts_with("multipart/")) return multipart(entity, type, content, depth);
    const bool attached = starts_with_word(entity.header("content-disposition"), "attachment");
    const std::string name = attachment_name(entity);
    if (!attached && name.empty() && (type == "text/plain" || type == "text/html")) {
      LOADLINE_ASSIGN(BodyText body, body_of(entity, type == "text/html"));
      if (!is_blank(body.text)) content.bodies.push_back(std::move(body));
      return {};
    }
    // Pictures that only decorate the text.
    const bool decoration = type.starts_with("image/") && !attached;
    if (!decoration) attach(entity, type, name, content);
    return {};
  }

 private:
  Status multipart(const MimeEntity& entity, const std::string& type, MailContent& content, int depth) {
    const std::string boundary = mime_parameter(entity.header("content-type"), "boundary");
    std::vector<MailContent> parts;
    for (const std::string_view bytes : split_multipart(entity.body, boundary, mail_parts_max)) {
      parts.emplace_back();
      LOADLINE_TRY(collect(parse_mime(bytes), parts.back(), depth + 1));
    }
    if (type == "multipart/alternative") keep_one_text(parts);
    for (MailContent& part : parts) {
      std::move(part.bodies.begin(), part.bodies.end(), std::back_inserter(content.bodies));
      std::move(part.attachments.begin(), part.attachments.end(), std::back_inserter(content.attachments));
    }
    return {};
  }

  // The same said several ways: plain text, unless only the HTML can show what is said (a table).
  static void keep_one_text(std::vector<MailContent>& parts) {
    const auto is_good = [](const MailContent& part) {
      return std::any_of(part.bodies.begin(), part.bodies.end(), [](const BodyText& body) {
        return body.is_html &&
               (body.text.find("<th") != std::string::npos || body.text.find("<TH") != std::string::npos);
      });
    };
    const auto is_plain = [](const MailContent& part) {
      return !part.bodies.empty() && !part.bodies[0].is_html;
    };
    auto kept = std::find_if(parts.begin(), parts.end(), is_good);
    if (kept == parts.end()) kept = std::find_if(parts.begin(), parts.end(), is_plain);
    if (kept == parts.end())
      kept = std::find_if(parts.begin(), parts.end(),
                          [](const MailContent& part) { return !part.bodies.empty(); });
    for (auto part = parts.begin(); part != parts.end(); ++part)
      if (part != kept) part->bodies.clear();
  }

  static void attach(const MimeEntity& entity, const std::string& type, std::string name,
                     MailContent& content) {
    if (name.empty() && type == "message/rfc822") name = "message.eml";
    const std::string shown = name.empty() ? type : printable(name);
    const std::string encoding(entity.header("content-transfer-encoding"));
    content.attachments.push_back(
        {name, "Attachment: " + shown,
         [body = entity.body, encoding](ReadBudget& budget) { return unpack(body, encoding, budget); }});
  }

  static Result<std::string> unpack(std::string_view body, const std::string& encoding, ReadBudget& budget) {
    std::string bytes = decode_transfer(body, encoding);
    if (bytes.size() > budget.unpacked_bytes_left) {
      budget.exceeded = true;
      return Error(Code::resource_exhausted, "Its attachments unpack to more than 1 GiB.");
    }
    budget.unpacked_bytes_left -= bytes.size();
    return bytes;
  }

  std::size_t parts_ = 0;
};

std::string address_lines(const MimeEntity& mail) {
  constexpr std::array<std::pair<const char*, const char*>, 4> shown{
      {{"from", "From"}, {"to", "To"}, {"cc", "Cc"}, {"date", "Date"}}};
  std::string lines;
  for (const auto& [name, label] : shown) {
    const std::string value = one_line(decode_mime_words(mail.header(name)));
    if (!value.empty()) lines += (lines.empty() ? "" : "\n") + std::string(label) + ": " + value;
  }
  return lines;
}

Status write_mail(const MimeEntity& mail, const MailContent& content, PageSink& sink) {
  PageWriter out(sink);
  LOADLINE_TRY(out.add(BlockKind::heading, 1, one_line(decode_mime_words(mail.header("subject")))));
  LOADLINE_TRY(out.add(BlockKind::paragraph, 0, address_lines(mail)));
  for (const BodyText& body : content.bodies) {
    HtmlFacts facts;
    LOADLINE_TRY(body.is_html ? write_html(body.text, out, facts) : write_text(body.text, out));
  }
  return out.finish();
}

}  // namespace

Status read_mail(const ReadInput& input, PageSink& sink) {
  const MimeEntity mail = parse_mime(input.text());
  MailContent content;
  LOADLINE_TRY(MailCollector().collect(mail, content, 1));
  PageBuffer own;
  LOADLINE_TRY(write_mail(mail, content, own));
  const int own_pages = static_cast<int>(own.pages().size());

  NestedFiles attachments(input, std::move(content.attachments));
  LOADLINE_TRY(attachments.count());
  DocumentProperties properties;
  properties.media_type = "message/rfc822";
  properties.title = one_line(decode_mime_words(mail.header("subject")));
  properties.author = one_line(decode_mime_words(mail.header("from")));
  properties.created = mail.header("date");
  properties.page_count = own_pages + attachments.pages();
  if (!sink.on_properties(properties)) return sink_stopped();
  for (ExtractedPage& page : own.pages())
    if (page.number >= input.first_page && !sink.on_page(std::move(page))) return sink_stopped();
  return attachments.give(own_pages, sink);
}

bool looks_like_mail(std::string_view text) {
  constexpr std::size_t looked_at = 16384;
  const MimeEntity head = parse_mime(text.substr(0, looked_at));
  if (head.headers.size() < 2) return false;
  int known = 0;
  for (const char* name : {"from", "to", "subject", "date", "received", "mime-version", "message-id",
                           "return-path", "delivered-to", "content-type", "cc", "reply-to", "x-mailer"})
    if (!head.header(name).empty()) ++known;
  const bool has_author = !head.header("from").empty() || !head.header("received").empty();
  return known >= 3 && has_author;
}

}  // namespace loadline
