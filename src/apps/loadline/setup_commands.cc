// init, config and models: what is done before there are documents.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "apps/loadline/gateway_wire.h"
#include "llama/gguf_info.h"

namespace loadline {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

// A name that the manifest accepts, from a folder's name.
std::string collection_name(const fs::path& folder) {
  std::string name;
  for (const char c : fs::weakly_canonical(folder).filename().string())
    name += std::isalnum(static_cast<unsigned char>(c)) != 0
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                : '-';
  name = name.substr(0, 64);
  return name.empty() || name.find_first_not_of('-') == std::string::npos ? "documents" : name;
}

std::string manifest_text(const std::string& name, const std::string& glob) {
  return "# Made by `loadline init`. `loadline config schema` describes every key; `loadline config show` "
         "shows the\n"
         "# defaults of those that are not here.\n"
         "version: 1\n"
         "app: " +
         name +
         "\n"
         "models:\n"
         "  house: {provider: local, model: " +
         std::string(default_generator) +
         "}\n"
         "knowledge:\n"
         "  " +
         name +
         ":\n"
         "    paths: [" +
         json::serialize(json::value(glob)) +
         "]\n"
         "    embedder: " +
         std::string(default_embedder) +
         "\n"
         "routes:\n"
         "  " +
         name + "-assistant: {models: [house], knowledge: " + name + "}\n";
}

Result<std::string> read_whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Error(Code::not_found,
                 "cannot read the manifest '" + file + "'; `loadline init FOLDER` makes one");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string size_text(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes >= 1000000000 ? "%.1f GB" : "%.0f MB",
                static_cast<double>(bytes) / (bytes >= 1000000000 ? 1e9 : 1e6));
  return text;
}

}  // namespace

