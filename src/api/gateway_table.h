#pragma once
// What the manifest says about models and routes, resolved: one immutable value that a running request holds
// on to, so that a new manifest can take its place while streams of the old one run on.
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/call_guards.h"
#include "gateway/route_plan.h"
#include "gateway/similar_questions.h"
#include "governance/call_gate.h"
#include "governance/identity.h"
#include "model/data_label.h"
#include "net/http_client.h"
#include "upstream/endpoint.h"
#include "upstream/health.h"

namespace loadline {

struct GatewayModel {
  std::string name, region, operator_name;
  std::shared_ptr<const Endpoint> endpoint;  // null: in this process
  HttpTimes times;
  HttpOriginLimits limits;
  std::shared_ptr<TlsTrust> trust;         // null: the system's
  std::uint32_t bytes_per_second_min = 0;  // of a stream; 0: any pace
  std::optional<GateBounds> places;        // none: any number of calls at one time
  Duration queue_time{};                   // how long a call waits for a place

  /// Where it is, for records: "https://host:port", "host"; "local" in this process.
  std::string origin() const { return endpoint ? endpoint->url().origin() : "local"; }
  std::string_view host() const { return endpoint ? std::string_view(endpoint->url().host) : "local"; }
};

struct GatewayRoute {
  RoutePolicy policy;
  std::unique_ptr<RouteState> state;
  std::string local_model;  // the model of this process that answers under the route's own name; "": none
  DataLabel floor;          // of its collection
  GuardPolicy guards;
  std::string collection;
  std::chrono::seconds cache_time{0};  // how long answers are kept; 0: not at all
  SimilarityPolicy similar;
  BudgetLimits budget;
  RateLimits limits;
};

/// What models in this process can do.
inline constexpr std::uint32_t local_capabilities = cap_chat | cap_tools | cap_json_schema;

struct GatewayTable {
  std::string version;  // of the manifest: another one, another text
  DataClasses classes;
  std::vector<GatewayModel> models;
  std::vector<RouteModel> route_models;  // as `models`
  std::deque<UpstreamHealth> health;     // as `models`
  std::vector<std::pair<std::string, BudgetLimits>> teams;
  std::vector<GatewayRoute> routes;  // of the manifest, then one for each model under its own name

  /// Null if there is none.
  const GatewayRoute* find_route(std::string_view name) const {
    for (const GatewayRoute& route : routes)
      if (route.policy.name == name) return &route;
    return nullptr;
  }
};

/// For what no manifest describes: these routes and models answer in this process, and see everything.
std::shared_ptr<GatewayTable> make_local_table(const std::vector<std::string>& names,
                                               const std::string& embedder);

/// Adds a model and gives its index; `health` is made.
std::uint32_t add_model(GatewayTable& table, GatewayModel model, RouteModel route_model);
/// Adds a route of that name that leads to one model only.
void add_direct_route(GatewayTable& table, const std::string& name, std::uint32_t model);
/// Adds a route; its state is made.
GatewayRoute& add_route(GatewayTable& table, RoutePolicy policy);

}  // namespace loadline
