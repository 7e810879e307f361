// Measures the encoder alone: texts embedded per second, and the time of one query. One JSON line on stdout.
//
//   loadline_encoder_bench --model DIR --texts FILE [--precision P] [--threads N] [--seconds S] [--query]
//   loadline_encoder_bench --model DIR --texts FILE [--precision P] --vectors OUT
//
// The second form writes the vectors, f32 row by row, instead of measuring (for encoder_pages.py).
// FILE has one text a line. encoder_peers.py runs this and other libraries in turns on the same texts.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "encoder/bert_encoder.h"

namespace {

using Seconds = std::chrono::duration<double>;

struct Arguments {
  loadline::BertEncoderOptions options;
  std::string texts, vectors;
  double seconds = 3.0;
  bool query = false;
  bool valid = true;
};

Arguments parse(int count, char** values) {
  Arguments out;
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (name == "--query") {
      out.query = true;
      continue;
    }
    if (i + 1 == count) return out.valid = false, out;
    const char* value = values[++i];
    if (name == "--model")
      out.options.model_folder = value;
    else if (name == "--texts")
      out.texts = value;
    else if (name == "--vectors")
      out.vectors = value;
    else if (name == "--precision")
      out.options.precision = value;
    else if (name == "--threads")
      out.options.threads = std::strtoul(value, nullptr, 10);
    else if (name == "--batch-tokens")
      out.options.batch_tokens = std::strtoul(value, nullptr, 10);
    else if (name == "--seconds")
      out.seconds = std::strtod(value, nullptr);
    else
      return out.valid = false, out;
  }
  out.valid = !out.options.model_folder.empty() && !out.texts.empty();
  return out;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

/// Of all threads of this process: shows the work itself where other programs compete for the cores.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Measured {
  std::vector<double> calls;  // seconds
  double cpu = 0;             // seconds, of all calls together
};

/// Each measured call embeds all texts, or one of them for --query; the first, which compiles the products,
/// does not count.
Measured measure(const loadline::Embedder& encoder, const std::vector<std::string>& texts,
                 const Arguments& arguments) {
  const std::vector<std::string_view> all(texts.begin(), texts.end());
  loadline::SystemClock clock;
  loadline::CallContext context;
  context.clock = &clock;
  Measured out;
  double cpu_before = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0;
       i < 4 || Seconds(std::chrono::steady_clock::now() - start).count() < arguments.seconds; ++i) {
    const std::span<const std::string_view> batch =
        arguments.query ? std::span(all).subspan(i % all.size(), 1) : std::span(all);
    const auto begin = std::chrono::steady_clock::now();
    const auto made = encoder.embed(batch, context);
    const Seconds took = std::chrono::steady_clock::now() - begin;
    if (!made.ok()) {
      std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
      std::exit(1);
    }
    if (i > 0) out.calls.push_back(took.count());
    if (i == 0) cpu_before = cpu_seconds();
  }
  out.cpu = cpu_seconds() - cpu_before;
  return out;
}

/// Exit status.
int write_vectors(const loadline::Embedder& encoder, const std::vector<std::string>& texts,
                  const std::string& path) {
  const std::vector<std::string_view> all(texts.begin(), texts.end());
  loadline::SystemClock clock;
  loadline::CallContext context;
  context.clock = &clock;
  const auto made = encoder.embed(all, context);
  std::ofstream file(path, std::ios::binary);
  if (!made.ok()) {
    std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
    return 1;
  }
  file.write(reinterpret_cast<const char*>(made->values.data()),
             static_cast<std::streamsize>(made->values.size() * sizeof(float)));
  return file.good() ? 0 : 1;
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments = parse(count, values);
  if (!arguments.valid) {
    std::fprintf(stderr,
                 "usage: %s --model DIR --texts FILE [--precision auto|f32|bf16|int8] [--threads N] "
                 "[--batch-tokens N] [--seconds S] [--query]\n",
                 values[0]);
    return 2;
  }
  const std::vector<std::string> texts = read_lines(arguments.texts);
  if (texts.empty()) {
    std::fprintf(stderr, "%s: no lines\n", arguments.texts.c_str());
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto encoder = loadline::BertEncoder::open(arguments.options);
  const Seconds open_time = std::chrono::steady_clock::now() - begin;
  if (!encoder.ok()) {
    std::fprintf(stderr, "%s\n", encoder.error().to_string().c_str());
    return 1;
  }
  if (!arguments.vectors.empty()) return write_vectors(**encoder, texts, arguments.vectors);
  const Measured measured = measure(**encoder, texts, arguments);
  const double median = quantile(measured.calls, 0.5);
  const double per_call = arguments.query ? 1.0 : static_cast<double>(texts.size());
  std::printf(
      "{\"precision\":\"%s\",\"open_ms\":%.0f,\"calls\":%zu,\"texts_per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%"
      ".3f,\"cpu_ms_per_text\":%.3f}\n",
      (*encoder)->info().precision.c_str(), open_time.count() * 1e3, measured.calls.size(), per_call / median,
      median * 1e3, quantile(measured.calls, 0.99) * 1e3,
      measured.cpu * 1e3 / (per_call * static_cast<double>(measured.calls.size())));
  return 0;
}
