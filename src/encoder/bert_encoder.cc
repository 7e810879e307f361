#include "encoder/bert_encoder.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "encoder/batch_plan.h"
#include "encoder/bert_network.h"
#include "encoder/lane_pool.h"
#include "encoder/model_folder.h"
#include "encoder/pooling.h"

namespace loadline {
namespace {

constexpr std::size_t batch_tokens_min = 48;  // below, a product waits for its weights more than it computes

Result<Precision> choose_precision(const std::string& name, const BertConfig& config) {
  const bool bf16 = supported(Number::bf16), int8 = supported(Number::u8);
  if (name == "f32") return Precision::f32;
  if (name == "auto") return bf16 ? Precision::bf16 : Precision::f32;
  if (name == "bf16") {
    if (bf16) return Precision::bf16;
    return Error(Code::failed_precondition, "this CPU has no AVX-512 BF16: set precision to auto or f32");
  }
  if (name == "int8") {
    if (!int8)
      return Error(Code::failed_precondition, "this CPU has no AVX-512 VNNI: set precision to auto or f32");
    if (config.activation == Activation::gelu_erf) return Precision::int8;
    return Error(Code::failed_precondition,
                 "int8 needs a model with hidden_act gelu: set precision to auto or f32");
  }
  return Error(Code::invalid_argument, "precision must be auto, f32, bf16 or int8");
}

Result<const Kernels*> choose_kernels(std::optional<SimdLevel> level) {
  const Kernels* kernels = level ? kernels_at(*level) : &best_kernels();
  if (!kernels) return Error(Code::failed_precondition, "this CPU cannot run the instruction set asked for");
  return kernels;
}

std::string precision_name(Precision precision) {
  return precision == Precision::f32 ? "f32" : precision == Precision::bf16 ? "bf16" : "int8";
}

Result<std::size_t> choose_threads(std::size_t asked) {
  if (asked > BertEncoderOptions::threads_max) {
    return Error(Code::invalid_argument, "threads must be from 0 to 64");
  }
  const std::size_t here = std::max(1u, std::thread::hardware_concurrency());
  return asked > 0 ? asked : std::min(here, BertEncoderOptions::threads_max);
}

Status apply_options(const BertEncoderOptions& options, BertConfig& config) {
  if (options.batch_tokens < ProductKind::row_step || options.batch_tokens > options.batch_tokens_max) {
    return Error(Code::invalid_argument, "batch_tokens must be from 16 to 8192");
  }
  if (options.max_tokens != 0) {
    if (options.max_tokens < 3 || options.max_tokens > config.positions) {
      return Error(Code::invalid_argument, "max_tokens must be from 3 to " +
                                               std::to_string(config.positions) +
                                               ", the positions that the model has");
    }
    config.max_tokens = options.max_tokens;
  }
  config.pooling = options.pooling.value_or(config.pooling);
  return {};
}

/// The given sequences of `all`, as first token type.
PackedTokens select(const PackedTokens& all, std::span<const std::size_t> sequences) {
  PackedTokens chosen;
  for (std::size_t i : sequences) {
    for (std::size_t at = all.begin_of(i); at < all.ends[i]; ++at) chosen.ids.push_back(all.ids[at]);
    chosen.ends.push_back(chosen.ids.size());
  }
  chosen.types.resize(chosen.ids.size(), 0);
  return chosen;
}

std::string folder_name(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

EmbedderInfo info_of(const BertEncoderOptions& options, Precision precision, const BertConfig& config) {
  return {options.name.empty() ? folder_name(options.model_folder) : options.name, options.digest,
          precision_name(precision), config.hidden, config.max_tokens};
}

}  // namespace

struct BertEncoder::Parts {
  Parts(ModelFolder opened, SafeTensors parsed) : folder(std::move(opened)), tensors(std::move(parsed)) {}
  static Result<std::unique_ptr<Parts>> load(const BertEncoderOptions& options);

  EmbedderInfo info;
  ModelFolder folder;
  SafeTensors tensors;  // refers to folder.weights
  std::unique_ptr<BertNetwork> network;
  std::vector<std::unique_ptr<Workspace>> workspaces;  // by lane
  std::size_t batch_tokens = 0;
  std::unique_ptr<LanePool> pool;  // last: its threads use the rest

