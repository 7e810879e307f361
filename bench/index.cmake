foreach(name index_bench index_cranfield)
  add_executable(loadline_${name} ${name}.cc)
  target_link_libraries(loadline_${name} PRIVATE loadline_retrieval loadline_storage)
endforeach()

add_executable(loadline_index_recall index_recall.cc)
target_link_libraries(loadline_index_recall PRIVATE loadline_retrieval loadline_encoder)
