# The PDF reader's part of the module; included by ../CMakeLists.txt.
set(EXTRACT_PDF_SOURCES)
set(EXTRACT_PDF_TESTS)
set(EXTRACT_PDF_LINKS)
