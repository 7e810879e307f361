// The manifest's settings: names, sentences, defaults, units, ranges. The one place to add one.
#include "config/manifest.h"

namespace loadline {
namespace {

SchemaNode model_values() {
  return object_node(
      "", "a model under the name by which routes and clients call it",
      {choice_node("provider", "where it runs: 'local' is in this process", {"local"}, "local"),
       required(
           string_node("model", "a known model (see `loadline models list`) or the path of a GGUF file")),
       integer_node("context_tokens", "cells of the attention cache, shared by all running requests",
                    "tokens", 8192, 512, 1048576),
       integer_node("parallel", "requests that are decoded together", "requests", 4, 1, 64),
       integer_node("threads", "threads that compute; 0: one for each core", "threads", 0, 0, 256),
       integer_node("queue", "requests that may wait; one more is answered 429", "requests", 64, 1, 4096),
       choice_node("kv_type", "element type of the attention cache", {"f16", "q8_0"}, "f16")});
}

SchemaNode knowledge_values() {
  SchemaNode paths =
      required(list_node("paths", "files to read, as globs relative to the manifest ('**' crosses folders)",
                         string_node("", "a glob")));
  paths.least = 1;
  return object_node(
      "", "a collection of documents",
      {paths,
       choice_node("embedder", "the model that turns text into vectors", {"all-minilm-l6-v2"},
                   "all-minilm-l6-v2"),
       choice_node("precision", "the embedder's arithmetic; auto: bf16 where the processor has it, else f32",
                   {"auto", "f32", "bf16", "int8"}, "auto"),
       integer_node("chunk_tokens", "aimed-at length of a chunk, by the embedder's tokenizer", "tokens", 200,
                    32, 240),
       string_node("class", "data class of all its documents, one of data_classes"),
       map_node("metadata", "values given to all its documents, for filters", string_node("", "a value"))});
}

SchemaNode route_values() {
  SchemaNode models = required(
      list_node("models", "models that may answer, the first is taken", string_node("", "a model's name")));
  models.least = 1;
  models.most = 1;
  return object_node(
      "", "a route: what clients name as `model`",
      {models,
       string_node("knowledge",
                   "the collection that answers are taken from; without one the model answers freely"),
       integer_node("passages", "passages given to the model", "passages", 6, 1, 32),
       integer_node("passage_tokens", "tokens of the prompt that passages may fill", "tokens", 600, 128,
                    65536),
       integer_node("answer_tokens", "longest answer", "tokens", 220, 8, 8192),
       choice_node(
           "when_unsupported",
           "an answer that its passages do not support is replaced by abstention, or given and marked",
           {"abstain", "mark"}, "abstain"),
       boolean_node("extractive",
                    "answer with the passage's own sentence, without the model, where it answers literally",
                    true),
       string_node("instructions", "what is put before the rules on citing, e.g. tone and language")});
}

SchemaNode server_node() {
  SchemaNode key = object_node("", "a client's key, under the name that logs show",
                               {string_node("key_env", "environment variable that holds the key"),
                                string_node("key_file", "file that holds the key, first line")});
  constexpr double mib = 1048576;
  return object_node(
      "server", "the HTTP server",
      {string_node("address", "IP address to listen on; other than loopback only with keys", "127.0.0.1"),
       integer_node("port", "TCP port; 0: any free one", "port", 8080, 0, 65535),
       string_node("tls_certificate", "PEM file with the certificate chain; with tls_key turns TLS on"),
       string_node("tls_key", "PEM file with the private key"),
       map_node("keys", "who may call; none: everyone on loopback", key),
       integer_node("body_bytes_max", "largest request body", "bytes", 64 * 1048576, 1024, 4096 * mib),
       integer_node("body_bytes_total_max",
                    "memory of all request bodies together; one that does not fit is answered 429", "bytes",
                    256 * mib, mib, 1048576 * mib),
       integer_node("pending_uploads_max",
                    "uploaded documents that wait for ingestion; more are answered 429", "documents", 1024, 1,
                    1048576),
       integer_node("pending_upload_bytes_max",
                    "disk that they and those being received take; one that does not fit is answered 429",
                    "bytes", 8192 * mib, mib, 1048576 * mib),
       integer_node("header_bytes_max", "largest request header", "bytes", 16384, 1024, mib),
       integer_node("header_seconds", "time for a request's header to arrive", "seconds", 10, 1, 3600),
       integer_node("idle_seconds", "time a connection may stay idle", "seconds", 75, 1, 86400),
       integer_node("request_seconds", "time for one request in all", "seconds", 300, 1, 86400),
       integer_node("connections_max", "open connections; more are refused", "connections", 1024, 1, 65536),
       integer_node("requests_in_flight_max", "requests worked on at once; more are answered 429", "requests",
                    128, 1, 65536),
       integer_node("stop_seconds", "time for running requests to end after a stop signal", "seconds", 20, 0,
                    3600),
       integer_node("threads", "threads for connections", "threads", 2, 1, 64)});
}

SchemaNode ingest_node() {
  return object_node(
      "ingest", "bounds of reading documents",
      {integer_node("memory_bytes_max", "address space of the process that opens a document", "bytes",
                    2147483648, 268435456, 68719476736.0),
       integer_node("document_seconds", "time to extract one document", "seconds", 900, 1, 86400),
       integer_node("page_seconds", "time to extract one page", "seconds", 60, 1, 3600),
       integer_node("pages_max", "pages of one document; later ones are reported as lost", "pages", 20000, 1,
                    1000000),
       integer_node("file_bytes_max", "largest file", "bytes", 536870912, 1024, 68719476736.0),
       boolean_node("recognise_scans", "read pages without a text layer by OCR", true)});
}

SchemaNode build_schema() {
  SchemaNode version = required(integer_node("version", "version of the manifest's form: 1", "", 1, 1, 1));
  SchemaNode classes =
      list_node("data_classes", "names of data classes, from open to closed", string_node("", "a class"));
  return object_node("", "Loadline manifest",
                     {version, string_node("app", "name of the application", "app"), classes,
                      map_node("models", "models by name", model_values()),
                      map_node("knowledge", "collections of documents by name", knowledge_values()),
                      map_node("routes", "routes by name", route_values()), server_node(), ingest_node()});
}

}  // namespace

const SchemaNode& manifest_schema() {
  static const SchemaNode schema = build_schema();
  return schema;
}

}  // namespace loadline
