#pragma once
// What the programs that make training material from texts have in common: their arguments and the encoder.
//
//   PROGRAM --texts FILE --out FILE [--model DIR]
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "encoder/bert_encoder.h"

namespace loadline {

struct FeatureArguments {
  std::string texts, out, model;
};

inline FeatureArguments feature_arguments(int count, char** values) {
  FeatureArguments out;
  if (const char* home = std::getenv("HOME"))
    out.model = std::string(home) + "/.cache/loadline/models/all-minilm-l6-v2";
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = values[i];
    if (name == "--texts") out.texts = values[i + 1];
    if (name == "--out") out.out = values[i + 1];
    if (name == "--model") out.model = values[i + 1];
  }
  return out;
}

inline Result<std::unique_ptr<BertEncoder>> feature_encoder(const FeatureArguments& arguments) {
  BertEncoderOptions options;
  options.model_folder = arguments.model;
  return BertEncoder::open(options);
}

}  // namespace loadline
