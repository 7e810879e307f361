#include "privacy/detector.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "privacy/checksums.h"
#include "privacy/made_values_test.h"
#include "privacy/normaliser.h"
#include "privacy/scanner.h"

namespace loadline {
namespace {

using testing::grouped;
using testing::made;

const Detector& detector() {
  static const auto made_once = Detector::make({}).value();
  return *made_once;
}

// "type:value|type:value" of what is found.
std::string found(std::string_view text) {
  std::string all;
  for (const Finding& finding : detector().find(text)) {
    if (!all.empty()) all += "|";
    all += std::string(name_of(finding.type)) + ":" +
           std::string(text.substr(finding.begin, finding.end - finding.begin));
  }
  return all;
}

TEST(Detector, CardsInEveryWriting) {
  Rng rng(1);
  for (int round = 0; round < 100; ++round) {
    const std::string card = testing::made_card(rng);
    EXPECT_EQ(found("my card is " + card + "."), "payment_card:" + card);
    EXPECT_EQ(found("card4card" + card + " "), "payment_card:" + card);
    if (card.size() != 16) continue;
    for (const char* sign : {" ", "-", ".", " - "}) {
      const std::string split = grouped(card, 4, sign);
      EXPECT_EQ(found("pay with " + split + ", please"), "payment_card:" + split);
    }
    const std::string single = grouped(card, 1, " ");
    EXPECT_EQ(found("it is " + single), "payment_card:" + single);
    std::string wide, zero;
    for (const char c : card) {
      append_utf8(wide, 0xFF10 + static_cast<char32_t>(c - '0'));
      zero += c + std::string("\xE2\x80\x8B");
    }
    EXPECT_EQ(found("it is " + wide + "\xE3\x80\x82"), "payment_card:" + wide);
    EXPECT_EQ(found("it is " + zero), "payment_card:" + zero.substr(0, zero.size() - 3));
    std::string wrong = card;
    wrong.back() = static_cast<char>('0' + (wrong.back() - '0' + 1) % 10);
    EXPECT_EQ(found("order " + wrong + " shipped"), "");
  }
}

TEST(Detector, IbansInEveryWriting) {
  Rng rng(2);
  for (int round = 0; round < 100; ++round) {
    const std::string iban = testing::made_iban(rng);
    EXPECT_EQ(found("to " + iban + "."), "iban:" + iban);
    const std::string split = grouped(iban, 4, " ");
    EXPECT_EQ(found("to " + split + " today"), "iban:" + split);
    std::string small = iban;
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(found("to " + small), "iban:" + small);
  }
}

struct Case {
  std::string text, expected;
};

class Texts : public ::testing::TestWithParam<Case> {};
TEST_P(Texts, GiveWhatIsThere) { EXPECT_EQ(found(GetParam().text), GetParam().expected) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    Network, Texts,
    ::testing::Values(Case{"write to mara.lind+x@mail.brackwater.example.",
                           "email:mara.lind+x@mail.brackwater.example"},
                      Case{"mailto:a@b.example?subject=x", "email:a@b.example"},
                      Case{"a@b is no mail, @home neither, a@b.c not", ""},
                      Case{"from 192.0.2.17:8080", "ip_address:192.0.2.17"},
                      Case{"version 1.2.3.4 is out", ""}, Case{"see 1.2.3.4.5", ""},
                      Case{"256.1.1.1 and 01.2.3.4", ""},
                      Case{"host 2001:db8:0:1:2:3:4:5 up", "ip_address:2001:db8:0:1:2:3:4:5"},
                      Case{"host 2001:db8::17, or ::1 or 127.0.0.1", "ip_address:2001:db8::17"},
                      Case{"std::vector a::b 12:30:45", ""},
                      Case{"at 00:1b:44:11:3a:b7 and 00-1B-44-11-3A-B7",
                           "mac_address:00:1b:44:11:3a:b7|mac_address:00-1B-44-11-3A-B7"},
                      Case{"psql postgres://teller:s3cr3t@db.brackwater.example:5432/core",
                           "url_credentials:postgres://teller:s3cr3t@db.brackwater.example:5432"},
                      Case{"https://brackwater.example/a:b?c=d", ""}));

INSTANTIATE_TEST_SUITE_P(
    UnitedStates, Texts,
    ::testing::Values(Case{"SSN 512-44-1932", "us_ssn:512-44-1932"},
                      Case{"social security number: 512441932", "us_ssn:512441932"},
                      Case{"ref 512441932", ""},
                      Case{"000-44-1932, 666-44-1932, 512-00-1932, 512-44-0000", ""},
                      Case{"my ITIN is 912-78-1234", "us_itin:912-78-1234"},
                      Case{"EIN: 12-3456789", "us_ein:12-3456789"}, Case{"part 12-3456789", ""},
                      Case{"(555) 210-9999 or 555-210-9999", "phone:(555) 210-9999|phone:555-210-9999"},
                      Case{"vol. 32 pp. 285-287. 1962, report TR-0165-00519, income tax 679 510 534", ""},
                      Case{"fax 259.735.7502x459, 001-321-194-8268x44208",
                           "phone:259.735.7502x459|phone:001-321-194-8268x44208"},
                      Case{"12 Quarry Lane, Marlow, OH 43210",
                           "street_address:12 Quarry Lane, Marlow, OH 43210"},
                      Case{"send it to P.O. Box 1234 now", "street_address:P.O. Box 1234"},
                      Case{"5 minutes on the way, 2 people drive 3 cars", ""}));

INSTANTIATE_TEST_SUITE_P(
    Words, Texts,
    ::testing::Values(Case{"born on 3/23/1960 in Marlow", "birth_date:3/23/1960"},
                      Case{"the report of 3/23/1960", ""},
                      Case{"date of birth: March 3, 1960", "birth_date:March 3, 1960"},
                      Case{"geboren am 03.04.1970", "birth_date:03.04.1970"},
                      Case{"passport no. C01X00T47", "passport:C01X00T47"}, Case{"product C01X00T47", ""},
                      Case{"driver's license D1234567", "driving_licence:D1234567"},
                      Case{"driving licence: MORGA657054SM9IJ", "driving_licence:MORGA657054SM9IJ"},
                      Case{"the public policy 12345678 of INTRODUCTORY licensing", ""},
                      Case{"a license 12345678 to operate", ""},
                      Case{"Hauptstra\xC3\x9F"
                           "e 12 in Kiel",
                           "street_address:Hauptstra\xC3\x9F"
                           "e 12"},
                      Case{"in Birkenweg 3b", "street_address:Birkenweg 3b"},
                      Case{"12 rue des Lilas", "street_address:12 rue des Lilas"},
                      Case{"+49 30 901820 rings", "phone:+49 30 901820"},
                      Case{"SWIFT: BRWADEFF500", "bic:BRWADEFF500"}, Case{"BRWADEFF500", ""},
                      Case{"the SWIFT movement DOCUMENT", ""}));

INSTANTIATE_TEST_SUITE_P(
    Secrets, Texts,
    ::testing::Values(Case{"password: correcthorse", "secret:correcthorse"},
                      Case{"the password is hunter22", "secret:hunter22"},
                      Case{"max_tokens: 1000, token count = 12", ""},
                      Case{"api_key=\"aB3dE6gH9jK2mN5pQ8rS\"", "secret:aB3dE6gH9jK2mN5pQ8rS"},
                      Case{"the password is required", ""}, Case{"sk-learn-based-classification-methods", ""},
                      Case{"AKIAQ2W3E4R5T6Y7U2I3", "api_key:AKIAQ2W3E4R5T6Y7U2I3"},
                      Case{"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln.",
                           "jwt:eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"},
                      Case{"-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----!",
                           "private_key:-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----"},
                      Case{"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----", ""},
                      Case{"a token [CARD_B2C4D6F8] stays", ""}));

TEST(Detector, NationalNumbersWithTheirWords) {
  Rng rng(3);
  const auto check = [](const std::string& before, const std::string& value, const std::string& type) {
    EXPECT_EQ(found(before + value + " ok"), type + ":" + value) << before;
  };
  for (int round = 0; round < 20; ++round) {
    check("PESEL ", made(rng, "850713", 11, pl_pesel_valid), "pl_pesel");
    check("BSN: ", made(rng, "1", 9, nl_bsn_valid), "nl_bsn");
    check("TFN ", made(rng, "3", 9, au_tfn_valid), "au_tfn");
    check("SIN ", made(rng, "4", 9, luhn_valid), "ca_sin");
    check("Aadhaar ", grouped(made(rng, "6", 12, verhoeff_valid), 4, " "), "in_aadhaar");
    check("UTR ", made(rng, "", 10, uk_utr_valid), "uk_utr");
    check("routing number ", made(rng, "0", 9, aba_valid), "aba_routing");
    check("Steuer-ID ", made(rng, "12345678", 11, de_tax_id_valid), "de_tax_id");
    const std::string swedish = made(rng, "850713", 10, se_personnummer_valid);
    check("personnummer ", swedish.substr(0, 6) + "-" + swedish.substr(6), "se_personnummer");
    const std::string swiss = made(rng, "756", 13, ch_ahv_valid);
    check("",
          swiss.substr(0, 3) + "." + swiss.substr(3, 4) + "." + swiss.substr(7, 4) + "." + swiss.substr(11),
          "ch_ahv");
    check("NINO ", "AB" + testing::random_digits(rng, 6) + "C", "uk_nino");
    check("PAN ", "ABCPD" + testing::random_digits(rng, 4) + "F", "in_pan");
    check("ISIN ", made(rng, "DE000", 12, isin_valid), "isin");
    check("CUSIP ", made(rng, "38", 9, cusip_valid), "cusip");
  }
}

TEST(Detector, CustomPatterns) {
  DetectorOptions options;
  options.patterns.push_back({"customer", "KD-\\d{8}", PatternCheck::none, {}, 16, Action::mask});
  options.patterns.push_back({"meter", "[A-Z]{2}\\d{9}", PatternCheck::none, {"meter"}, 16, Action::mask});
  options.patterns.push_back({"contract", "\\d{10}", PatternCheck::luhn, {"contract"}, 16, Action::mask});
  const auto own = Detector::make(options).value();
  const auto all = own->find("KD-12345678, KD-123456789, XX123456789, meter XX123456789");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].pattern, 0);
  EXPECT_EQ(all[0].begin, 0U);
  EXPECT_EQ(all[1].pattern, 1);
  Rng rng(1);
  std::string number = made(rng, "7", 10, luhn_valid);
  EXPECT_EQ(own->find("contract " + number).size(), 1U);
  number.back() = static_cast<char>('0' + (number.back() - '0' + 1) % 10);
  EXPECT_TRUE(own->find("contract " + number).empty());
  for (const char* bad : {"(", "a*", ".{0,3}"})
    EXPECT_FALSE(Detector::make({{{"bad", bad, PatternCheck::none, {}, 64, Action::mask}}, 0.5F, {}})) << bad;
}

