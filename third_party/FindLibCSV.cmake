# FindLibCSV: the CSV scanner, as Lex::csv; include <csv.h>. It is LGPL, so the shared library is the only one that will do.
include("${CMAKE_CURRENT_LIST_DIR}/LexFindLibrary.cmake")
lex_find_library(LibCSV csv csv.h libcsv.so libcsv-dev "^#define CSV_(MAJOR|MINOR|RELEASE) +[0-9]+")
