// Makes the material that bench/train_names.py learns from, with the program's own words, properties and
// encoder.
//
//   loadline_name_features --texts FILE --out FILE [--model DIR]
//
// FILE has one JSON object a line with a "text". OUT.words has a line for each word: text, unit, first byte,
// end, and the numbers of its properties; OUT.f32 the vectors of the words, row by row.
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "encoder/bert_encoder.h"
#include "privacy/name_tagger.h"

namespace {

struct Arguments {
  std::string texts, out, model;
};

Arguments parse(int count, char** values) {
  Arguments out;
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

}  // namespace

int main(int count, char** values) {
  using namespace loadline;
  const Arguments arguments = parse(count, values);
  BertEncoderOptions options;
  options.model_folder = arguments.model;
  const auto encoder = BertEncoder::open(options);
  if (!encoder) return std::fprintf(stderr, "%s\n", encoder.error().to_string().c_str()), 1;
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  std::ifstream texts(arguments.texts);
  std::ofstream words(arguments.out + ".words"), vectors(arguments.out + ".f32", std::ios::binary);
  std::size_t number = 0;
  for (std::string line; std::getline(texts, line); ++number) {
    const std::string text(boost::json::parse(line).at("text").as_string());
    std::size_t unit = 0;
    for (std::size_t at = 0; at < text.size(); ++unit) {
      const std::size_t size = name_unit_end(std::string_view(text).substr(at), true);
      const auto inputs = NameTagger::inputs(**encoder, std::string_view(text).substr(at, size), context);
      if (!inputs) return std::fprintf(stderr, "%s\n", inputs.error().to_string().c_str()), 1;
      for (const NameWord& word : inputs->words) {
        words << number << ' ' << unit << ' ' << at + word.begin << ' ' << at + word.end;
        for (std::size_t f = 0; f < name_feature_count; ++f)
          if (word.features.test(f)) words << ' ' << f;
        words << '\n';
      }
      vectors.write(reinterpret_cast<const char*>(inputs->vectors.values.data()),
                    static_cast<std::streamsize>(inputs->vectors.values.size() * sizeof(float)));
      at += size;
    }
  }
  return 0;
}
