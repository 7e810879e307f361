#pragma once
// A knowledge store in memory with real indexes over it, for tests of retrieval.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>

#include "base/hash.h"
#include "model/embedder.h"
#include "model/index_catalogue.h"
#include "model/knowledge_store.h"
#include "model/memory_file_system.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/rank/page_digest.h"
#include "retrieval/vector/vector_index.h"

namespace loadline {

inline ChunkText text_of(const Chunk& chunk) {
  return {chunk.id, chunk.text, chunk.table_header, chunk.table_caption, chunk.headings, chunk.is_table};
}

inline PageDigest digest_of(const std::vector<Chunk>& page) {
  PageDigester digester;
  for (const Chunk& chunk : page) digester.read(text_of(chunk));
  return digester.finish();
}

class MemoryKnowledge final : public KnowledgeStore {
 public:
  static constexpr CollectionId collection{1};

  DocumentId add_document(DocumentRecord record) {
    record.id = DocumentId{records_.size() + 1};
    record.version = VersionId{record.id.value};
    record.collection = collection;
    records_.push_back(std::move(record));
    ++generation_;
    return records_.back().id;
  }

  ChunkId add_chunk(DocumentId document, int page, std::string text, std::string context = "") {
    Chunk chunk;
    chunk.id = ChunkId{chunks_.size() + 1};
    chunk.document = document;
    chunk.version = VersionId{document.value};
    DocumentRecord& record = records_.at(document.value - 1);
    chunk.ordinal = record.chunk_count++;
    record.page_count = std::max(record.page_count, page);
    chunk.text = std::move(text);
    chunk.context = std::move(context);
    chunk.pages = {{page, {{0, 0, Box{1, 2, 3, 4}}}}};
    chunks_.push_back(std::move(chunk));
    ++generation_;
    return chunks_.back().id;
  }

  Chunk& chunk(ChunkId id) { return chunks_.at(id.value - 1); }
  const std::vector<Chunk>& all_chunks() const { return chunks_; }
  void stop_serving(DocumentId document) {
    hidden_.push_back(document);
    ++generation_;
  }

  Result<CollectionId> find_collection(std::string_view name) const override {
    if (name == "docs") return collection;
    return Error(Code::not_found, "no such collection");
  }
  Result<std::uint64_t> generation() const override { return generation_; }
  Result<std::vector<DocumentRecord>> documents(CollectionId) const override {
    std::vector<DocumentRecord> out;
    for (const DocumentRecord& record : records_)
      if (served(record.id)) out.push_back(record);
    return out;
  }
  Result<std::vector<Chunk>> chunks(std::span<const ChunkId> ids) const override {
    std::vector<Chunk> out;
    for (const ChunkId id : ids)
      if (id.value >= 1 && id.value <= chunks_.size() && served(chunks_[id.value - 1].document))
        out.push_back(chunks_[id.value - 1]);
    return out;
  }
  Status read_texts(std::span<const ChunkId> ids,
                    const std::function<void(const ChunkText&)>& take) const override {
    LOADLINE_ASSIGN(const std::vector<Chunk> read, chunks(ids));
    for (const Chunk& chunk : read) take(text_of(chunk));
    return {};
  }
  Result<std::vector<Chunk>> chunk_range(DocumentId document, std::uint32_t first,
                                         std::uint32_t last) const override {
    std::vector<Chunk> out;
    for (const Chunk& chunk : chunks_)
      if (chunk.document == document && served(document) && chunk.ordinal >= first && chunk.ordinal <= last)
        out.push_back(chunk);
    return out;
  }
  Result<std::vector<Chunk>> page_chunks(DocumentId document, int page) const override {
    std::vector<Chunk> out;
    for (const Chunk& chunk : chunks_)
      for (const PageBoxes& on : chunk.pages)
        if (chunk.document == document && served(document) && on.page == page) out.push_back(chunk);
    return out;
  }
  Result<std::vector<ChunkPlace>> chunk_places(CollectionId) const override {
    std::vector<ChunkPlace> out;
    for (const Chunk& chunk : chunks_)
      if (served(chunk.document))
        out.push_back({chunk.id, chunk.document, chunk.pages.front().page, chunk.ordinal});
    return out;
  }

 private:
  bool served(DocumentId document) const {
    return std::find(hidden_.begin(), hidden_.end(), document) == hidden_.end();
  }

  std::vector<DocumentRecord> records_;
  std::vector<Chunk> chunks_;
  std::vector<DocumentId> hidden_;
  std::uint64_t generation_ = 1;
};

/// Vectors of hashed words: texts with common words are near each other.
class WordHashEmbedder final : public Embedder {
 public:
  const EmbedderInfo& info() const override { return info_; }
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    Matrix rows{texts.size(), info_.dimensions, std::vector<float>(texts.size() * info_.dimensions)};
    for (std::size_t r = 0; r < texts.size(); ++r) {
      float* const row = rows.values.data() + r * info_.dimensions;
      row[0] = 0.01F;
      for (const TokenSpan& token : tokenize(texts[r]))
        row[hash64(texts[r].substr(token.begin, token.end - token.begin)) % info_.dimensions] += 1.0F;
      float norm = 0;
      for (std::size_t i = 0; i < info_.dimensions; ++i) norm += row[i] * row[i];
      for (std::size_t i = 0; i < info_.dimensions; ++i) row[i] /= std::sqrt(norm);
    }
    return rows;
  }
  Result<Matrix> token_vectors(std::string_view, std::vector<TokenSpan>&, const CallContext&) const override {
    return Error(Code::invalid_argument, "this embedder has no token vectors");
  }
  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    std::vector<TokenSpan> tokens;
    for (std::uint32_t at = 0; at < text.size();) {
      std::uint32_t end = at;
      while (end < text.size() && text[end] != ' ' && text[end] != '\n') ++end;
      if (end > at) tokens.push_back({1, at, end});
      at = end + 1;
    }
    return tokens;
  }

 private:
  const EmbedderInfo info_{"words", "0", "f32", 64, 256};
};

/// Both indexes, filled from a store.
class MemoryIndexes final : public IndexCatalogue {
 public:
  void fill(const MemoryKnowledge& store, const Embedder& embedder, const CallContext& context) {
    keyword_ = open_keyword_index(files_, "keyword").value();
    vector_ = open_vector_index(files_, "vector", embedder.info().dimensions).value();
    std::vector<std::string> texts;
    for (const Chunk& chunk : store.all_chunks()) texts.push_back(indexed_text(chunk));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const Matrix rows = embedder.embed(views, context).value();
    std::vector<KeywordEntry> words;
    std::vector<VectorEntry> vectors;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      words.push_back({store.all_chunks()[i].id, texts[i]});
      vectors.push_back({store.all_chunks()[i].id, rows.row(i)});
    }
    keyword_->apply(words, {}, 1).value();
    vector_->apply(vectors, {}, 1).value();
  }
  Result<CollectionIndexes> open(CollectionId, std::size_t) override {
    return CollectionIndexes{keyword_.get(), vector_.get()};
  }

 private:
  MemoryFileSystem files_;
  std::unique_ptr<KeywordIndex> keyword_;
  std::unique_ptr<VectorIndex> vector_;
};

}  // namespace loadline
