#include "apps/loadline/blocking_http.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace loadline {
namespace {

namespace asio = boost::asio;

// All by reference: `send` waits until it is done.
asio::awaitable<void> exchange(HttpOrigin& origin, const BlockingHttp::Request& request,
                               std::optional<Result<BlockingReply>>& result) {
  HttpCall call(origin);
  HttpClientRequest out;
  out.method = request.method;
  out.target = request.target;
  out.fields = request.fields;
  out.body = request.body;
  out.times.first_byte = out.times.total = BlockingHttp::time_max;
  out.may_open = [] { return Status(); };  // nothing of a client's is sent
  const Status begun = co_await call.start(out);
  if (!begun) {
    result = begun.error();
    co_return;
  }
  BlockingReply reply;
  reply.status = call.head().status;
  const Status read = co_await call.read_rest(reply.body, request.answer_bytes_max);
  if (read)
    result = std::move(reply);
  else
    result = read.error();
}

}  // namespace

Result<std::shared_ptr<BlockingHttp>> BlockingHttp::open(const std::string& url, const std::string& ca_file,
                                                         const Clock& clock) {
  LOADLINE_ASSIGN(HttpUrl parsed, parse_http_url(url));
  std::shared_ptr<TlsTrust> trust;
  if (parsed.tls) {
    auto opened = ca_file.empty() ? TlsTrust::system() : TlsTrust::from_file(ca_file);
    if (!opened) return opened.error();
    trust = std::move(*opened);
  }
  return std::shared_ptr<BlockingHttp>(new BlockingHttp(std::move(parsed), std::move(trust), clock));
}

Result<BlockingReply> BlockingHttp::send(const Request& request) const {
  asio::io_context io(1);
  HttpClient client(io.get_executor(), clock_, {.trust = trust_});
  HttpOriginOptions options;
  options.url = url_;
  LOADLINE_ASSIGN(std::shared_ptr<HttpOrigin> origin, client.origin(std::move(options)));
  std::optional<Result<BlockingReply>> result;
  asio::co_spawn(io, exchange(*origin, request, result), asio::detached);
  while (!result) io.run_one();
  io.poll();  // lets the coroutine end
  origin.reset();
  return std::move(*result);
}

}  // namespace loadline
