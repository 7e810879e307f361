#include "llama/gguf_info.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace loadline::llama {
namespace {

constexpr std::uint64_t kEntriesMax = 65536;  // metadata entries
constexpr std::uint64_t kTensorsMax = 65536;
constexpr std::uint64_t kStringKeptMax = 1U << 20;  // longer strings are skipped over, not read
constexpr std::uint64_t kArrayMax = 1U << 28;

enum ValueType : std::uint32_t {
  u8 = 0,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64,
  value_types
};
constexpr std::array<std::uint32_t, value_types> kValueSize{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct TensorType {
  const char* name;
  std::uint32_t block;  // weights
  std::uint32_t bytes;  // of a block
};
/// By the number that the file uses (ggml.h, enum ggml_type); name null: removed or unknown.
constexpr std::array<TensorType, 42> kTensorTypes{{
    {"F32", 1, 4},      {"F16", 1, 2},        {"Q4_0", 32, 18},    {"Q4_1", 32, 20},     {nullptr, 0, 0},
    {nullptr, 0, 0},    {"Q5_0", 32, 22},     {"Q5_1", 32, 24},    {"Q8_0", 32, 34},     {"Q8_1", 32, 36},
    {"Q2_K", 256, 84},  {"Q3_K", 256, 110},   {"Q4_K", 256, 144},  {"Q5_K", 256, 176},   {"Q6_K", 256, 210},
    {"Q8_K", 256, 292}, {"IQ2_XXS", 256, 66}, {"IQ2_XS", 256, 74}, {"IQ3_XXS", 256, 98}, {"IQ1_S", 256, 50},
    {"IQ4_NL", 32, 18}, {"IQ3_S", 256, 110},  {"IQ2_S", 256, 82},  {"IQ4_XS", 256, 136}, {"I8", 1, 1},
    {"I16", 1, 2},      {"I32", 1, 4},        {"I64", 1, 8},       {"F64", 1, 8},        {"IQ1_M", 256, 56},
    {"BF16", 1, 2},     {nullptr, 0, 0},      {nullptr, 0, 0},     {nullptr, 0, 0},      {"TQ1_0", 256, 54},
    {"TQ2_0", 256, 66}, {nullptr, 0, 0},      {nullptr, 0, 0},     {nullptr, 0, 0},      {"MXFP4", 32, 17},
    {nullptr, 0, 0},    {nullptr, 0, 0},
}};

/// general.file_type (llama.h, enum llama_ftype).
const char* file_type_name(std::uint64_t type) {
  switch (type) {
    case 0:
      return "F32";
    case 1:
      return "F16";
    case 2:
      return "Q4_0";
    case 3:
      return "Q4_1";
    case 7:
      return "Q8_0";
    case 8:
      return "Q5_0";
    case 9:
      return "Q5_1";
    case 10:
      return "Q2_K";
    case 11:
      return "Q3_K_S";
    case 12:
      return "Q3_K_M";
    case 13:
      return "Q3_K_L";
    case 14:
      return "Q4_K_S";
    case 15:
      return "Q4_K_M";
    case 16:
      return "Q5_K_S";
    case 17:
      return "Q5_K_M";
    case 18:
      return "Q6_K";
    case 32:
      return "BF16";
    default:
      return nullptr;
  }
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Reads forward through the file; the first failure stays.
class Reader {
 public:
  Reader(std::FILE* file, std::uint64_t size) : file_(file), size_(size) {}

  bool failed() const { return failed_; }
  std::uint64_t at() const { return at_; }

  void read(void* to, std::uint64_t bytes) {
    if (failed_ || bytes > size_ - at_ || std::fread(to, 1, bytes, file_) != bytes) {
      failed_ = true;
      std::memset(to, 0, bytes);
      return;
    }
    at_ += bytes;
  }
  template <class T>
  T number() {
    T value{};
    read(&value, sizeof value);
    return value;
  }
  void skip(std::uint64_t bytes) {
    if (failed_ || bytes > size_ - at_ || ::fseeko(file_, static_cast<off_t>(bytes), SEEK_CUR) != 0) {
      failed_ = true;
      return;
    }
    at_ += bytes;
  }
  /// A string; "" (skipped) if it is longer than what is kept.
  std::string text() {
    const auto length = number<std::uint64_t>();
    if (length > kStringKeptMax) {
      skip(length);
      return {};
    }
    if (failed_ || length > size_ - at_) {
      failed_ = true;
      return {};
    }
    std::string result(length, '\0');
    read(result.data(), length);
    return result;
  }

 private:
  std::FILE* file_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
  bool failed_ = false;
};

struct Value {
  std::string text;
  std::optional<std::uint64_t> number;
  std::uint64_t count = 0;  // of an array
};

std::optional<std::uint64_t> read_integer(Reader& reader, std::uint32_t type) {
  switch (type) {
    case u8:
    case boolean:
      return reader.number<std::uint8_t>();
    case u16:
      return reader.number<std::uint16_t>();
    case u32:
      return reader.number<std::uint32_t>();
    case u64:
      return reader.number<std::uint64_t>();
    case i32: {
      const auto n = reader.number<std::int32_t>();
      return n < 0 ? std::nullopt : std::optional<std::uint64_t>(static_cast<std::uint64_t>(n));
    }
    case i64: {
      const auto n = reader.number<std::int64_t>();
      return n < 0 ? std::nullopt : std::optional<std::uint64_t>(static_cast<std::uint64_t>(n));
    }
    default:
      reader.skip(kValueSize[type]);
      return std::nullopt;
  }
}

/// False: an unknown type, or an array that is too large or nested.
bool read_array(Reader& reader, Value& value) {
  const auto type = reader.number<std::uint32_t>();
  value.count = reader.number<std::uint64_t>();
  if (type >= value_types || type == array || value.count > kArrayMax) return false;
  if (type != string) {
    // Of numbers per layer the largest counts (models whose layers differ).
    for (std::uint64_t i = 0; i < value.count && !reader.failed(); ++i) {
      if (value.count > 1024) {
        reader.skip(value.count * kValueSize[type]);
        break;
      }
      const auto n = read_integer(reader, type);
      if (n) value.number = std::max(value.number.value_or(0), *n);
    }
    return true;
  }
  for (std::uint64_t i = 0; i < value.count && !reader.failed(); ++i)
    reader.skip(reader.number<std::uint64_t>());
  return true;
}

bool read_value(Reader& reader, Value& value) {
  const auto type = reader.number<std::uint32_t>();
  if (type >= value_types) return false;
  if (type == string) {
    value.text = reader.text();
  } else if (type == array) {
    return read_array(reader, value);
  } else {
    value.number = read_integer(reader, type);
  }
  return true;
}

using Metadata = std::map<std::string, Value, std::less<>>;

std::string text_of(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second.text;
}

std::uint32_t number_of(const Metadata& metadata, std::string_view key, std::uint32_t otherwise = 0) {
  const auto found = metadata.find(key);
  if (found == metadata.end() || !found->second.number) return otherwise;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(*found->second.number, UINT32_MAX));
}

Error damaged(const std::string& path, std::uint64_t at, const std::string& what) {
  return Error(Code::data_loss,
               path + ": damaged near byte " + std::to_string(at) + ": " + what + ". Fetch the file again");
}

/// Adds a tensor's weights and bytes; false if it contradicts itself.
bool add_tensor(Reader& reader, std::map<std::string, std::uint64_t>& types, GgufInfo& info,
                std::uint64_t& data_end) {
  reader.text();
  const auto dimensions = reader.number<std::uint32_t>();
  if (reader.failed() || dimensions == 0 || dimensions > 4) return false;
  std::uint64_t weights = 1;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    const auto size = reader.number<std::uint64_t>();
    if (size == 0 || weights > (1ULL << 50) / size) return false;
    weights *= size;
  }
  const auto type = reader.number<std::uint32_t>();
  const auto offset = reader.number<std::uint64_t>();
  if (reader.failed() || type >= kTensorTypes.size()) return false;
  const TensorType& kind = kTensorTypes[type];
  info.parameters += weights;
  if (kind.name == nullptr) {
    types["type " + std::to_string(type)] += weights;
    return true;
  }
  if (weights % kind.block != 0) return false;
  const std::uint64_t bytes = weights / kind.block * kind.bytes;
  types[kind.name] += weights;
  info.weight_bytes += bytes;
  if (offset > (1ULL << 50)) return false;
  data_end = std::max(data_end, offset + bytes);
  return true;
}

void describe(const Metadata& metadata, const std::string& path, GgufInfo& info) {
  info.architecture = text_of(metadata, "general.architecture");
  info.name = text_of(metadata, "general.name");
  if (info.name.empty()) info.name = std::filesystem::path(path).filename().string();
  info.licence = text_of(metadata, "general.license");
  info.author = text_of(metadata, "general.author");
  info.tokenizer = text_of(metadata, "tokenizer.ggml.model");
  const auto tokens = metadata.find("tokenizer.ggml.tokens");
  if (tokens != metadata.end()) info.vocabulary = static_cast<std::uint32_t>(tokens->second.count);
  const std::string& a = info.architecture;
  info.context_length = number_of(metadata, a + ".context_length");
  info.layers = number_of(metadata, a + ".block_count");
  info.embedding_length = number_of(metadata, a + ".embedding_length");
  info.heads = number_of(metadata, a + ".attention.head_count");
  info.kv_heads = number_of(metadata, a + ".attention.head_count_kv", info.heads);
  const std::uint32_t head = info.heads == 0 ? 0 : info.embedding_length / info.heads;
  info.key_length = number_of(metadata, a + ".attention.key_length", head);
  info.value_length = number_of(metadata, a + ".attention.value_length", head);
  const auto chat = metadata.find("tokenizer.chat_template");
  info.has_chat_template = chat != metadata.end();
}

}  // namespace

