// Fuzz target: any bytes as a safetensors file. It is refused, or every tensor can be read in full.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"
#include "encoder/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = loadline::SafeTensors::parse(file);
  if (!parsed.ok()) return 0;
  for (const char* name : {"a", "b", "embeddings.word_embeddings.weight"}) {
    const loadline::TensorView* tensor = parsed->find(name);
    if (!tensor) continue;
    LOADLINE_ASSERT(tensor->bytes.data() >= file.data() &&
                    tensor->bytes.data() + tensor->bytes.size() <= file.data() + file.size());
    std::vector<float> values(tensor->elements());
    tensor->read(0, values.size(), values.data());
    LOADLINE_ASSERT(parsed->require(name, tensor->shape).ok() ==
                    (tensor->type != loadline::TensorType::other));
  }
  return 0;
}
