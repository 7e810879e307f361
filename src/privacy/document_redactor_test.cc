#include "privacy/document_redactor.h"

#include <gtest/gtest.h>

#include "model/memory_file_system.h"

namespace loadline {
namespace {

constexpr std::string_view iban = "DE89 3704 0044 0532 0130 00", mail = "mara.lind@brackwater.example";

struct Redaction {
  MemoryFileSystem files;
  ManualClock clock;
  std::unique_ptr<Vault> vault =
      Vault::open({.folder = "v", .audit = {}}, "0123456789abcdef0123456789abcdef", files, clock).value();
  DocumentRule rule;

  Redaction() {
    rule.detector = Detector::make({}).value();
    rule.vault = vault.get();
    rule.tenant = "t";
    rule.version = "1";
  }
  DocumentRedactor redactor() { return DocumentRedactor(rule); }
};

Block paragraph(std::string text) {
  Block block;
  block.text = std::move(text);
  block.box = {10, 20, 30, 40};
  return block;
}

TEST(DocumentRedactor, OneValueOneTokenInTextAndTableAndQuestion) {
  Redaction made;
  ExtractedPage page;
  page.number = 3;
  page.blocks.push_back(paragraph("Refunds go to " + std::string(iban) + "."));
  Block grid;
  grid.table = Table{2, 2, 1, {}, ""};
  grid.table->cells = {{0, 0, 1, 1, "Name", {}},
                       {0, 1, 1, 1, "Account", {}},
                       {1, 0, 1, 1, "Lind", {}},
                       {1, 1, 1, 1, "DE89370400440532013000", {1, 2, 3, 4}}};
  grid.text = table_text(*grid.table);
  page.blocks.push_back(grid);
  ASSERT_TRUE(made.redactor().redact(page).ok());
  const std::string token = *made.vault->find("t", DataType::iban, iban);
  EXPECT_EQ(page.blocks[0].text, "Refunds go to " + token + ".");
  EXPECT_EQ(page.blocks[0].box, (Box{10, 20, 30, 40}));
  EXPECT_EQ(page.blocks[1].table->cells[3].text, token);
  EXPECT_EQ(page.blocks[1].table->cells[3].box, (Box{1, 2, 3, 4}));
  EXPECT_EQ(page.blocks[1].text, table_text(*page.blocks[1].table));
  EXPECT_EQ(page.redacted, (std::vector<RedactedCount>{{"iban", 2}}));
  EXPECT_EQ(made.redactor().redact_question("What about de89-3704-0044-0532-0130-00?"),
            "What about " + token + "?");
}

TEST(DocumentRedactor, WhatStandsBesideSaysWhatAValueIs) {
  Redaction made;
  ExtractedPage page;
  Block grid;
  grid.table = Table{2, 2, 1, {}, ""};
  grid.table->cells = {{0, 0, 1, 1, "Customer", {}},
                       {0, 1, 1, 1, "Account number", {}},
                       {1, 0, 1, 1, "A", {}},
                       {1, 1, 1, 1, "83017265", {}}};
  grid.text = table_text(*grid.table);
  page.blocks = {paragraph("Passport number"), paragraph("C01X00T47"), paragraph("Pallets"),
                 paragraph("83017265"), grid};
  ASSERT_TRUE(made.redactor().redact(page).ok());
  EXPECT_EQ(page.blocks[0].text, "Passport number");
  EXPECT_EQ(token_at_start(page.blocks[1].text), page.blocks[1].text.size()) << page.blocks[1].text;
  EXPECT_EQ(page.blocks[3].text, "83017265");
  EXPECT_EQ(page.blocks[4].table->cells[3].text.find("83017265"), std::string::npos);
}

TEST(DocumentRedactor, EveryActionAndTheNamesOfWhatIsBlocked) {
  Redaction made;
  const auto redacted = [&](Action action) {
    made.rule.actions.of = ActionTable::filled(action);
    ExtractedPage page;
    page.number = 7;
    page.blocks = {paragraph("Write to " + std::string(mail) + " now")};
    const Status status = made.redactor().redact(page);
    return status ? page.blocks[0].text : status.error().message();
  };
  EXPECT_EQ(redacted(Action::keep), "Write to " + std::string(mail) + " now");
  EXPECT_EQ(redacted(Action::mask), "Write to [EMAIL] now");
  EXPECT_EQ(redacted(Action::drop), "Write to  now");
  EXPECT_EQ(redacted(Action::hash).find("Write to [EMAIL#"), 0U);
  EXPECT_EQ(redacted(Action::block),
            "the document has a value of the type 'email', which its collection does not take (page 7)");
  DocumentProperties properties;
  properties.title = "Letter to " + std::string(mail);
  EXPECT_EQ(made.redactor().redact(properties).error().code(), Code::permission_denied);
  EXPECT_EQ(made.redactor().redact_question(mail), "[EMAIL]");  // no question is refused for what it names
}

TEST(DocumentRedactor, SettledIsRestorableAfterACrash) {
  Redaction made;
  ExtractedPage page;
  page.blocks = {paragraph(std::string(mail))};
  ASSERT_TRUE(made.redactor().redact(page).ok());
  ASSERT_TRUE(made.redactor().settle().ok());
  const auto again =
      Vault::open({.folder = "v", .audit = {}}, "0123456789abcdef0123456789abcdef", made.files, made.clock)
          .value();
  EXPECT_EQ(again->restore("t", page.blocks[0].text, "r"), mail);
}

}  // namespace
}  // namespace loadline
