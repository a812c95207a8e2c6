# FindUtf8proc: Unicode decomposition and case folding, as Lex::utf8proc; include <utf8proc.h>.
include("${CMAKE_CURRENT_LIST_DIR}/LexFindLibrary.cmake")
lex_find_library(Utf8proc utf8proc utf8proc.h utf8proc libutf8proc-dev "^#define UTF8PROC_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