TEST(Detector, TypesThatAreOffAndConfidence) {
  Rng rng(4);
  const std::string card = testing::made_card(rng);
  EXPECT_TRUE(Detector::make({{}, 0.5F, {DataType::payment_card}}).value()->find("card " + card).empty());
  EXPECT_TRUE(Detector::make({{}, 0.99F, {}}).value()->find("0171 234 5678").empty());
}

class Names final : public FurtherFindings {
 public:
  Status find(std::string_view unit, const CallContext&, std::vector<Finding>& out) const override {
    for (std::size_t at = unit.find("Mara Lind"); at != std::string_view::npos;
         at = unit.find("Mara Lind", at + 1))
      out.push_back({DataType::person, 0, 0.8F, at, at + 9});
    for (std::size_t at = unit.find("2024"); at != std::string_view::npos; at = unit.find("2024", at + 1))
      out.push_back({DataType::date_time, 0, 0.8F, at, at + 4});
    return {};
  }
};

TEST(Detector, FurtherFindingsAreMerged) {
  const Names names;
  const std::string text = "Mara Lind <Mara.Lind@brackwater.example>";
  const auto all = detector().find(text, names, CallContext()).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (Finding{DataType::person, 0, 0.8F, 0, 9}));
  EXPECT_EQ(all[1].type, DataType::email);
}

