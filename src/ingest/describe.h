#pragma once
// Document evidence: what a document is called, what it calls itself, who it is about and which period it
// covers, found on its first pages by general rules of layout and language (no lists of names). Evidence, not
// truth: it ranks, and stands in front of chunks; it is never quoted. Pure; thread-safe.
#include <string>
#include <string_view>
#include <vector>

#include "model/document.h"
#include "model/ingest_store.h"

namespace loadline {

/// How many pages at the front are looked at, and how much of their text.
inline constexpr int described_pages = 6;
inline constexpr std::size_t described_bytes_max = 64U << 10;

/// `pages` are the first ones (at most described_pages are used), `name` is the document's name.
DocumentDescription describe_document(const DocumentProperties& properties,
                                      const std::vector<ExtractedPage>& pages, std::string_view name);

/// One line for the front of every chunk: who, what, when.
std::string document_line(const DocumentDescription& description);

/// Names the version of the rules; part of the ledger's stage version.
std::string describe_version();

}  // namespace loadline
