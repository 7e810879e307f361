#include "apps/loadline/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "apps/loadline/completion.h"
#include "base/nearest_name.h"
#include "governance/identity.h"

namespace loadline {
namespace {

constexpr const char* about =
    "Loadline takes an application built on language models from documents to cited answers.\n\n"
    "  loadline init ./documents        make a manifest\n"
    "  loadline ingest                  read the documents it names\n"
    "  loadline ask \"...\"               answer from them, with citations\n"
    "  loadline search \"...\"            just find the passages\n"
    "  loadline serve                   answer over HTTP, as the OpenAI API does";

constexpr const char* footer =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done (some documents failed or lost pages).";

using Run = std::function<int(Wire&, Terminal&)>;

struct Parsed {
  GlobalOptions globals;
  IngestArguments ingest;
  StatusArguments status;
  DeleteArguments remove;
  SearchArguments search;
  AskArguments ask;
  ServeArguments serve;
  InitArguments init;
  std::vector<std::string> pull;
  std::string inspect, shell, request_id;
  KeysArguments keys;
  bool all_prices = false;
  UsageWords usage;
  AuditArguments audit;
  VaultArguments vault;
  Run run;
};

void collection_option(CLI::App& verb, std::string& target) {
  verb.add_option("-c,--collection", target, "The collection; may be left out where there is only one");
}

void add_document_verbs(CLI::App& app, Parsed& p) {
  CLI::App* ingest = app.add_subcommand("ingest", "Read documents; go on where an earlier run was cut off");
  ingest->add_option("PATH", p.ingest.paths, "Files, folders or globs; none: what the manifest names");
  collection_option(*ingest, p.ingest.collection);
  ingest->add_flag("--prune", p.ingest.prune, "Remove documents whose file has gone");
  ingest->add_flag("--retry", p.ingest.retry, "Try again what failed or lost pages");
  ingest->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_ingest(w, t, p.ingest); }; });

  CLI::App* status =
      app.add_subcommand("status", "Every document's state, and what unfinished ones wait for");
  collection_option(*status, p.status.collection);
  status->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_status(w, t, p.status); }; });

  CLI::App* remove = app.add_subcommand("delete", "Erase documents everywhere and print a receipt");
  remove->add_option("DOCUMENT", p.remove.documents, "Names as `status` shows them")->required();
  collection_option(*remove, p.remove.collection);
  remove->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_delete(w, t, p.remove); }; });

  CLI::App* verify =
      app.add_subcommand("verify", "Look for orphans in store and indexes; exit 1 if there are any");
  collection_option(*verify, p.status.collection);
  verify->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_verify(w, t, p.status); }; });
}

void add_question_verbs(CLI::App& app, Parsed& p) {
  CLI::App* search = app.add_subcommand("search", "Find the passages for a query, or for a file of queries");
  search->add_option("QUERY", p.search.query, "What to look for");
  search->add_option("--queries", p.search.queries_file,
                     "JSON lines with \"id\" and \"query\"; '-' reads standard input");
  collection_option(*search, p.search.collection);
  search->add_option("-k,--k", p.search.k, "How many results (default 10)")
      ->check(CLI::Range(std::size_t{1}, search_results_max));
  search->add_option("--filter", p.search.filters,
                     "KEY=VALUE: document, type, company, period, label, or metadata");
  search->add_flag("--explain", p.search.explain,
                   "Show scores and ranks of both legs and the ranking features");
  search->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_search(w, t, p.search); }; });

  CLI::App* ask = app.add_subcommand("ask", "Answer a question from the documents, with citations");
  ask->add_option("QUESTION", p.ask.question, "The question");
  ask->add_option("--questions", p.ask.questions_file,
                  "Answer every line {\"id\",\"question\"} of this file (or -), a JSON line each");
  ask->add_flag("--passages", p.ask.passages_only,
                "Only show what the model would read, or what answers without it");
  collection_option(*ask, p.ask.collection);
  ask->add_option("--model", p.globals.model,
                  "A known model, a model of the manifest, or the path of a GGUF file");
  ask->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_ask(w, t, p.ask); }; });
}