int run_init(Wire& wire, Terminal& terminal, const InitArguments& arguments) {
  std::error_code error;
  if (!fs::is_directory(arguments.folder, error))
    return report(wire, Error(Code::not_found, "there is no folder '" + arguments.folder + "'"));
  if (fs::exists(arguments.output) && !arguments.force)
    return report(wire, Error(Code::already_exists,
                              "'" + arguments.output +
                                  "' is there already; --force replaces it, --output names another"));
  fs::path from = fs::path(arguments.output).parent_path();
  if (from.empty()) from = ".";
  const fs::path relative = fs::relative(arguments.folder, from, error);
  const std::string base =
      error || relative.empty() ? fs::absolute(arguments.folder).string() : relative.string();
  const std::string name = collection_name(arguments.folder);
  const std::string text = manifest_text(name, base == "." ? "**" : base + "/**");
  if (auto valid = parse_manifest(text, arguments.output); !valid) return report(wire, valid.error());
  std::ofstream out(arguments.output, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return report(wire, Error(Code::unavailable, "cannot write '" + arguments.output + "'"));
  if (wire.options().json) {
    print_json({{"manifest", arguments.output}, {"collection", name}});
    return exit_done;
  }
  terminal.line("wrote " + arguments.output + ": collection '" + name + "' from " + arguments.folder);
  terminal.line("next:  loadline ingest");
  terminal.line("       loadline ask \"...\"");
  terminal.line("       loadline serve");
  return exit_done;
}

int run_config(Wire& wire, Terminal& terminal, const std::string& what) {
  if (what == "schema") {
    terminal.line(manifest_json_schema());
    return exit_done;
  }
  const std::string file = wire.options().config.empty() ? "loadline.yaml" : wire.options().config;
  auto yaml = read_whole(file);
  if (!yaml) return report(wire, yaml.error());
  auto shown = show_manifest(*yaml, file, wire.options().json);
  if (!shown) return report(wire, shown.error());
  if (what == "show") {
    terminal.line(shown->substr(0, shown->find_last_not_of('\n') + 1));
  } else if (wire.options().json) {
    print_json({{"valid", true}, {"manifest", file}});
  } else {
    terminal.line(file + ": " + terminal.styled(Style::good, "valid"));
  }
  return exit_done;
}

int run_models_list(Wire& wire, Terminal& terminal) {
  const std::vector<KnownModel> models = wire.models().list();
  if (wire.options().json) {
    json::array out;
    for (const KnownModel& model : models)
      out.push_back({{"name", model.name},
                     {"role", model.role},
                     {"licence", model.licence},
                     {"bytes", model.bytes},
                     {"present", model.present}});
    print_json({{"models", std::move(out)}});
    return exit_done;
  }
  std::vector<std::vector<std::string>> rows{{"model", "role", "size", "licence", ""}};
  for (const KnownModel& model : models)
    rows.push_back(
        {model.name, model.role, size_text(model.bytes), model.licence,
         model.present ? terminal.styled(Style::good, "here") : "loadline models pull " + model.name});
  terminal.table(rows);
  return exit_done;
}

int run_models_pull(Wire& wire, Terminal& terminal, const std::vector<std::string>& names) {
  const CallContext context = wire.context();
  cancel_on_signals(context);
  for (const std::string& name : names) {
    const Status pulled = wire.models().pull(
        name,
        [&](std::string_view what, std::size_t done, std::size_t all) { terminal.progress(what, done, all); },
        context);
    terminal.clear_progress();
    if (!pulled) return report(wire, pulled.error());
    if (wire.options().json)
      print_json({{"model", name}, {"present", true}});
    else
      terminal.line(name + ": here");
  }
  return exit_done;
}

namespace {

std::string dollars_text(const std::optional<NanoDollars>& amount) {
  return amount ? show_dollars(*amount) : "-";
}

json::object price_json(std::string_view model, const std::optional<Price>& price) {
  json::object out{{"model", std::string(model)}};
  if (!price) return out;
  out["input_per_million"] = show_dollars(price->input);
  out["output_per_million"] = show_dollars(price->output);
  if (price->cached) out["cached_input_per_million"] = show_dollars(*price->cached);
  if (price->reasoning) out["reasoning_per_million"] = show_dollars(*price->reasoning);
  if (price->prompt_tokens_max > 0) out["prompt_tokens_max"] = price->prompt_tokens_max;
  return out;
}

std::vector<std::string> price_row(std::string_view model, const std::optional<Price>& price,
                                   std::string source) {
  if (!price) return {visible(model), "?", "?", "?", "?", std::move(source)};
  return {visible(model),
          show_dollars(price->input),
          show_dollars(price->output),
          dollars_text(price->cached),
          price->prompt_tokens_max > 0 ? std::to_string(price->prompt_tokens_max) : "-",
          std::move(source)};
}

}  // namespace

int run_models_prices(Wire& wire, Terminal& terminal, bool all) {
  auto manifest = wire.manifest();
  if (!manifest) return report(wire, manifest.error());
  const PriceTable list = PriceTable::with_list_prices();
  std::vector<std::vector<std::string>> rows{{"MODEL", "INPUT", "OUTPUT", "CACHED", "PROMPTS UP TO", "FROM"}};
  for (const ModelConfig& model : (*manifest)->models) {
    const auto price = price_of_model(model, list);
    const char* source = model.price.given || model.provider == "local" ? "manifest" : "list";
    if (!price) source = "unknown";
    json::object out = price_json(model.name, price);
    out["source"] = source;
    if (wire.options().json) print_json(out);
    rows.push_back(price_row(model.name, price, source));
  }
  if (all || (*manifest)->models.empty())
    for (const ListPrice& row : list_prices()) {
      json::object out = price_json(row.model, row.price);
      out["vendor"] = std::string(row.vendor);
      out["source"] = std::string(row.source);
      out["seen_on"] = std::string(row.seen_on);
      if (wire.options().json) print_json(out);
      rows.push_back(price_row(
          row.model, row.price,
          std::string(row.vendor) + ", " + std::string(row.source) + " " + std::string(row.seen_on)));
    }
  if (!wire.options().json) terminal.table(rows);
  return exit_done;
}

int run_models_inspect(Wire& wire, Terminal& terminal, const std::string& name) {
  auto path = wire.models().generator_path(name);
  if (!path) return report(wire, path.error());
  auto read = llama::read_gguf_info(*path);
  if (!read) return report(wire, read.error());
  const llama::GgufInfo& info = *read;
  if (wire.options().json) {
    print_json({{"path", *path},
                {"name", info.name},
                {"architecture", info.architecture},
                {"quantisation", info.quantisation},
                {"licence", info.licence},
                {"parameters", info.parameters},
                {"file_bytes", info.file_bytes},
                {"context_tokens", info.context_length},
                {"vocabulary", info.vocabulary},
                {"layers", info.layers},
                {"cache_bytes_per_token_f16", info.cache_bytes_per_token(2)},
                {"chat_template", info.has_chat_template}});
    return exit_done;
  }
  char parameters[32];
  std::snprintf(parameters, sizeof parameters, "%.2f billion", static_cast<double>(info.parameters) / 1e9);
  terminal.table(
      {{visible(info.name), ""},
       {"path", *path},
       {"architecture", info.architecture},
       {"parameters", parameters},
       {"quantisation", info.quantisation},
       {"file", size_text(info.file_bytes)},
       {"trained for", std::to_string(info.context_length) + " tokens"},
       {"attention cache", std::to_string(static_cast<std::uint64_t>(info.cache_bytes_per_token(2))) +
                               " bytes per token in f16"},
       {"chat template", info.has_chat_template ? "yes" : "no"},
       {"licence", info.licence.empty() ? "not stated" : visible(info.licence)}});
  return exit_done;
}

}  // namespace loadline
