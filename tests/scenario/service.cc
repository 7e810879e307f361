// The child's half of service.h: everything constructed in order, then commands until the end.
#include "service.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "apps/loadline/index_folders.h"
#include "encoder/bert_encoder.h"
#include "extract/extractor_process.h"
#include "gates.h"
#include "ingest/fakes_test.h"
#include "scripted_model.h"
#include "storage/posix_file_system.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t log_lines_max = 20'000;
constexpr std::size_t hash_dimensions = 64, hash_tokens_max = 256;
constexpr std::chrono::milliseconds gate_time_max{30'000};
constexpr std::chrono::milliseconds sweep_interval{5};

std::string model_folder(const std::string& name) {
  const char* cache = std::getenv("LOADLINE_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root =
      cache != nullptr ? cache : std::string(home != nullptr ? home : "") + "/.cache/loadline";
  return root + "/models/" + name;
}

// Stands still until told to move, or runs and can be told to jump ahead.
class ScenarioClock final : public Clock {
 public:
  ScenarioClock(std::int64_t unix_millis, bool runs) : runs_(runs), nanos_(unix_millis * 1'000'000) {}
  Instant now() const override { return Instant(Duration(nanos())); }
  std::int64_t unix_millis() const override { return nanos() / 1'000'000; }
  void advance(Duration by) { nanos_.fetch_add(by.count()); }

 private:
  std::int64_t nanos() const {
    return nanos_.load() + (runs_ ? Duration(std::chrono::steady_clock::now() - begun_).count() : 0);
  }
  const bool runs_;
  const Instant begun_ = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> nanos_;
};

class LogLines {
 public:
  void add(std::string_view line) {
    std::lock_guard lock(mutex_);
    if (lines_.size() < log_lines_max) lines_.emplace_back(line);
  }
  json::array all() const {
    std::lock_guard lock(mutex_);
    json::array out;
    for (const std::string& line : lines_) out.push_back(json::string(line));
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

// Members in the order of construction; the reverse is right for the end.
class Stack {
 public:
  explicit Stack(const ServiceSettings& settings)
      : settings_(settings),
        clock_(settings.clock_millis, !settings.gateway.manifest.empty()),
        log_(clock_, LogLevel::info, [this](std::string_view line) { lines_.add(line); }),
        indexes_(files_, settings.data_folder) {}

  Status open();
  /// An Error becomes {"error"}.
  Result<json::object> obey(const json::object& command);

 private:
  Status open_ingestion();
  Status open_chat();
  Status open_server();
  Result<json::object> ingest(const json::object& command);
  Result<json::object> verify(const std::string& collection);
  Result<ScriptedModel*> model(const json::object& command);
  Result<json::object> obey_gateway(const std::string& verb, const json::object& command);
  CallContext context() const {
    CallContext context;
    context.clock = &clock_;
    return context;
  }

  const ServiceSettings settings_;
  ScenarioClock clock_;
  LogLines lines_;
  Log log_;
  Gates gates_;
  PosixFileSystem files_;
  PosixSourceFiles sources_;
  std::unique_ptr<SqliteStore> store_;
  IndexFolders indexes_;
  std::unique_ptr<Embedder> embedder_;
  std::mutex held_mutex_;
  std::map<std::string, int> held_pages_;  // guarded by held_mutex_; by file: the page before which it waits
  std::unique_ptr<DocumentExtractor> extractor_;
  std::unique_ptr<Ingestor> ingestor_;
  std::unique_ptr<Retriever> retriever_;
  std::vector<std::unique_ptr<ScriptedModel>> models_;
  std::unique_ptr<ChatFlow> flow_;
  std::unique_ptr<GatewayParts> gateway_;  // null: no manifest
  std::unique_ptr<DocumentAdmin> documents_;
  std::unique_ptr<HttpHandler> api_;
  std::unique_ptr<HttpServer> server_;
};

Status Stack::open() {
  LOADLINE_ASSIGN(store_, SqliteStore::open(settings_.data_folder, clock_));
  if (settings_.real_embedder) {
    BertEncoderOptions options;
    options.name = "all-minilm-l6-v2";
    options.model_folder = model_folder(options.name);
    LOADLINE_ASSIGN(embedder_, BertEncoder::open(options));
  } else {
    embedder_ = std::make_unique<HashEmbedder>(hash_tokens_max, "d1", hash_dimensions);
  }
  LOADLINE_TRY(open_ingestion());
  LOADLINE_TRY(open_chat());
  return open_server();
}

Status Stack::open_ingestion() {
  if (settings_.confined_extractor) {
    LOADLINE_ASSIGN(extractor_, ExtractorProcess::open({}));
  } else {
    auto lines = std::make_unique<LineExtractor>();
    lines->before_page = [this](const std::string& file, int page, const CallContext& reading) -> Status {
      {
        std::lock_guard lock(held_mutex_);
        const auto held = held_pages_.find(file);
        if (held == held_pages_.end() || held->second != page) return {};
        held_pages_.erase(held);
      }
      return gates_.hold(file, reading);
    };
    extractor_ = std::move(lines);
  }
  ingestor_ = std::make_unique<Ingestor>(*store_, indexes_, *extractor_, *embedder_, sources_, clock_);
  LOADLINE_TRY(ingestor_->synchronise(context()));
  retriever_ = make_retriever(*store_, *embedder_, indexes_);
  return {};
}

Status Stack::open_chat() {
  std::vector<NamedModel> named;
  for (const std::string& name : settings_.models) {
    models_.push_back(std::make_unique<ScriptedModel>(name, gates_));
    named.push_back({name, models_.back().get()});
  }
  LOADLINE_ASSIGN(flow_, make_chat_flow(named, settings_.routes, retriever_.get(), embedder_.get()));
  return {};
}

Status Stack::open_server() {
  documents_ = make_document_admin(*ingestor_, *store_, *store_);
  std::function<Status()> ready;
  if (!settings_.not_ready.empty())
    ready = [why = settings_.not_ready]() -> Status { return Error(Code::unavailable, why); };
  ApiParts parts{.chat = *flow_,
                 .embedder = *embedder_,
                 .retriever = *retriever_,
                 .documents = *documents_,
                 .log = log_,
                 .clock = clock_,
                 .keys = settings_.keys,
                 .gateway = make_local_table(flow_->names(), embedder_->info().name),
                 .uploads_folder = settings_.data_folder + "/uploads",
                 .local_only = settings_.local_only,
                 .ready = std::move(ready),
                 .expected_wait = [] { return std::chrono::seconds(7); },
                 .limits = settings_.api};
  parts.limits.local_calls_max = settings_.http.requests_in_flight_max;
  if (!settings_.gateway.manifest.empty()) {
    LOADLINE_ASSIGN(gateway_, GatewayParts::open(settings_.gateway, settings_.data_folder, flow_->names(),
                                                 embedder_->info().name, files_, clock_, log_));
    gateway_->fill(parts);
  }
  LOADLINE_ASSIGN(api_, make_api(std::move(parts)));
  HttpServerOptions options;
  options.port = 0;
  options.limits = settings_.http;
  options.limits.sweep_interval = sweep_interval;
  LOADLINE_ASSIGN(server_, HttpServer::open(options, clock_, *api_));
  return {};
}

std::string field(const json::object& command, std::string_view name) {
  const json::value* value = command.if_contains(name);
  return value != nullptr && value->is_string() ? json_string(*value) : "";
}

Result<ScriptedModel*> Stack::model(const json::object& command) {
  const std::string name = field(command, "model");
  for (const auto& model : models_)
    if (model->info().name == name) return model.get();
  return Error(Code::not_found, "there is no model '" + name + "'");
}

Result<json::object> Stack::ingest(const json::object& command) {
  IngestRequest request;
  request.collection = field(command, "collection");
  request.paths = {settings_.documents_folder};
  request.label = field(command, "label");
  request.prune = command.at("prune").as_bool();
  for (const auto& [key, value] : command.at("metadata").as_object())
    request.metadata.emplace_back(std::string(key), json_string(value));
  IngestObserver silent;
  LOADLINE_ASSIGN(const IngestSummary summary, ingestor_->run(request, silent, context()));
  json::array documents;
  for (const DocumentOutcome& outcome : summary.documents) {
    json::array lost;
    for (const LostPage& page : outcome.lost_pages)
      lost.push_back(json::object{{"page", page.page}, {"reason", page.reason}});
    documents.push_back(json::object{{"name", outcome.name},
                                     {"state", state_name(outcome.state)},
                                     {"unchanged", outcome.unchanged},
                                     {"pages", outcome.pages},
                                     {"lost_pages", std::move(lost)},
                                     {"chunks", outcome.chunks},
                                     {"reason", outcome.reason}});
  }
  return json::object{{"documents", std::move(documents)}, {"done", summary.done},
                      {"partial", summary.partial},        {"failed", summary.failed},
                      {"unchanged", summary.unchanged},    {"removed", summary.removed},
                      {"embedded", summary.embedded}};
}

Result<json::object> Stack::verify(const std::string& collection) {
  LOADLINE_ASSIGN(const VerifyReport report, ingestor_->verify(collection, context()));
  if (report.findings.empty()) return json::object{{"chunks", report.chunks}};
  return Error(Code::data_loss, report.findings.front());
}

Result<json::object> Stack::obey_gateway(const std::string& verb, const json::object& command) {
  if (!gateway_) return Error(Code::failed_precondition, "'" + verb + "' needs a 'manifest'");
  if (verb == "gateway key") return gateway_->create_key(command);
  if (verb == "gateway ledger") return gateway_->ledger();
  if (verb == "gateway audit") return gateway_->audit();
  if (verb == "gateway call") return gateway_->call(field(command, "id"));
  if (verb == "gateway trace") return gateway_->trace();
  if (verb == "gateway circuits") return gateway_->circuits();
  let_disk_be_full(verb == "gateway disk full");
  return json::object{};
}

Result<json::object> Stack::obey(const json::object& command) {
  const std::string verb = field(command, "do");
  if (verb.rfind("gateway ", 0) == 0) return obey_gateway(verb, command);
  if (verb == "hello") return json::object{{"port", server_->port()}};
  if (verb == "ingest") return ingest(command);
  if (verb == "verify") return verify(field(command, "collection"));
  if (verb == "log") return json::object{{"lines", lines_.all()}};
  if (verb == "advance") {
    clock_.advance(std::chrono::milliseconds(command.at("millis").to_number<std::int64_t>()));
  } else if (verb == "hold page") {
    std::lock_guard lock(held_mutex_);
    held_pages_[field(command, "document")] = static_cast<int>(command.at("page").to_number<int>());
  } else if (verb == "release") {
    gates_.release(field(command, "gate"));
  } else if (verb == "wait for") {
    LOADLINE_TRY(gates_.wait_for(field(command, "gate"), gate_time_max));
  } else if (verb == "mark") {
    for (const auto& model : models_) model->mark();
  } else if (verb == "repeat") {
    for (const auto& model : models_) model->repeat();
  } else if (verb == "unused") {
    for (const auto& model : models_)
      if (model->unused() > 0)
        return Error(Code::failed_precondition, std::to_string(model->unused()) + " reply of the model '" +
                                                    model->info().name + "' was never asked for");
  } else if (verb == "stop") {
    server_->stop();
  } else {
    LOADLINE_ASSIGN(ScriptedModel * model, this->model(command));
    if (verb == "asked") return json::object{{"calls", model->calls()}, {"last", model->asked()}};
    LOADLINE_ASSIGN(Reply reply, parse_reply(field(command, "reply")));
    model->add(std::move(reply));
  }
  return json::object{};
}

// One line of `unread`, which grows from the socket; none when the runner has gone.
std::optional<std::string> next_line(int control, std::string& unread) {
  for (;;) {
    if (const std::size_t end = unread.find('\n'); end != std::string::npos) {
      std::string line = unread.substr(0, end);
      unread.erase(0, end + 1);
      return line;
    }
    char bytes[65536];
    const ssize_t size = ::read(control, bytes, sizeof bytes);
    if (size <= 0) return std::nullopt;
    unread.append(bytes, static_cast<std::size_t>(size));
  }
}

bool answer(int control, const Result<json::object>& result) {
  const std::string line = (result ? json::serialize(*result)
                                   : json::serialize(json::object{{"error", result.error().message()}})) +
                           "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t size = ::send(control, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

}  // namespace

int run_service(const ServiceSettings& settings, int control) {
  std::string unread;
  Stack stack(settings);
  if (const Status opened = stack.open(); !opened) {
    answer(control, opened.error().within("the service does not start"));
    return 1;
  }
  while (const auto line = next_line(control, unread)) {
    const json::object command = json::parse(*line).as_object();
    const auto result = stack.obey(command);
    if (!answer(control, result)) return 1;
    if (field(command, "do") == "stop") return 0;
  }
  return 1;
}

}  // namespace loadline
