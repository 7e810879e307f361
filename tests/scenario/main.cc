// Runs scenario files; tests/scenario/README.md.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fault_grid.h"
#include "random_streams.h"
#include "runner.h"

namespace loadline {
namespace {

namespace fs = std::filesystem;

constexpr const char* usage =
    "usage: loadline_scenario_test [--fails] FILE|FOLDER...   run scenario files (.scn)\n"
    "       loadline_scenario_test --streams SEED COUNT       COUNT random answers, streamed and not\n"
    "       loadline_scenario_test --faults PAIR|list         every fault of an upstream, for a pair of "
    "dialects\n"
    "--fails: each must fail as its first line says, \"# fails: LINE: part of the message\"\n";

// Kept after a failure if LOADLINE_KEEP is set.
class WorkFolder {
 public:
  WorkFolder() {
    std::string pattern = (fs::temp_directory_path() / "loadline-scenario-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (std::getenv("LOADLINE_KEEP") == nullptr) fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::optional<Fault> run_text(const std::string& text, bool fails) {
  Scenario scenario;
  Fault fault;
  if (!parse_scenario(text, scenario, fault)) return fault;
  const WorkFolder folder;
  RunnerOptions options{.work_folder = folder.path()};
  if (fails) options.patience = std::chrono::milliseconds(100);
  return Runner(options).run(scenario);
}

void report(const std::string& file, int line, const std::string& message) {
  std::printf("%s:%d: %s\n", file.c_str(), line, message.c_str());
}

// The statements that led to a line of a generated scenario: from the last comment on.
std::string lines_around(const std::string& text, int line) {
  std::string shown;
  std::size_t at = 0;
  for (int number = 1; number <= line && at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    if (text[at] == '#') shown.clear();
    shown += text.substr(at, end + 1 - at);
    at = end + 1;
  }
  return shown;
}

bool failed_as_told(const std::string& file, const std::string& text, const std::optional<Fault>& fault) {
  int line = 0, at = 0;
  const std::string first = text.substr(0, text.find('\n'));
  if (std::sscanf(first.c_str(), "# fails: %d: %n", &line, &at) != 1 || at == 0)
    return report(file, 1, "the first line must be \"# fails: LINE: part of the message\""), false;
  const std::string part = first.substr(static_cast<std::size_t>(at));
  if (!fault) return report(file, line, "should have failed here"), false;
  if (fault->line == line && fault->message.find(part) != std::string::npos) return true;
  return report(file, fault->line, "failed in another way: " + fault->message), false;
}

bool run_file(const std::string& file, bool fails) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return report(file, 1, "cannot be read"), false;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto fault = run_text(text, fails);
  if (fails) return failed_as_told(file, text, fault);
  if (fault) report(file, fault->line, fault->message);
  return !fault;
}

std::vector<std::string> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.path().extension() == ".scn") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int run_streams(std::uint64_t seed, int count) {
  const std::string text = random_streams(seed, count);
  const auto fault = run_text(text, false);
  std::printf("seed %llu, %d answers: %s\n", static_cast<unsigned long long>(seed), count,
              fault ? "failed" : "equal");
  if (!fault) return 0;
  report("random", fault->line, fault->message);
  std::cout << text;
  return 1;
}

int run_faults(const std::string& pair) {
  if (pair == "list") {
    for (const std::string& name : fault_pairs()) std::printf("%s\n", name.c_str());
    return 0;
  }
  int cells = 0;
  const std::string text = fault_grid(pair, cells);
  if (cells == 0) return std::fprintf(stderr, "there is no pair '%s'\n", pair.c_str()), 2;
  if (std::getenv("LOADLINE_KEEP") != nullptr) std::cout << text;
  const auto fault = run_text(text, false);
  std::printf("%s: %d cells: %s\n", pair.c_str(), cells, fault ? "failed" : "as they should be");
  if (!fault) return 0;
  report(pair, fault->line, fault->message);
  std::printf("%s", lines_around(text, fault->line).c_str());
  return 1;
}

int run_all(std::vector<std::string> arguments) {
  if (arguments.size() == 3 && arguments[0] == "--streams")
    return run_streams(std::strtoull(arguments[1].c_str(), nullptr, 10), std::atoi(arguments[2].c_str()));
  if (arguments.size() == 2 && arguments[0] == "--faults") return run_faults(arguments[1]);
  const bool fails = !arguments.empty() && arguments[0] == "--fails";
  if (fails) arguments.erase(arguments.begin());
  const std::vector<std::string> files = files_of(arguments);
  if (files.empty()) return std::fputs(usage, stderr), 2;
  std::size_t passed = 0;
  for (const std::string& file : files) passed += run_file(file, fails) ? 1 : 0;
  std::printf("%zu of %zu scenarios passed\n", passed, files.size());
  return passed == files.size() ? 0 : 1;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) { return loadline::run_all({argv + 1, argv + argc}); }
