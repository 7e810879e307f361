# Search quality over real documents, and the features that its second stage is trained on.
add_library(loadline_retrieval_workspace STATIC
  retrieval_workspace.cc ${CMAKE_SOURCE_DIR}/src/apps/loadline/index_folders.cc)
target_link_libraries(loadline_retrieval_workspace
  PUBLIC loadline_retrieval loadline_ingest loadline_storage loadline_encoder loadline_extract)
add_executable(loadline_retrieval_bench retrieval_bench.cc)
target_link_libraries(loadline_retrieval_bench PRIVATE loadline_retrieval_workspace loadline::boost_json)
add_executable(loadline_reranker_features reranker_features.cc)
target_link_libraries(loadline_reranker_features PRIVATE loadline_retrieval_workspace loadline::boost_json)
