# FindXXHash: the fast hash, as Lex::xxhash; include <xxhash.h>. XXH3 came with 0.8.
include("${CMAKE_CURRENT_LIST_DIR}/LexFindLibrary.cmake")
lex_find_library(XXHash xxhash xxhash.h xxhash libxxhash-dev "^#define XXH_VERSION_(MAJOR|MINOR|RELEASE) +[0-9]+")
