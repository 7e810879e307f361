#include "ingest/source_scan.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "ingest/glob.h"
#include "ingest/source_name.h"

namespace loadline {
namespace {

std::string joined(const std::string& folder, const std::string& relative) {
  return folder.ends_with('/') ? folder + relative : folder + "/" + relative;
}

// Absolute also where nothing is there any more.
std::string absolute_path(const std::string& path, const SourceFiles& files) {
  if (auto resolved = files.resolve(path)) return *resolved;
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(path, ignored).lexically_normal();
  if (auto parent = files.resolve(absolute.parent_path().string()))
    return joined(*parent, absolute.filename().string());
  return absolute.string();
}

// "docs/2022/*/a*.pdf" is folder "docs/2022" and pattern "*/a*.pdf".
std::pair<std::string, std::string> split_glob(const std::string& path) {
  const std::size_t wildcard = path.find_first_of("*?[");
  const std::size_t slash = path.rfind('/', wildcard);
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

class Scanner {
 public:
  Scanner(const SourceFiles& files, std::size_t files_max, const CallContext& context)
      : files_(files), files_max_(files_max), context_(context) {}

  Status add(const std::string& path) {
    LOADLINE_TRY(context_.check());
    const auto stamp = files_.stamp(path);
    if (stamp && !stamp->folder) return add_file(path);
    if (stamp) return add_folder(path, "");
    if (has_wildcards(path)) {
      const auto [folder, pattern] = split_glob(path);
      return add_folder(folder, pattern);
    }
    const std::string absolute = absolute_path(path, files_);
    scan.roots.push_back({escaped_name(absolute), ""});
    scan.unusable.push_back(
        {escaped_name(std::filesystem::path(absolute).filename().string()), stamp.error()});
    return {};
  }

  void finish() {
    tell_apart();
    std::sort(scan.files.begin(), scan.files.end(), [](const SourceFile& a, const SourceFile& b) {
      return std::tie(a.name, a.path) < std::tie(b.name, b.path);
    });
    const auto same = [](const SourceFile& a, const SourceFile& b) { return a.name == b.name; };
    for (auto at = scan.files.begin();
         (at = std::adjacent_find(at, scan.files.end(), same)) != scan.files.end();) {
      scan.unusable.push_back({at->name, Error(Code::already_exists,
                                               "two files have this name; ingest them one by "
                                               "one under different names")});
      at = scan.files.erase(at + 1) - 1;
    }
  }

  SourceScan scan;

 private:
  Status add_file(const std::string& path) {
    const std::string absolute = absolute_path(path, files_);
    scan.roots.push_back({escaped_name(absolute), ""});
    // The name is the one that was typed, also for a link.
    const std::string typed = std::filesystem::path(path).lexically_normal().filename().string();
    return keep(absolute,
                escaped_name(typed.empty() ? std::filesystem::path(absolute).filename().string() : typed));
  }

  Status add_folder(const std::string& folder, const std::string& pattern) {
    const std::string absolute = absolute_path(folder, files_);
    scan.roots.push_back({escaped_name(absolute), escaped_name(pattern)});
    Status kept;
    const auto found = [&](std::string relative) {
      if (kept.ok() && (pattern.empty() || glob_matches(pattern, relative)))
        kept = keep(joined(absolute, relative), escaped_name(relative));
    };
    const auto unreadable = [&](std::string relative) {
      scan.warnings.push_back("the folder " + escaped_name(joined(absolute, relative)) + " cannot be read");
    };
    LOADLINE_TRY(files_.walk(absolute, files_max_, found, unreadable, context_));
    return kept;
  }

  Status keep(std::string path, std::string name) {
    if (!seen_.insert(path).second) return {};
    if (scan.files.size() >= files_max_)
      return Error(Code::resource_exhausted, "more than " + std::to_string(files_max_) +
                                                 " files (limit files_max); ingest fewer at once");
    std::string source = escaped_name(path);
    scan.files.push_back({std::move(path), std::move(name), std::move(source)});
    return {};
  }

  // Files of one name get one more folder of their path in front, until they differ.
  void tell_apart() {
    for (;;) {
      std::map<std::string, std::vector<SourceFile*>> by_name;
      for (SourceFile& file : scan.files) by_name[file.name].push_back(&file);
      bool changed = false;
      for (auto& [name, same] : by_name)
        if (same.size() > 1)
          for (SourceFile* file : same) changed = lengthen(*file) || changed;
      if (!changed) return;
    }
  }

  static bool lengthen(SourceFile& file) {
    if (!file.source.ends_with("/" + file.name)) return false;
    const std::string_view front =
        std::string_view(file.source).substr(0, file.source.size() - file.name.size() - 1);
    const std::size_t slash = front.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == front.size()) return false;
    file.name = file.source.substr(slash + 1);
    return true;
  }

  const SourceFiles& files_;
  const std::size_t files_max_;
  const CallContext& context_;
  std::set<std::string> seen_;
};

}  // namespace

bool SourceRoot::covers(std::string_view source) const {
  if (source == folder) return true;
  const std::string front = folder.ends_with('/') ? folder : folder + "/";
  if (!source.starts_with(front)) return false;
  return pattern.empty() || glob_matches(pattern, source.substr(front.size()));
}

Result<SourceScan> scan_sources(const std::vector<std::string>& paths, const SourceFiles& files,
                                std::size_t files_max, const CallContext& context) {
  Scanner scanner(files, files_max, context);
  for (const std::string& path : paths) LOADLINE_TRY(scanner.add(path));
  scanner.finish();
  return std::move(scanner.scan);
}

}  // namespace loadline
