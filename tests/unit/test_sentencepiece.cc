// test_sentencepiece.cc - sentencepiece and libtorch both carry protobuf: a tokenizer and a tensor operation in one
// process, in the order that the argument asks for ("torch" or "sentencepiece" first). The model that is trained on the
// way is also read by our own reader (src/tokenizer/sentencepiece_model.c), which must cut texts as the library does.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "lexclf/tensor.h"
#include "lexclf/tokenizer.h"

namespace {

bool tensor_operation()
{
    lex_err err = {};
    lex_runtime *runtime = nullptr;
    if (lex_runtime_open(&runtime, "cpu", 1, &err) != LEX_OK) {
        std::fprintf(stderr, "%s\n", err.message);
        return false;
    }
    const int64_t sizes[2] = {1, 2};
    const float values[2] = {1.0f, -1.0f};
    float out[2] = {0, 0};
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor_read(scope, lex_gelu(scope, lex_tensor_from(scope, LEX_F32, 2, sizes, values)), out);
    bool good = !lex_scope_failed(scope) && std::fabs(out[0] - 0.841345f) < 1e-5f && std::fabs(out[1] + 0.158655f) < 1e-5f;
    lex_scope_free(scope);
    lex_runtime_close(runtime);
    return good;
}

// Ours numbers pieces as XLM-R does, one further on, and the unknown one 3.
bool same_as_ours(const sentencepiece::SentencePieceProcessor &processor, const lex_tokenizer *tokenizer)
{
    bool same = true;
    lex_tokens tokens;
    lex_tokens_init(&tokens);
    for (const char *text : {"the lessor shall pay", "rent on day 42", "  Pay   the LESSEE ", "caf\u00e9 \uff21\u3000x", "", "number\n7\t7"}) {
        std::vector<int> ids;
        same = same && processor.Encode(text, &ids).ok();
        lex_tokenizer_encode(tokenizer, lex_str_of(text), &tokens);
        same = same && tokens.n == static_cast<int64_t>(ids.size());
        for (size_t i = 0; same && i < ids.size(); i++)
            same = tokens.items[i].id == (ids[i] == 0 ? 3 : ids[i] + 1);
    }
    lex_tokens_release(&tokens);
    return same;
}

bool read_by_ours(const sentencepiece::SentencePieceProcessor &processor, const std::string &dir)
{
    lex_err err = {};
    lex_tokenizer *tokenizer = nullptr;
    std::ifstream from(dir + "/spm.model", std::ios::binary);
    std::ofstream(dir + "/sentencepiece.bpe.model", std::ios::binary) << from.rdbuf();
    if (lex_tokenizer_open(&tokenizer, dir.c_str(), &err) != LEX_OK)
        std::fprintf(stderr, "%s\n", err.message);
    bool same = tokenizer && same_as_ours(processor, tokenizer);
    lex_tokenizer_free(tokenizer);
    return same;
}

bool tokenizer_operation(const std::string &dir)
{
    const std::string text = dir + "/text.txt", prefix = dir + "/spm";
    {
        std::ofstream file(text);
        for (int i = 0; i < 200; i++)
            file << "the lessee shall pay rent number " << i << " to the lessor on day " << i * 7 << "\n";
    }
    if (!sentencepiece::SentencePieceTrainer::Train("--input=" + text + " --model_prefix=" + prefix +
                                                    " --vocab_size=60 --minloglevel=2")
             .ok())
        return false;
    sentencepiece::SentencePieceProcessor processor;
    std::vector<int> ids;
    std::string back;
    return processor.Load(prefix + ".model").ok() && processor.Encode("the lessor shall pay", &ids).ok() &&
           !ids.empty() && processor.Decode(ids, &back).ok() && back == "the lessor shall pay" && read_by_ours(processor, dir);
}

} // namespace

int main(int argc, char **argv)
{
    bool torch_first = argc > 1 && std::strcmp(argv[1], "torch") == 0;
    char dir[] = "/tmp/lexclf-spm-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    bool good = torch_first ? tensor_operation() && tokenizer_operation(dir) : tokenizer_operation(dir) && tensor_operation();
    for (const char *name : {"/text.txt", "/spm.model", "/spm.vocab", "/sentencepiece.bpe.model"})
        std::remove((std::string(dir) + name).c_str());
    rmdir(dir);
    std::printf("%s first: %s\n", torch_first ? "libtorch" : "sentencepiece", good ? "good" : "FAILED");
    return good ? 0 : 1;
}