  /// Appends [CLS] text [SEP] to `batch` as one sequence.
  void append(std::string_view text, std::vector<TokenSpan>& scratch, PackedTokens& batch) const;
  Status embed_batch(const PackedTokens& batch, std::span<const std::size_t> rows, std::size_t lane,
                     Matrix& out) const;
  Result<Matrix> states_of(const PackedTokens& batch, const CallContext& context) const;
};

BertEncoder::BertEncoder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BertEncoder::~BertEncoder() = default;
const EmbedderInfo& BertEncoder::info() const { return parts_->info; }

namespace {

/// The digest is computed beside the packing of the weights.
class DigestTask {
 public:
  explicit DigestTask(std::span<const std::byte> bytes)
      : thread_([this, bytes] { result_ = sha256_hex(bytes); }) {}
  ~DigestTask() {
    if (thread_.joinable()) thread_.join();
  }
  Result<std::string> take() {
    thread_.join();
    return std::move(result_);
  }

 private:
  Result<std::string> result_ = std::string();
  std::thread thread_;  // last: writes result_
};

}  // namespace

Result<std::unique_ptr<BertEncoder::Parts>> BertEncoder::Parts::load(const BertEncoderOptions& options) {
  LOADLINE_ASSIGN(ModelFolder folder, ModelFolder::read(options.model_folder));
  LOADLINE_TRY(apply_options(options, folder.config));
  LOADLINE_ASSIGN(const Precision precision, choose_precision(options.precision, folder.config));
  LOADLINE_ASSIGN(const Kernels* kernels, choose_kernels(options.simd));
  LOADLINE_ASSIGN(const std::size_t threads, choose_threads(options.threads));
  LOADLINE_ASSIGN(SafeTensors tensors, SafeTensors::parse(folder.weights->bytes()));
  auto parts = std::make_unique<Parts>(std::move(folder), std::move(tensors));
  std::optional<DigestTask> digest;  // ends before the parts, whose weights it reads
  if (options.digest.empty()) digest.emplace(parts->folder.weights->bytes());
  const BertConfig& config = parts->folder.config;
  parts->batch_tokens = options.batch_tokens;
  parts->pool = std::make_unique<LanePool>(threads);
  const auto on_lanes = [&](std::size_t n, const std::function<Status(std::size_t)>& work) {
    return parts->pool->run(n, [&](std::size_t part, std::size_t) { return work(part); });
  };
  const std::size_t rows_max = std::max(options.batch_tokens, config.max_tokens);
  LOADLINE_ASSIGN(parts->network,
                  BertNetwork::load(parts->tensors, config, precision, *kernels, rows_max, on_lanes));
  for (std::size_t lane = 0; lane < threads; ++lane) {
    parts->workspaces.push_back(parts->network->make_workspace());
  }
  parts->info = info_of(options, precision, config);
  if (digest) {
    LOADLINE_ASSIGN(parts->info.digest, digest->take());
  }
  parts->folder.weights->release_pages();  // what remains in use are rows of word embeddings
  return parts;
}

Result<EmbedderInfo> BertEncoder::describe(const BertEncoderOptions& options) {
  const auto read = [&]() -> Result<EmbedderInfo> {
    LOADLINE_ASSIGN(BertConfig config, ModelFolder::read_settings(options.model_folder));
    LOADLINE_TRY(apply_options(options, config));
    LOADLINE_ASSIGN(const Precision precision, choose_precision(options.precision, config));
    EmbedderInfo info = info_of(options, precision, config);
    if (info.digest.empty()) {
      LOADLINE_ASSIGN(const auto weights, MappedFile::open(options.model_folder + "/model.safetensors"));
      LOADLINE_ASSIGN(info.digest, sha256_hex(weights->bytes()));
    }
    return info;
  };
  auto info = read();
  if (!info.ok()) return std::move(info).error().within("embedding model in " + options.model_folder);
  return info;
}

Result<std::unique_ptr<BertEncoder>> BertEncoder::open(const BertEncoderOptions& options) {
  auto parts = Parts::load(options);
  if (!parts.ok()) return std::move(parts).error().within("embedding model in " + options.model_folder);
  return std::unique_ptr<BertEncoder>(new BertEncoder(std::move(parts).value()));
}

void BertEncoder::Parts::append(std::string_view text, std::vector<TokenSpan>& scratch,
                                PackedTokens& batch) const {
  scratch.clear();
  folder.tokenizer.encode(text, scratch, folder.config.max_tokens - 2);
  batch.ids.push_back(folder.tokenizer.start_id());
  for (const TokenSpan& token : scratch) batch.ids.push_back(token.id);
  batch.ids.push_back(folder.tokenizer.separator_id());
  batch.ends.push_back(batch.ids.size());
}

Status BertEncoder::Parts::embed_batch(const PackedTokens& batch, std::span<const std::size_t> rows,
                                       std::size_t lane, Matrix& out) const {
  Workspace& space = *workspaces[lane];
  LOADLINE_TRY(network->forward(batch, space));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t begin = batch.begin_of(i);
    float* vector = out.values.data() + rows[i] * out.columns;
    loadline::pool(folder.config.pooling, space.hidden_state() + begin * out.columns, batch.ends[i] - begin,
                   out.columns, vector);
    if (!make_unit(vector, out.columns)) {
      return Error(Code::data_loss,
                   "embedding model in " + folder.path +
                       ": its weights give a vector that is not finite; fetch the model again");
    }
  }
  return {};
}

Result<Matrix> BertEncoder::embed(std::span<const std::string_view> texts, const CallContext& context) const {
  const Parts& parts = *parts_;
  LOADLINE_TRY(context.check());
  PackedTokens all;
  std::vector<TokenSpan> scratch;
  std::vector<std::size_t> lengths;
  for (std::string_view text : texts) {
    parts.append(text, scratch, all);
    lengths.push_back(all.ends.back() - all.begin_of(all.ends.size() - 1));
  }
  const auto batches = plan_batches(
      lengths,
      {.tokens_max = parts.batch_tokens, .tokens_min = batch_tokens_min, .lanes = parts.pool->lanes()});
  Matrix out{texts.size(), parts.info.dimensions, {}};
  out.values.resize(out.rows * out.columns);
  const auto work = [&](std::size_t part, std::size_t lane) -> Status {
    LOADLINE_TRY(context.check());
    return parts.embed_batch(select(all, batches[part]), batches[part], lane, out);
  };
  LOADLINE_TRY(parts.pool->run(batches.size(), work));
  return out;
}

Result<Matrix> BertEncoder::Parts::states_of(const PackedTokens& batch, const CallContext& context) const {
  LOADLINE_TRY(context.check());
  Matrix out{batch.ids.size(), info.dimensions, {}};
  const auto work = [&](std::size_t, std::size_t lane) -> Status {
    LOADLINE_TRY(context.check());
    LOADLINE_TRY(network->forward(batch, *workspaces[lane]));
    const float* states = workspaces[lane]->hidden_state();
    out.values.assign(states, states + out.rows * out.columns);
    return {};
  };
  LOADLINE_TRY(pool->run(1, work));
  return out;
}

Result<Matrix> BertEncoder::token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                                          const CallContext& context) const {
  PackedTokens batch;
  tokens.clear();
  parts_->append(text, tokens, batch);
  batch.types.resize(batch.ids.size(), 0);
  const auto size = static_cast<std::uint32_t>(text.size());
  tokens.insert(tokens.begin(), {parts_->folder.tokenizer.start_id(), 0, 0});
  tokens.push_back({parts_->folder.tokenizer.separator_id(), size, size});
  return parts_->states_of(batch, context);
}