void add_serve_verb(CLI::App& app, Parsed& p) {
  CLI::App* serve =
      app.add_subcommand("serve", "Serve the OpenAI-compatible HTTP API until SIGINT or SIGTERM");
  serve->add_option("-c,--collection", p.globals.served_collection,
                    "Answer from this collection under its own name, even if no route names it");
  serve->add_option("--port", p.serve.port, "TCP port (default 8080); 0: any free one")
      ->check(CLI::Range(0, 65535));
  serve->add_option("--address", p.serve.address, "IP address to listen on (default 127.0.0.1)");
  serve->add_flag("--insecure", p.serve.insecure, "Allow other addresses than loopback without keys");
  serve->add_option("--model", p.globals.model,
                    "A known model, a model of the manifest, or the path of a GGUF file");
  serve->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_serve(w, t, p.serve); }; });
}

void add_setup_verbs(CLI::App& app, Parsed& p) {
  CLI::App* init = app.add_subcommand("init", "Make a manifest for a folder of documents");
  init->add_option("FOLDER", p.init.folder, "Where the documents are")->required();
  init->add_option("-o,--output", p.init.output, "The manifest to write (default loadline.yaml)");
  init->add_flag("--force", p.init.force, "Replace a manifest that is there");
  init->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_init(w, t, p.init); }; });

  CLI::App* config = app.add_subcommand("config", "Check or show the manifest, or print its JSON Schema");
  config->require_subcommand(1);
  for (const auto& [name, doc] : {std::pair{"check", "Say whether the manifest is right, and what is wrong"},
                                  std::pair{"show", "Every setting with its value, defaults marked"},
                                  std::pair{"schema", "JSON Schema for editors"}}) {
    const std::string what = name;
    config->add_subcommand(name, doc)->callback(
        [&p, what] { p.run = [what](Wire& w, Terminal& t) { return run_config(w, t, what); }; });
  }

  CLI::App* models = app.add_subcommand("models", "Known models, fetching them, looking into one");
  models->require_subcommand(1);
  models->add_subcommand("list", "Known models, and which are here")->callback([&p] {
    p.run = run_models_list;
  });
  CLI::App* pull = models->add_subcommand("pull", "Fetch models, checked by SHA-256");
  pull->add_option("NAME", p.pull, "Names as `models list` shows them")->required();
  pull->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_models_pull(w, t, p.pull); }; });
  CLI::App* prices = models->add_subcommand("prices", "What the manifest's models cost, and who says so");
  prices->add_flag("--all", p.all_prices, "Also the list prices of models that it does not name");
  prices->callback(
      [&p] { p.run = [&p](Wire& w, Terminal& t) { return run_models_prices(w, t, p.all_prices); }; });
  CLI::App* inspect = models->add_subcommand("inspect", "What a model file says of itself");
  inspect->add_option("NAME", p.inspect, "A known model or the path of a GGUF file")->required();
  inspect->callback(
      [&p] { p.run = [&p](Wire& w, Terminal& t) { return run_models_inspect(w, t, p.inspect); }; });
}

