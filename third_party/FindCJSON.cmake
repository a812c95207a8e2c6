# FindCJSON: JSON reading and writing, as Lex::cjson; include <cjson/cJSON.h>.
include("${CMAKE_CURRENT_LIST_DIR}/LexFindLibrary.cmake")
lex_find_library(CJSON cjson cjson/cJSON.h cjson libcjson-dev "^#define CJSON_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