Result<Matrix> BertEncoder::token_vectors(std::string_view first, std::string_view second,
                                          std::vector<TokenSpan>& tokens, const CallContext& context) const {
  const Wordpiece& tokenizer = parts_->folder.tokenizer;
  const BertConfig& config = parts_->folder.config;
  if (config.token_types < 2) {
    return Error(Code::failed_precondition, "the embedding model has a single token type: it takes no pairs");
  }
  const auto separator = [&](std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    tokens.push_back({tokenizer.separator_id(), size, size});
  };
  tokens.assign(1, {tokenizer.start_id(), 0, 0});
  tokenizer.encode(first, tokens, config.max_tokens - 3);
  separator(first);
  const std::size_t second_at = tokens.size();
  tokenizer.encode(second, tokens, config.max_tokens - 1 - second_at);
  separator(second);

  PackedTokens batch;
  for (const TokenSpan& token : tokens) batch.ids.push_back(token.id);
  batch.types.assign(tokens.size(), 1);
  std::fill_n(batch.types.begin(), second_at, 0);
  batch.ends.push_back(tokens.size());
  return parts_->states_of(batch, context);
}

std::vector<TokenSpan> BertEncoder::tokenize(std::string_view text) const {
  std::vector<TokenSpan> tokens;
  parts_->folder.tokenizer.encode(text, tokens);
  return tokens;
}

}  // namespace loadline
