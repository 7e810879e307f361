// Pages of PDF read per second on one core: PDFium alone against our reader, in the process and confined.
//
//   loadline_pdf_bench [--data FOLDER] [--rounds N] [--core N] [--extractor PROGRAM]
//
// Reads every PDF in FOLDER/financebench/pdfs (LOADLINE_BENCH_DATA, default ../shared/data). In each round,
// one after the other on the same core:
//   plain      PDFium called directly: every page loaded, every letter asked for its character and its box
//   reader     read_pdf in this process: words, layout, tables
//   confined   the same through loadline-extractor, which is a process per document on the same core: its
//              start, confinement, frames and their checks count
// Prints medians over the rounds, the median ratio within a round, and every lost page.
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/clock.h"
#include "extract/extractor_process.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/pdf_reader.h"

namespace loadline {
namespace {

struct Arguments {
  std::string data;
  std::string extractor;
  int rounds = 5;
  int core = 0;
  bool valid = true;
};

Arguments parse(int count, char** values) {
  Arguments out;
  const char* const set = std::getenv("LOADLINE_BENCH_DATA");
  out.data = set != nullptr && *set != '\0' ? set : "../shared/data";
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (i + 1 == count) return out.valid = false, out;
    const char* const value = values[++i];
    if (name == "--data")
      out.data = value;
    else if (name == "--extractor")
      out.extractor = value;
    else if (name == "--rounds")
      out.rounds = std::max(1, std::atoi(value));
    else if (name == "--core")
      out.core = std::atoi(value);
    else
      return out.valid = false, out;
  }
  return out;
}

struct File {
  std::string path;
  std::string bytes;
};

std::vector<File> read_files(const std::string& folder) {
  std::vector<File> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".pdf") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files.push_back({entry.path().string(), {std::istreambuf_iterator<char>(file), {}}});
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

// Counts; keeps nothing.
struct CountingSink final : PageSink {
  bool on_properties(const DocumentProperties&) override { return true; }
  bool on_page(ExtractedPage page) override {
    ++pages;
    for (const Block& block : page.blocks) tables += block.table ? 1 : 0;
    if (!page.lost_reason.empty()) lost.push_back(std::to_string(page.number) + ": " + page.lost_reason);
    return true;
  }
  int pages = 0, tables = 0;
  std::vector<std::string> lost;
};

int plain(const std::vector<File>& files) {
  const Result<const pdf::PdfiumApi*> api = pdf::load_pdfium();
  int pages = 0;
  double sum = 0;  // so that nothing is left out
  for (const File& file : files) {
    const Result<pdf::PdfFile> document = pdf::PdfFile::open(**api, std::as_bytes(std::span(file.bytes)));
    if (!document) continue;
    for (int index = 0; index < document->page_count(); ++index, ++pages) {
      const pdf::PdfPage page(*document, index);
      if (!page.has_text()) continue;
      const int letters = (*api)->Text_CountChars(page.text());
      for (int letter = 0; letter < letters; ++letter) {
        double left = 0, right = 0, bottom = 0, top = 0;
        sum += (*api)->Text_GetUnicode(page.text(), letter);
        (*api)->Text_GetCharBox(page.text(), letter, &left, &right, &bottom, &top);
        sum += left + right + bottom + top;
      }
    }
  }
  return sum == 0.5 ? -1 : pages;
}

void note(const Status& status, const File& file, CountingSink& sink, std::size_t lost_before) {
  if (!status) sink.lost.push_back(status.error().to_string());
  for (std::size_t at = lost_before; at < sink.lost.size(); ++at)
    sink.lost[at] = std::filesystem::path(file.path).filename().string() + ", " + sink.lost[at];
}

CountingSink reader(const std::vector<File>& files) {
  CountingSink sink;
  for (const File& file : files) {
    ReadBudget budget;
    ReadInput input;
    input.bytes = std::as_bytes(std::span(file.bytes));
    input.budget = &budget;
    const std::size_t lost = sink.lost.size();
    note(read_pdf(input, sink), file, sink, lost);
  }
  return sink;
}

CountingSink confined(const std::vector<File>& files, ExtractorProcess& extractor) {
  SystemClock clock;
  CallContext context;
  context.clock = &clock;
  CountingSink sink;
  for (const File& file : files) {
    ExtractRequest request;
    request.path = request.file_name = file.path;
    const std::size_t lost = sink.lost.size();
    note(extractor.extract(request, sink, context), file, sink, lost);
  }
  return sink;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Work>
double seconds_of(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void stay_on_core(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) std::fprintf(stderr, "cannot stay on core %d\n", core);
}

struct Times {
  std::vector<double> plain, reader, confined, reader_ratio, confined_ratio;
};

int report(const Times& times, int pages, const CountingSink& last) {
  std::printf("| %d pages, one core | pages/s | of PDFium alone |\n|---|--:|--:|\n", pages);
  std::printf("| PDFium alone, every letter's box | %.0f | |\n", pages / median(times.plain));
  std::printf("| reader, in the process | %.0f | %.2f |\n", pages / median(times.reader),
              median(times.reader_ratio));
  if (!times.confined.empty())
    std::printf("| reader, confined | %.0f | %.2f |\n", pages / median(times.confined),
                median(times.confined_ratio));
  std::printf("\n%d tables, %zu pages lost\n", last.tables, last.lost.size());
  for (const std::string& lost : last.lost) std::printf("lost: %s\n", lost.c_str());
  return last.lost.empty() && last.pages == pages ? 0 : 1;
}

int run(const Arguments& arguments) {
  const std::vector<File> files = read_files(arguments.data + "/financebench/pdfs");
  if (files.empty()) {
    std::printf("no filings in %s: set LOADLINE_BENCH_DATA\n", arguments.data.c_str());
    return 0;
  }
  if (const Status ready = prepare_pdf(); !ready) return std::puts(ready.error().message().c_str()), 1;
  stay_on_core(arguments.core);
  ExtractorOptions options;
  options.program = arguments.extractor;
  const Result<std::unique_ptr<ExtractorProcess>> extractor = ExtractorProcess::open(options);
  if (!extractor) std::printf("not measured confined: %s\n", extractor.error().message().c_str());
  Times times;
  int pages = 0;
  CountingSink last;
  for (int round = 0; round < arguments.rounds; ++round) {
    times.plain.push_back(seconds_of([&] { pages = plain(files); }));
    times.reader.push_back(seconds_of([&] { last = reader(files); }));
    times.reader_ratio.push_back(times.plain.back() / times.reader.back());
    if (!extractor) continue;
    times.confined.push_back(seconds_of([&] { last = confined(files, **extractor); }));
    times.confined_ratio.push_back(times.plain.back() / times.confined.back());
  }
  return report(times, pages, last);
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  const loadline::Arguments arguments = loadline::parse(count, values);
  if (!arguments.valid) {
    std::fprintf(stderr, "usage: %s [--data FOLDER] [--rounds N] [--core N] [--extractor PROGRAM]\n",
                 values[0]);
    return 2;
  }
  return loadline::run(arguments);
}
