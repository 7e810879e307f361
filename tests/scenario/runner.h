#pragma once
// Runs one scenario: starts the service when the first statement needs it, obeys statement by statement,
// stops at the first that fails. One thread; forks, so nothing else may run in the process.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenario.h"
#include "service.h"
#include "test_client.h"
#include "upstream_process.h"

namespace loadline {

struct RunnerOptions {
  std::string work_folder;  // exists and is empty
  /// How long facts that settle after an answer (metrics, log, states) may take.
  std::chrono::milliseconds patience{20'000};
};

class Runner {
 public:
  explicit Runner(RunnerOptions options);
  /// None: everything was as expected.
  std::optional<Fault> run(const Scenario& scenario);

 private:
  using Handler = Status (Runner::*)(const Statement&);
  static const std::map<std::string, Handler>& handlers();

  // what runs
  Status limit(const Statement& statement);
  Status key(const Statement& statement);
  Status route(const Statement& statement);
  Status model(const Statement& statement);
  Status embedder(const Statement& statement);
  Status extractor(const Statement& statement);
  Status local_only(const Statement& statement);
  Status not_ready(const Statement& statement);
  // the gateway: runner_gateway.cc
  Status upstream(const Statement& statement);
  Status manifest(const Statement& statement);
  Status issue_key(const Statement& statement);
  Status using_key(const Statement& statement);
  Status disk_full(const Statement& statement);
  Status disk_free(const Statement& statement);
  Status again_until_status(const Statement& statement);
  // documents
  Status document(const Statement& statement);
  Status remove(const Statement& statement);
  Status ingest(const Statement& statement);
  Status verify(const Statement& statement);
  // requests
  Status header(const Statement& statement);
  Status request(const Statement& statement);
  Status upload(const Statement& statement);
  Status raw(const Statement& statement);
  Status await(const Statement& statement);
  Status read(const Statement& statement);
  Status disconnect(const Statement& statement);
  Status stop_sending(const Statement& statement);
  // time and events
  Status hold(const Statement& statement);
  Status wait_for(const Statement& statement);
  Status wait_until(const Statement& statement);
  Status release(const Statement& statement);
  Status advance(const Statement& statement);
  Status restart(const Statement& statement);
  Status kill(const Statement& statement);
  // what must be: runner_expect.cc
  Status expect_status(const Statement& statement);
  Status expect_header(const Statement& statement);
  Status expect_json(const Statement& statement);
  Status expect_body(const Statement& statement);
  Status expect_sse(const Statement& statement);
  Status expect_cut(const Statement& statement);
  Status expect_metric(const Statement& statement);
  Status expect_log(const Statement& statement);
  Status expect_no_log(const Statement& statement);
  Status expect_asked(const Statement& statement);
  Status expect_calls(const Statement& statement);
  Status expect_ingest(const Statement& statement);
  Status expect_streamed_the_same(const Statement& statement);
  Status expect_upstream(const Statement& statement);
  Status expect_events(const Statement& statement);
  Status expect_text(const Statement& statement);
  Status expect_end(const Statement& statement);
  Status expect_call(const Statement& statement);
  Status expect_bills_agree(const Statement& statement);
  Status expect_ledger(const Statement& statement);
  Status expect_audit(const Statement& statement);
  Status expect_trace(const Statement& statement);
  Status expect_circuit(const Statement& statement);

  struct HttpCall {
    std::string method, target, body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
  };

  Status start_upstreams(const Scenario& scenario);
  Result<UpstreamProcess*> upstream_named(std::string_view name);
  Status of_answer(const Status& status) const;
  Status expect_told(const char* question, const Statement& statement);
  Status before_start() const;
  Status started();
  Status finish();
  Result<boost::json::object> tell(boost::json::object command);
  Status send(const HttpCall& call, const std::string& label);
  Status send_bytes(std::string_view bytes, const std::string& label);
  Result<std::unique_ptr<TestClient>> exchange(const HttpCall& call);
  Result<TestClient*> whole_answer();
  Result<TestClient*> open_client(const std::string& label);
  Status eventually(const std::function<Status()>& check) const;
  std::string documents_folder() const { return options_.work_folder + "/documents"; }

  const RunnerOptions options_;
  ServiceSettings settings_;
  std::map<std::string, std::unique_ptr<UpstreamProcess>, std::less<>> upstreams_;
  std::optional<RefusedPort> refused_;         // if a manifest names it
  std::map<std::string, std::string> issued_;  // keys by name
  std::string secret_;                         // of the key that requests use; "": none
  std::unique_ptr<Service> service_;
  std::vector<std::pair<std::string, std::string>> early_replies_;  // model and reply, said before the start
  std::vector<std::pair<std::string, std::string>> headers_;        // of the next request
  HttpCall last_call_;
  std::unique_ptr<TestClient> answer_;                       // of the last request
  std::map<std::string, std::unique_ptr<TestClient>> open_;  // by label
  boost::json::object ingested_;
};

}  // namespace loadline
