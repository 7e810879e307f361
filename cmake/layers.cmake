# The modules, in build order, and the edges that are allowed between them. Configure fails on any
# other edge (cmake/loadline_module.cmake), and the test `tidy` scans #include lines against this
# same table. A module may always use itself; `base` and `model` may be used where listed.
set(LOADLINE_MODULES
    base model text
    observe dialect
    config net storage llama encoder extract
    ingest retrieval upstream privacy guard governance
    gateway eval
    api
    apps/extractor apps/loadline)

set(LOADLINE_EDGES_base "")
set(LOADLINE_EDGES_model "base")
set(LOADLINE_EDGES_text "base")
set(LOADLINE_EDGES_observe "base;model")
set(LOADLINE_EDGES_dialect "base;model;text")
# adapters
set(LOADLINE_EDGES_config "base;model")
set(LOADLINE_EDGES_net "base;model")
set(LOADLINE_EDGES_storage "base;model")
set(LOADLINE_EDGES_llama "base;model")
set(LOADLINE_EDGES_encoder "base;model")
set(LOADLINE_EDGES_extract "base;model")
# features
set(LOADLINE_EDGES_ingest "base;model;text;observe")
set(LOADLINE_EDGES_retrieval "base;model;text;observe")
set(LOADLINE_EDGES_upstream "base;model;text;observe;dialect;net")
set(LOADLINE_EDGES_privacy "base;model;text;observe")
set(LOADLINE_EDGES_guard "base;model;text;observe")
set(LOADLINE_EDGES_governance "base;model;text;observe")
# flows
set(LOADLINE_EDGES_gateway "base;model;text;observe;dialect;governance;ingest;retrieval;privacy;guard;upstream")
set(LOADLINE_EDGES_eval "base;model;text;observe;dialect;governance;ingest;retrieval;privacy;guard;upstream;gateway")
set(LOADLINE_EDGES_api "base;model;text;observe;dialect;governance;net;ingest;retrieval;privacy;guard;upstream;gateway;eval")
# programs: the composition roots
set(LOADLINE_EDGES_apps/extractor "base;model;extract")
set(LOADLINE_EDGES_apps/loadline
    "base;model;text;observe;dialect;governance;config;net;storage;llama;encoder;extract;ingest;retrieval;upstream;privacy;guard;gateway;eval;api")
