#include "api/gateway_table.h"

#include <limits>

namespace loadline {

std::uint32_t add_model(GatewayTable& table, GatewayModel model, RouteModel route_model) {
  route_model.name = model.name;
  HealthOptions options;
  if (!model.endpoint) options.failures_to_open = std::numeric_limits<std::uint32_t>::max();  // nowhere to go
  route_model.health = &table.health.emplace_back(options);
  table.models.push_back(std::move(model));
  table.route_models.push_back(std::move(route_model));
  return static_cast<std::uint32_t>(table.models.size() - 1);
}

GatewayRoute& add_route(GatewayTable& table, RoutePolicy policy) {
  GatewayRoute route;
  route.state = std::make_unique<RouteState>(policy);
  route.policy = std::move(policy);
  return table.routes.emplace_back(std::move(route));
}

void add_direct_route(GatewayTable& table, const std::string& name, std::uint32_t model) {
  RoutePolicy policy;
  policy.name = name;
  policy.candidates.push_back({.model = model});
  policy.attempts_max = table.models[model].endpoint ? 2 : 1;
  add_route(table, std::move(policy)).local_model = name;
}

std::shared_ptr<GatewayTable> make_local_table(const std::vector<std::string>& names,
                                               const std::string& embedder) {
  auto table = std::make_shared<GatewayTable>();
  const auto add = [&table](const std::string& name, std::uint32_t capabilities) {
    GatewayModel model;
    model.name = name;
    RouteModel route_model;
    route_model.clearance = {255, Clearance::region_unknown};
    route_model.capabilities = capabilities;
    const std::uint32_t index = add_model(*table, std::move(model), std::move(route_model));
    add_direct_route(*table, name, index);
  };
  for (const std::string& name : names) add(name, local_capabilities);
  if (!embedder.empty()) add(embedder, cap_embeddings);
  return table;
}

}  // namespace loadline
