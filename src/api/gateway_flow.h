#pragma once
// A governed call from its request to its settlement: who asks, what the data is, what it may cost, which
// model answers, what it did cost. The coroutine behind POST /v1/chat/completions and its relatives.
//
// `serve` in gateway_flow.cc reads from top to bottom; what it decides by is in gateway_call.h, the attempts
// in gateway_run.cc.
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/authenticator.h"
#include "api/call_cache.h"
#include "api/gateway_metrics.h"
#include "api/gateway_table.h"
#include "api/model_call.h"
#include "base/log.h"
#include "gateway/trace_texts.h"
#include "governance/audit.h"
#include "governance/ledger.h"
#include "governance/limits.h"
#include "net/async_exchange.h"
#include "observe/trace_exporter.h"

namespace loadline {

/// All must outlive the flow.
struct Governance {
  Budgets& budgets;
  RequestLimits& limits;
  CallGates& gates;
  Ledger* ledger = nullptr;   // null: nothing is kept
  AuditLog* audit = nullptr;  // null: nothing is kept
};

struct GatewayFlowParts {
  Governance governance;
  Vault* vault = nullptr;  // null: no values are kept, pseudonyms become masks
  LocalModels local;
  const Embedder& embedder;  // of the injection guard's classifier
  WorkerPool& guard_pool;    // it runs there
  InjectionMemo& injection_memo;
  const Clock& clock;
  Log& log;
  GatewayMetrics& metrics;
  AnswerMemory memory;
  TraceExporter* traces = nullptr;  // null: no spans are made
  GenAiVersion genai_version = GenAiVersion::v1_37;
  const TraceTexts* trace_texts = nullptr;  // null: traces tell nothing of what is said
  std::shared_ptr<TlsTrust> trust;          // of https upstreams; null: none can be reached
  std::uint64_t seed = 1;                   // of weights, back-off
};

class GatewayFlow final : public AsyncHandler {
 public:
  static constexpr std::size_t answer_bytes_max = 64U << 20;       // of an answer that is not streamed
  static constexpr std::size_t error_bytes_max = 64U << 10;        // of an upstream's error that is read
  static constexpr std::size_t continuation_bytes_max = 1U << 20;  // of a broken stream that can go on
  static constexpr std::uint64_t output_tokens_default = 4096;     // reserved where the client sets no limit

  GatewayFlow(GatewayFlowParts parts, std::shared_ptr<const GatewayTable> table);
  ~GatewayFlow() override;

  /// Requests that begin later go by `table`.
  void use(std::shared_ptr<const GatewayTable> table);
  std::shared_ptr<const GatewayTable> table() const;

  void on_thread_start(std::size_t index, boost::asio::any_io_executor executor) override;
  void on_thread_stop(std::size_t index) override;
  boost::asio::awaitable<void> serve(AsyncExchange& exchange) override;

 private:
  friend class GatewayRun;
  GatewayRules rules() const;
  void prepare_classifier(const GatewayTable& table);
  struct Thread {  // used on that thread only
    boost::asio::any_io_executor executor;
    std::unique_ptr<HttpClient> client;
    std::map<const Endpoint*, std::pair<std::weak_ptr<const Endpoint>, std::shared_ptr<HttpOrigin>>> origins;
    Rng random{1};
  };
  Result<HttpOrigin*> origin_of(Thread& thread, const GatewayModel& model);
  boost::asio::awaitable<void> ask_classifier(AsyncExchange& exchange, CallGuards& guards) const;
  boost::asio::awaitable<void> ask_names(AsyncExchange& exchange, CallGuards& guards) const;

  const GatewayFlowParts parts_;
  mutable std::mutex mutex_;
  GatewayRules rules_;                                        // guarded by mutex_
  static constexpr std::size_t threads_max = 64;              // as the manifest allows
  std::array<std::unique_ptr<Thread>, threads_max> threads_;  // each used on its thread only
};

/// The dialect that clients speak at this path.
std::optional<Dialect> dialect_of_path(std::string_view path);

}  // namespace loadline