void add_key_verbs(CLI::App& app, Parsed& p) {
  CLI::App* keys = app.add_subcommand("keys", "Keys of applications: make, list, rotate, revoke");
  keys->require_subcommand(1);
  CLI::App* create = keys->add_subcommand("create", "Make a key; it is shown once");
  create->add_option("NAME", p.keys.name, "Its name, in logs and accounts")->required();
  create->add_option("--team", p.keys.team, "The team that it belongs to");
  create->add_option("--routes", p.keys.routes, "Routes it may use; none named: all")->delimiter(',');
  create->add_option("--models", p.keys.models, "Models it may name directly; none named: all")
      ->delimiter(',');
  create->add_option("--collections", p.keys.collections, "Collections it may search; none named: all")
      ->delimiter(',');
  create->add_option("--clearance", p.keys.clearance,
                     "The most closed data class it may ask about; default: the most closed");
  create->add_option("--floor", p.keys.floor, "Every request of it is at least of this class");
  create->add_option("--expires", p.keys.expires_days, "Days until it ends")->check(CLI::PositiveNumber);
  create->add_flag("--admin", p.keys.admin, "It may administrate");
  create->add_option("--budget-day", p.keys.day_budget, "US dollars per UTC day");
  create->add_option("--budget-month", p.keys.month_budget, "US dollars per UTC month");
  create->add_option("--requests-per-minute", p.keys.requests_per_minute, "Requests in any 60 seconds");
  create->add_option("--tokens-per-minute", p.keys.tokens_per_minute, "Tokens in any 60 seconds");
  create->add_option("--concurrent", p.keys.concurrent, "Calls at one time");
  create->add_option("--weight", p.keys.weight, "Share among keys that wait")
      ->check(CLI::Range(1U, Scopes::weight_max));
  create->add_option("--priority", p.keys.priority, "Higher goes first")
      ->check(CLI::Range(0U, Scopes::priority_max));
  create->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_keys_create(w, t, p.keys); }; });
  keys->add_subcommand("list", "All keys, without their secrets")->callback([&p] { p.run = run_keys_list; });
  CLI::App* rotate =
      keys->add_subcommand("rotate", "A new secret for a key; the old one works on for a while");
  rotate->add_option("NAME", p.keys.name, "The key")->required();
  rotate->add_option("--grace", p.keys.grace_hours, "Hours for which the old secret works (default 24)")
      ->check(CLI::NonNegativeNumber);
  rotate->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_keys_rotate(w, t, p.keys); }; });
  CLI::App* revoke = keys->add_subcommand("revoke", "End a key, for good and at once");
  revoke->add_option("NAME", p.keys.name, "The key")->required();
  revoke->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_keys_revoke(w, t, p.keys); }; });
}

void add_account_verbs(CLI::App& app, Parsed& p) {
  CLI::App* usage = app.add_subcommand("usage", "What calls cost, by day, key, team, route or model");
  usage->add_option("--by", p.usage.by, "day, key, team, route, model (default day,route)")
      ->delimiter(',')
      ->check(CLI::IsMember({"day", "key", "team", "route", "model"}));
  usage->add_option("--from", p.usage.from, "First day, YYYY-MM-DD");
  usage->add_option("--to", p.usage.to, "Last day, YYYY-MM-DD");
  usage->add_option("--key", p.usage.key, "Only this key");
  usage->add_option("--team", p.usage.team, "Only this team");
  usage->add_option("--route", p.usage.route, "Only this route");
  usage->add_option("--model", p.usage.model, "Only this model");
  usage->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_usage(w, t, p.usage); }; });

  CLI::App* audit = app.add_subcommand("audit", "The log of what data went where: check it, ask it");
  audit->require_subcommand(1);
  CLI::App* verify = audit->add_subcommand(
      "verify", "Look for records edited, removed or put elsewhere; exit 1 if there are any");
  verify->add_option("--anchor", p.audit.anchors, "A line of an earlier check, kept elsewhere");
  verify->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_audit_verify(w, t, p.audit); }; });
  CLI::App* prove = audit->add_subcommand(
      "prove", "Show that data of a class went to no model in a region; exit 1 if it did");
  prove->add_option("--class", p.audit.data_class, "The class, and every stricter one")->required();
  prove->add_option("--not-region", p.audit.not_region, "The region")->required();
  prove->add_option("--from", p.audit.from, "First day, YYYY-MM-DD");
  prove->add_option("--to", p.audit.to, "Last day, YYYY-MM-DD");
  prove->add_option("--anchor", p.audit.anchors, "A line of an earlier check, kept elsewhere");
  prove->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_audit_prove(w, t, p.audit); }; });

  CLI::App* explain = app.add_subcommand("explain", "Everything that was decided about one request");
  explain->add_option("REQUEST_ID", p.request_id, "Its x-request-id")->required();
  explain->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_explain(w, t, p.request_id); }; });
}