double GgufInfo::cache_bytes_per_token(double bytes_per_number) const {
  return static_cast<double>(layers) * kv_heads * (static_cast<double>(key_length) + value_length) *
         bytes_per_number;
}

Result<GgufInfo> read_gguf_info(const std::string& path) {
  std::error_code failure;
  const std::uint64_t size = std::filesystem::file_size(path, failure);
  std::unique_ptr<std::FILE, FileCloser> file(failure ? nullptr : std::fopen(path.c_str(), "rb"));
  if (!file) {
    const std::string why = failure ? failure.message() : std::strerror(errno);
    return Error(Code::not_found, path + ": cannot be read: " + why);
  }
  Reader reader(file.get(), size);
  GgufInfo info;
  info.file_bytes = size;
  std::array<char, 4> magic{};
  reader.read(magic.data(), magic.size());
  if (reader.failed() || std::memcmp(magic.data(), "GGUF", 4) != 0)
    return Error(Code::invalid_argument, path + ": not a GGUF model file");
  info.version = reader.number<std::uint32_t>();
  if (info.version != 2 && info.version != 3)
    return Error(Code::invalid_argument, path + ": GGUF version " + std::to_string(info.version) +
                                             "; only 2 and 3 (little endian) can be read");
  info.tensors = reader.number<std::uint64_t>();
  const auto entries = reader.number<std::uint64_t>();
  if (reader.failed() || info.tensors > kTensorsMax || entries > kEntriesMax)
    return damaged(path, reader.at(), "impossible counts of tensors or entries");
  Metadata metadata;
  for (std::uint64_t i = 0; i < entries; ++i) {
    std::string key = reader.text();
    Value value;
    if (!read_value(reader, value) || reader.failed()) return damaged(path, reader.at(), "a metadata entry");
    metadata.insert_or_assign(std::move(key), std::move(value));
  }
  std::map<std::string, std::uint64_t> types;
  std::uint64_t data_end = 0;
  for (std::uint64_t i = 0; i < info.tensors; ++i) {
    if (!add_tensor(reader, types, info, data_end))
      return damaged(path, reader.at(), "a tensor's description");
  }
  const std::uint64_t alignment = std::max<std::uint32_t>(1, number_of(metadata, "general.alignment", 32));
  const std::uint64_t data = (reader.at() + alignment - 1) / alignment * alignment;
  if (info.tensors > 0 && (data > size || data_end > size - data))
    return damaged(path, size, "the file ends before its weights do");
  describe(metadata, path, info);
  info.tensor_types.assign(types.begin(), types.end());
  std::stable_sort(info.tensor_types.begin(), info.tensor_types.end(),
                   [](const auto& x, const auto& y) { return x.second > y.second; });
  const auto type = metadata.find("general.file_type");
  const char* named =
      type != metadata.end() && type->second.number ? file_type_name(*type->second.number) : nullptr;
  if (named != nullptr) {
    info.quantisation = named;
  } else if (!info.tensor_types.empty()) {
    info.quantisation = info.tensor_types.front().first;
  }
  return info;
}

}  // namespace loadline::llama
