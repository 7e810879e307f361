#pragma once
// Document evidence: which documents of a collection a question is about, by what is known of each document
// (file name, title, organisations, kind, periods, the user's metadata).
//
// Two kinds of agreement, both soft:
//  - names: words of the question that also name documents, weighted by how few documents they name and by
//    how far the word keeps to them: "capital" in the name of a document is a common word if half of the
//    other documents use it too. A word may name a document as written, joined with its neighbours ("Green
//    Basket": GREENBASKET), as the front of a joined name ("Halden": HALDENRESORTS) or as initials ("R&R",
//    "RnR": Rowan & Rowan).
//  - periods: the latest period of the question against the period that the document is of; a document that
//    was written shortly after a date reports on it.
// There are no lists of names. Immutable; thread-safe.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/knowledge_store.h"
#include "text/period.h"

namespace loadline {

struct DocumentMatch {
  double name = 0;    // 0 to 1: share of the question's name words, by weight, that name this document
  double period = 0;  // 0 to 1; 0 if the question states none
  double score = 0;   // 0 to 1: both together
};

struct DocumentMatches {
  std::vector<DocumentMatch> documents;  // as many as the evidence was made of, in that order
  double best = 0;                       // the highest score
  bool has_names = false;                // whether any word names a document at all
  bool has_periods = false;
  /// Byte ranges of the question that name documents strongly or state periods: what is left is what it asks.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> spans;
};

/// For each word, or words side by side, how many chunks of the collection hold it (its rarest word); an
/// empty list if that is not known.
using WordFrequencies = std::function<std::vector<std::uint64_t>(std::span<const std::string_view> words)>;

class DocumentEvidence {
 public:
  explicit DocumentEvidence(const std::vector<DocumentRecord>& documents);
  DocumentMatches match(std::string_view question, const WordFrequencies& frequencies = {}) const;

 private:
  struct Naming {
    std::uint32_t document = 0;
    float strength = 0;  // 0 to 1
  };
  struct DocumentPeriods {
    std::vector<Period> main;  // by the document's name or best evidence
    std::vector<Period> other;
  };
  struct Mention {
    std::string key;
    std::uint32_t begin = 0, end = 0;
    double emphasis = 1;
    std::vector<Naming> namings;  // each document once
  };

  void add_names(std::uint32_t number, const DocumentRecord& document);
  void add_key(std::uint32_t document, const std::string& key, double strength);
  void add_joined(std::uint32_t document, const std::vector<std::string>& words, double strength);
  std::vector<Mention> mentions(std::string_view question) const;
  std::vector<Naming> find(const Mention& mention) const;
  std::vector<Mention> naming_mentions(std::string_view question) const;
  std::vector<double> keeping(std::string_view question, const std::vector<Mention>& mentions,
                              const WordFrequencies& frequencies) const;
  void match_names(std::string_view question, const WordFrequencies& frequencies,
                   DocumentMatches& matches) const;
  void match_periods(std::string_view question, DocumentMatches& matches) const;

  std::size_t count_ = 0;
  std::vector<std::uint32_t> chunks_;  // of each document
  std::unordered_map<std::string, std::vector<Naming>> keys_;
  std::vector<std::string> sorted_keys_;  // for fronts of joined names
  std::vector<DocumentPeriods> periods_;
};

}  // namespace loadline