void add_vault_verbs(CLI::App& app, Parsed& p) {
  CLI::App* vault =
      app.add_subcommand("vault", "Pseudonyms and the values behind them: count, export, erase");
  vault->require_subcommand(1);
  CLI::App* stats = vault->add_subcommand("stats", "How many values there are, never which");
  stats->add_option("--tenant", p.vault.tenant, "A team, or a key without one; none: all together");
  stats->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_vault_stats(w, t, p.vault); }; });
  CLI::App* exporting = vault->add_subcommand("export", "Write all values of a tenant, in clear, to a file");
  exporting->add_option("--tenant", p.vault.tenant, "A team, or a key without one")->required();
  exporting->add_option("-o,--output", p.vault.output, "The file, which must not be there; its owner's only")
      ->required();
  exporting->callback(
      [&p] { p.run = [&p](Wire& w, Terminal& t) { return run_vault_export(w, t, p.vault); }; });
  CLI::App* erase = vault->add_subcommand("erase", "Forget values, at once and for good");
  erase->add_option("--tenant", p.vault.tenant, "A team, or a key without one")->required();
  CLI::Option_group* what = erase->add_option_group("what");
  what->add_option("--value", p.vault.value,
                   "A value in any of its writings; - reads it from standard input");
  what->add_option("--token", p.vault.token, "A pseudonym");
  what->add_flag("--all", p.vault.all, "Everything of the tenant, with its key");
  what->require_option(1);
  erase->callback([&p] { p.run = [&p](Wire& w, Terminal& t) { return run_vault_erase(w, t, p.vault); }; });
}

void add_other_verbs(CLI::App& app, Parsed& p) {
  CLI::App* completion =
      app.add_subcommand("completion", "Print a completion script: source <(loadline completion bash)");
  completion->add_option("SHELL", p.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&p, &app] {
    p.run = [&p, &app](Wire&, Terminal& t) { return t.line(completion_script(app, p.shell)), exit_done; };
  });
  app.add_subcommand("version", "Print the version")->callback([&p] {
    p.run = [](Wire& w, Terminal& t) {
      if (w.options().json)
        print_json({{"version", LOADLINE_VERSION}});
      else
        t.line("loadline " LOADLINE_VERSION);
      return static_cast<int>(exit_done);
    };
  });
}

// The verb or option that was probably meant by an unknown word.
std::string suggestion(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  const CLI::App* verb = &app;
  while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
  for (const CLI::App* level : {&app, verb}) {
    for (const CLI::App* sub : level->get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(sub->get_name());
    for (const CLI::Option* option : level->get_options()) names.push_back(option->get_name(false, true));
  }
  std::vector<std::string> flat;
  for (const std::string& name : names) flat.push_back(name.substr(0, name.find(',')));
  for (const std::string& name : names)
    if (const std::size_t at = name.rfind(','); at != std::string::npos) flat.push_back(name.substr(at + 1));
  return nearest_name(word, std::vector<std::string_view>(flat.begin(), flat.end()));
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  std::fprintf(stderr, "error: %s\n", message.c_str());
  for (const std::string& word : app.remaining(true))
    if (const std::string near = suggestion(app, word); !near.empty())
      std::fprintf(stderr, "       '%s': did you mean '%s'?\n", word.c_str(), near.c_str());
  std::fprintf(stderr, "       `loadline --help` and `loadline VERB --help` explain\n");
  return exit_usage;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Parsed parsed;
  CLI::App app(about, "loadline");
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", parsed.globals.config, "The manifest (default ./loadline.yaml if it is there)");
  app.add_option("--data", parsed.globals.data, "The data folder (default .loadline)");
  app.add_flag("--json", parsed.globals.json, "Machine-readable output, one JSON value a line");
  add_setup_verbs(app, parsed);
  add_document_verbs(app, parsed);
  add_question_verbs(app, parsed);
  add_serve_verb(app, parsed);
  add_key_verbs(app, parsed);
  add_account_verbs(app, parsed);
  add_vault_verbs(app, parsed);
  add_other_verbs(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  Wire wire(parsed.globals);
  Terminal terminal;
  return parsed.run(wire, terminal);
}

}  // namespace loadline
