// Makes the material that bench/train_injection.py learns from, with the program's own normalising,
// sentences, features and encoder.
//
//   loadline_injection_features --texts FILE --out FILE [--model DIR]
//
// FILE has one JSON object a line with a "text" and a "trust". OUT.rows has a line for each: first window,
// number of windows, and what the guard as it is built says: verdict by signatures, verdict (0: allow, 1:
// flag, more: stop). OUT.f32 has, row by row, the features of each text as a whole; OUT.windows.f32 for each
// window its features and then its embedding.
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "feature_tool.h"
#include "guard/injection.h"
#include "guard/injection_windows.h"

namespace {

template <class Range>
void write(std::ofstream& file, const Range& values) {
  file.write(reinterpret_cast<const char*>(std::data(values)),
             static_cast<std::streamsize>(std::size(values) * sizeof(float)));
}

}  // namespace

int main(int count, char** values) {
  using namespace loadline;
  const FeatureArguments arguments = feature_arguments(count, values);
  auto encoder = feature_encoder(arguments);
  if (!encoder) return std::fprintf(stderr, "%s\n", encoder.error().to_string().c_str()), 1;
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  std::ifstream texts(arguments.texts);
  std::ofstream rows(arguments.out + ".rows"), whole(arguments.out + ".f32", std::ios::binary),
      windows_file(arguments.out + ".windows.f32", std::ios::binary);
  const InjectionGuard guard;
  std::size_t first = 0;
  for (std::string line; std::getline(texts, line);) {
    const boost::json::value row = boost::json::parse(line);
    const std::string text(row.at("text").as_string());
    const ScannedText scanned = scan_text(text);
    const InjectionWindows windows = injection_windows(scanned);
    std::vector<std::string_view> views;
    for (const InjectionWindow& window : windows.windows) views.push_back(window.text);
    const auto embedded = (*encoder)->embed(views, context);
    if (!embedded) return std::fprintf(stderr, "%s\n", embedded.error().to_string().c_str()), 1;
    write(whole, scanned.features);
    for (std::size_t i = 0; i < views.size(); ++i) {
      write(windows_file, windows.windows[i].features);
      write(windows_file, embedded->row(i));
    }
    const TrustMark trust = row.at("trust").as_string() == "user" ? TrustMark::user : TrustMark::retrieved;
    const auto scored = guard.score(text, trust, **encoder, context);
    if (!scored) return std::fprintf(stderr, "%s\n", scored.error().to_string().c_str()), 1;
    const InjectionReport alone = guard.scan_signatures(text, trust);
    rows << first << ' ' << views.size() << ' ' << static_cast<int>(alone.verdict) << ' '
         << static_cast<int>(scored->verdict) << '\n';
    first += views.size();
  }
  return 0;
}
