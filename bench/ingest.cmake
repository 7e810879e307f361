add_executable(loadline_ingest_bench ingest_bench.cc)
target_link_libraries(loadline_ingest_bench PRIVATE loadline_ingest loadline_storage loadline_extract loadline_encoder
                                                    loadline_retrieval)
add_dependencies(loadline_ingest_bench loadline-extractor)
