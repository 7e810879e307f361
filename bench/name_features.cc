// Makes the material that bench/train_names.py learns from, with the program's own words, properties and
// encoder.
//
//   loadline_name_features --texts FILE --out FILE [--model DIR]
//
// FILE has one JSON object a line with a "text". OUT.words has a line for each word: text, unit, first byte,
// end, and the numbers of its properties; OUT.f32 the vectors of the words, row by row.
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "feature_tool.h"
#include "privacy/name_tagger.h"

int main(int count, char** values) {
  using namespace loadline;
  const FeatureArguments arguments = feature_arguments(count, values);
  const auto encoder = feature_encoder(arguments);
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
