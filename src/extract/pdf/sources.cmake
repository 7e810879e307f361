# The PDF reader's part of the module; included by ../CMakeLists.txt.
set(EXTRACT_PDF_SOURCES
  pdf/cells.cc
  pdf/characters.cc
  pdf/columns.cc
  pdf/glyph_reader.cc
  pdf/layout.cc
  pdf/ocr.cc
  pdf/page_source.cc
  pdf/paragraphs.cc
  pdf/pdf_file.cc
  pdf/pdf_reader.cc
  pdf/pdfium_api.cc
  pdf/profile.cc
  pdf/properties.cc
  pdf/rows.cc
  pdf/running_lines.cc
  pdf/table_builder.cc
  pdf/table_columns.cc
  pdf/table_finder.cc
  pdf/words.cc)
set(EXTRACT_PDF_TESTS pdf/pdf_reader_test.cc pdf/tables_test.cc pdf/test_pdf.cc)
set(EXTRACT_PDF_LINKS ${CMAKE_DL_LIBS})

# The library travels inside the program (pdf/pdfium_api.h).
set_source_files_properties(pdf/pdfium_api.cc PROPERTIES
  COMPILE_DEFINITIONS "LOADLINE_PDFIUM_FILE=\"${LOADLINE_PDFIUM_SO}\""
  OBJECT_DEPENDS ${LOADLINE_PDFIUM_SO})