TEST(Detector, DatesAndTheLikeAreFoundOnRequest) {
  const Names names;
  EXPECT_TRUE(detector().find("in 2024", names, CallContext()).value().empty());
  DetectorOptions options;
  options.requested = {DataType::date_time};
  EXPECT_EQ(Detector::make(options).value()->find("in 2024", names, CallContext()).value().size(), 1U);
  options.off = {DataType::date_time};
  EXPECT_TRUE(Detector::make(options).value()->find("in 2024", names, CallContext()).value().empty());
}

std::string hostile(int kind, std::size_t size) {
  static constexpr const char* units[] = {"1 ",
                                          "1-",
                                          "a.",
                                          "a@",
                                          "eyJ",
                                          "eyJa.",
                                          "sk-",
                                          "-----BEGIN PRIVATE KEY-----",
                                          "-----BEGIN RSA PRIVATE KEY-----\nA.",
                                          "1.",
                                          "::",
                                          "a:",
                                          "http://a:",
                                          "0123 456 789 ",
                                          "DE89 ",
                                          "AB",
                                          "Rue ",
                                          "12 Rue A ",
                                          "password: ",
                                          "[CARD_",
                                          "+1 ",
                                          "(0",
                                          "March 1 ",
                                          "4111 ",
                                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                          "a1",
                                          "\xE2\x80\x8B"
                                          "1",
                                          "ssn 123456789 "};
  constexpr int count = static_cast<int>(std::size(units));
  std::string text;
  while (text.size() < size) text += units[kind % count];
  return text;
}
constexpr int hostile_kinds = 28;

// Steps, not time: the looks at bytes grow with the text and no faster, whatever it is.
TEST(Detector, HostileTextsAreLinear) {
#ifdef LOADLINE_SANITIZED
  for (int kind = 0; kind < hostile_kinds; ++kind) {
    std::array<double, 2> per_byte{};
    for (std::size_t round = 0; round < 2; ++round) {
      Normaliser normaliser;
      normaliser.append(hostile(kind, round == 0 ? 20'000 : 80'000));
      normaliser.finish();
      const Window window{normaliser.text()};
      ScanPlace place;
      while (detector().impl().scan(window, place).outcome != ScanOutcome::end) {
      }
      per_byte[round] = static_cast<double>(window.steps) / static_cast<double>(window.text.size());
    }
    EXPECT_LT(per_byte[1], 1500) << "kind " << kind;
    EXPECT_LT(per_byte[1], per_byte[0] * 1.3 + 8) << "kind " << kind << ": grows faster than the text";
  }
#else
  GTEST_SKIP() << "steps are counted in builds with sanitizers";
#endif
}

}  // namespace
}  // namespace loadline
