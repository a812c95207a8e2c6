# FindSentencePiece: sentencepiece's run-time half, as Lex::sentencepiece; C++, include <sentencepiece_processor.h>.
include("${CMAKE_CURRENT_LIST_DIR}/LexFindLibrary.cmake")
lex_find_library(SentencePiece sentencepiece sentencepiece_processor.h sentencepiece libsentencepiece-dev)
