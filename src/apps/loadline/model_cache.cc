#include "apps/loadline/model_cache.h"

#include <spawn.h>
#include <sys/wait.h>
#include <zip.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/nearest_name.h"
#include "storage/sha256.h"

extern char** environ;

namespace loadline {
namespace {

namespace fs = std::filesystem;

constexpr const char* models_tsv =
#include "models_tsv.inc"
    ;
constexpr const char* pins_tsv =
#include "pins_tsv.inc"
    ;

struct ModelPart {
  std::string model, role, file, bytes, sha256, licence, pin, member;
};
struct Pin {
  std::string name, kind, package, version, file, sha256;
};

std::vector<std::vector<std::string>> rows_of(const char* tsv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(tsv);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> cells;
    std::istringstream fields(line);
    for (std::string cell; std::getline(fields, cell, '\t');) cells.push_back(cell);
    cells.resize(std::max<std::size_t>(cells.size(), 8));
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::vector<ModelPart> model_parts() {
  std::vector<ModelPart> parts;
  for (auto& c : rows_of(models_tsv)) parts.push_back({c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]});
  return parts;
}

Result<Pin> pin_named(const std::string& name) {
  for (auto& c : rows_of(pins_tsv))
    if (c[0] == name) return Pin{c[0], c[1], c[2], c[3], c[4], c[5]};
  return Error(Code::internal, "the model list names the unknown pin '" + name + "'");
}

std::string default_cache_folder() {
  if (const char* own = std::getenv("LOADLINE_CACHE")) return own;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME")) return std::string(xdg) + "/loadline";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.cache/loadline";
}

Result<std::string> sha256_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Code::not_found, "cannot read " + path.string());
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0)
    hash.add(buffer.data(), static_cast<std::size_t>(in.gcount()));
  return hash.hex();
}

// Runs the package client; its own words go to standard error, where the user sees why it failed.
Status download(const Pin& pin, const fs::path& folder) {
  const std::string what = pin.package + "==" + pin.version;
  const std::string target = folder.string();
  std::vector<std::string> words = {"python3",
                                    "-m",
                                    "pip",
                                    "download",
                                    "--quiet",
                                    "--no-deps",
                                    "--no-cache-dir",
                                    "--disable-pip-version-check",
                                    "-d",
                                    target,
                                    what};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, "python3", nullptr, nullptr, argv.data(), environ) != 0)
    return Error(Code::unavailable,
                 "python3 is not installed; `models pull` needs it with pip (Debian: python3-pip)");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error(Code::unavailable,
               "the Python package " + what +
                   " could not be downloaded; pip's message is above. Without network, copy the "
                   "models folder of another machine and set LOADLINE_CACHE");
}

// Appends a member of a zip archive (a wheel) to `out`.
Status append_member(const fs::path& archive, const std::string& member, std::ofstream& out) {
  int code = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> zip(zip_open(archive.c_str(), ZIP_RDONLY, &code),
                                                           &zip_discard);
  if (!zip) return Error(Code::data_loss, archive.filename().string() + " is not a readable archive");
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen(zip.get(), member.c_str(), 0),
                                                                &zip_fclose);
  if (!file) return Error(Code::data_loss, archive.filename().string() + " does not contain " + member);
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const auto got = zip_fread(file.get(), buffer.data(), buffer.size());
    if (got < 0) return Error(Code::data_loss, archive.filename().string() + " is damaged");
    if (got == 0) return {};
    out.write(buffer.data(), got);
    if (!out) return Error(Code::unavailable, "the models folder cannot be written; is the disk full?");
  }
}

// What to do about a name that is none of `names`.
std::string hint(const std::string& name, const std::vector<std::string>& names, const char* otherwise) {
  const std::string near = nearest_name(name, std::vector<std::string_view>(names.begin(), names.end()));
  return "; " + (near.empty() ? std::string(otherwise) : "did you mean '" + near + "'?");
}

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || (name.size() > 5 && name.substr(name.size() - 5) == ".gguf");
}

}  // namespace

ModelCache::ModelCache(std::string folder)
    : models_folder_(folder.empty() ? default_cache_folder() + "/models" : folder) {}

std::vector<KnownModel> ModelCache::list() const {
  std::vector<KnownModel> known;
  std::string last_file;
  for (const ModelPart& part : model_parts()) {
    if (known.empty() || known.back().name != part.model) {
      known.push_back({part.model, part.role, part.licence, 0, true});
      last_file.clear();
    }
    if (part.file == last_file) continue;
    last_file = part.file;
    known.back().bytes += std::stoull(part.bytes);
    std::error_code error;
    const auto size = fs::file_size(fs::path(models_folder_) / part.model / part.file, error);
    known.back().present = known.back().present && !error && size == std::stoull(part.bytes);
  }
  return known;
}

Result<std::string> ModelCache::generator_path(const std::string& name) const {
  if (is_path(name)) {
    if (fs::is_regular_file(name)) return name;
    return Error(Code::not_found, "there is no model file '" + name + "'");
  }
  std::vector<std::string> names;
  for (const KnownModel& model : list()) {
    if (model.role == "embedder") continue;
    if (model.name == name) {
      if (model.present) return models_folder_ + "/" + name + "/model.gguf";
      return Error(
          Code::not_found,
          "the model '" + name + "' is not on this machine; `loadline models pull " + name + "` fetches it");
    }
    names.push_back(model.name);
  }
  return Error(
      Code::not_found,
      "there is no model '" + name + "'" +
          hint(name, names, "`loadline models list` shows the known ones, a path to a GGUF file works too"));
}

Result<std::string> ModelCache::embedder_folder(const std::string& name) const {
  std::vector<std::string> names;
  for (const KnownModel& model : list()) {
    if (model.role != "embedder") continue;
    if (model.name == name) {
      if (model.present) return models_folder_ + "/" + name;
      return Error(Code::not_found, "the embedder '" + name +
                                        "' is not on this machine; `loadline models pull " + name +
                                        "` fetches it");
    }
    names.push_back(model.name);
  }
  return Error(Code::not_found, "there is no embedder '" + name + "'" +
                                    hint(name, names, "`loadline models list` shows the known ones"));
}

std::string ModelCache::digest(const std::string& name) const {
  for (const ModelPart& part : model_parts())
    if (part.model == name && (part.file == "model.gguf" || part.file == "model.safetensors"))
      return part.sha256;
  return "";
}

Status ModelCache::pull(const std::string& name, const Progress& progress, const CallContext& context) const {
  std::vector<ModelPart> parts = model_parts();
  std::erase_if(parts, [&](const ModelPart& part) { return part.model != name; });
  if (parts.empty()) {
    if (is_path(name)) {
      LOADLINE_TRY(generator_path(name));
      return {};
    }
    std::vector<std::string> names;
    for (const KnownModel& model : list()) names.push_back(model.name);  // of every role
    return Error(Code::not_found, "there is no model '" + name + "'" +
                                      hint(name, names, "`loadline models list` shows the known ones"));
  }
  const fs::path folder = fs::path(models_folder_) / name;
  const fs::path work = folder / ".pull";
  std::error_code error;
  fs::create_directories(work, error);
  if (error) return Error(Code::unavailable, "cannot make the folder " + work.string());
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t end = i;
    while (end < parts.size() && parts[end].file == parts[i].file) ++end;
    const fs::path target = folder / parts[i].file;
    if (fs::exists(target) && fs::file_size(target, error) == std::stoull(parts[i].bytes)) {
      i = end;
      continue;
    }
    const fs::path joined = work / "joined";
    std::ofstream out(joined, std::ios::binary | std::ios::trunc);
    for (std::size_t part = i; part < end; ++part) {
      LOADLINE_TRY(context.check());
      progress(parts[part].pin, part - i, end - i);
      LOADLINE_ASSIGN(const Pin pin, pin_named(parts[part].pin));
      const fs::path archive = work / pin.file;
      if (!fs::exists(archive)) LOADLINE_TRY(download(pin, work));
      LOADLINE_ASSIGN(const std::string got, sha256_of(archive));
      if (got != pin.sha256)
        return Error(Code::data_loss, pin.file + " has another SHA-256 than pinned; it was not used");
      LOADLINE_TRY(append_member(archive, parts[part].member, out));
    }
    out.close();
    LOADLINE_ASSIGN(const std::string got, sha256_of(joined));
    if (got != parts[i].sha256)
      return Error(Code::data_loss, target.string() + " came out with another SHA-256 than pinned");
    fs::create_directories(target.parent_path(), error);
    fs::rename(joined, target, error);
    if (error) return Error(Code::unavailable, "cannot write " + target.string());
    i = end;
  }
  fs::remove_all(work, error);
  return {};
}

}  // namespace loadline
