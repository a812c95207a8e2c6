/* test_safetensors.c - the safetensors reader over files with every defect, the conversion of every 16-bit number, and
 * what the writer wrote. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "model/safetensors.h"

/* A file's bytes: header length (as told, or -1 for the true one), header, n_data bytes counting up from 1. The copy
 * has the very size, so that a sanitizer sees a read past the end. */
static unsigned char *make_bytes(size_t *len, long long header_len, const char *header, size_t n_data)
{
    size_t n = strlen(header);
    uint64_t told = header_len < 0 ? n : (uint64_t)header_len;
    unsigned char *bytes = lex_alloc(8 + n + n_data);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(told >> (8 * i));
    memcpy(bytes + 8, header, n);
    for (size_t i = 0; i < n_data; i++)
        bytes[8 + n + i] = (unsigned char)(i + 1);
    *len = 8 + n + n_data;
    return bytes;
}

/* NULL for `why`: the file is good. */
static void check_file(long long header_len, const char *header, size_t n_data, const char *why)
{
    size_t len;
    lex_safetensors file;
    lex_err err = {.code = LEX_OK};
    unsigned char *bytes = make_bytes(&len, header_len, header, n_data);
    lex_status st = lex_safetensors_read(&file, bytes, len, "x.safetensors", &err);
    if (!CHECK(why ? st == LEX_ERR_INPUT && strstr(err.message, why) && strstr(err.message, "x.safetensors")
                   : st == LEX_OK))
        fprintf(stderr, "    header %s\n    said '%s', expected '%s'\n", header, err.message, why ? why : "success");
    lex_safetensors_close(&file);
    lex_safetensors_close(&file); /* is legal */
    free(bytes);
}

#define A(dtype, shape, begin, end) "\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"
#define B(dtype, shape, begin, end) "\"b\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"
#define F32 "\"F32\""
#define U8 "\"U8\""

static void test_good_files(void)
{
    check_file(-1, "{}", 0, NULL);
    check_file(-1, "{}   ", 0, NULL);
    check_file(-1, "{" A(F32, "[1,2]", "0", "8") "}", 8, NULL);
    check_file(-1, "{" A(F32, "[]", "0", "4") "," B(F32, "[3,0]", "4", "4") "}", 4, NULL);
    check_file(-1, "{" B(U8, "[2]", "3", "5") "," A(U8, "[3]", "0", "3") "}", 5, NULL);
    check_file(-1, "{\"__metadata__\":{\"format\":\"pt\"}," A(U8, "[1]", "0", "1") "}", 1, NULL);
    check_file(-1, "{" A("\"F4\"", "[5]", "0", "3") "}", 3, NULL); /* a type of a later day, until it is used */
    check_file(-1, "{" A(U8, "[1,1,1,1,1,1,1,1]", "0", "1") "}", 1, NULL);
}

static void test_bad_headers(void)
{
    lex_err err = {.code = LEX_OK};
    lex_safetensors file;
    for (size_t n = 0; n < 8; n++) {
        unsigned char *bytes = lex_alloc_zeroed(n + 1, 1);
        lex_err_clear(&err);
        CHECK_INT(lex_safetensors_read(&file, bytes, n, "x", &err), LEX_ERR_INPUT);
        CHECK(strstr(err.message, "shorter than its 8 bytes") != NULL);
        free(bytes);
    }
    check_file(3, "{}", 0, "its header is longer than the file");
    check_file(0x7FFFFFFFFFFFFFFF, "{}", 0, "longer than 100 MB");
    check_file(100000001, "{}", 0, "longer than 100 MB");
    check_file(100000000, "{}", 0, "longer than the file");
    check_file(0, "{}", 0, "header");
    check_file(-1, "", 0, "header");
    check_file(-1, "{", 0, "header: line 1");
    check_file(-1, "{} x", 0, "header: line 1, column 4");
    check_file(-1, "[]", 0, "header: it is not an object");
    check_file(-1, "3", 0, "header: it is not an object");
    check_file(-1, "{\"\xFF\":1}", 0, "invalid UTF-8");
    check_file(-1, "{" A(U8, "[1]", "0", "1") "," A(U8, "[1]", "1", "2") "}", 2, "this key is there twice");
    check_file(-1, "{\"a\":7}", 0, "tensor 'a'");
    check_file(-1, "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "tensor 'a'");
    check_file(-1, "{" A("7", "[1]", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "1", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[-1]", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[1.5]", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[1,1,1,1,1,1,1,1,1]", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[1099511627776,1099511627776]", "0", "1") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[1]", "0", "1,2") "}", 1, "dtype, shape or data_offsets");
}

static void test_bad_ranges(void)
{
    check_file(-1, "{" A(U8, "[1]", "1", "0") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[1]", "-1", "0") "}", 1, "dtype, shape or data_offsets");
    check_file(-1, "{" A(U8, "[9]", "0", "9") "}", 8, "cut short: tensor 'a' ends 9 bytes into the data");
    check_file(-1, "{" A(U8, "[1]", "4503599627370495", "4503599627370496") "}", 1, "cut short");
    check_file(-1, "{" A(F32, "[2]", "0", "4") "}", 4, "tensor 'a': its shape and dtype do not fit its 4 bytes");
    check_file(-1, "{" A(F32, "[1]", "0", "8") "}", 8, "do not fit its 8 bytes");
    check_file(-1, "{" A("\"F64\"", "[1099511627776,4194304]", "0", "8") "}", 8, "do not fit its 8 bytes");
    check_file(-1, "{" A(U8, "[2]", "0", "2") "," B(U8, "[2]", "1", "3") "}", 3, "tensors 'a' and 'b' overlap");
    check_file(-1, "{" A(U8, "[2]", "0", "2") "," B(U8, "[2]", "0", "2") "}", 2, "overlap");
    check_file(-1, "{" A(U8, "[1]", "0", "1") "," B(U8, "[1]", "2", "3") "}", 3, "before tensor 'b' belong to no");
    check_file(-1, "{" A(U8, "[1]", "1", "2") "}", 2, "1 bytes before tensor 'a' belong to no tensor");
    check_file(-1, "{" A(U8, "[1]", "0", "1") "}", 4, "the last 3 bytes belong to no tensor");
    check_file(-1, "{}", 1, "the last 1 bytes belong to no tensor");
}

/* IEEE 754: sign, exponent, fraction, by arithmetic on doubles and not on bits. */
static double number_of(unsigned bits, int exponent_bits, int fraction_bits)
{
    unsigned fraction = bits & ((1u << fraction_bits) - 1), exponent = bits >> fraction_bits & ((1u << exponent_bits) - 1);
    int bias = (1 << (exponent_bits - 1)) - 1;
    double sign = bits >> (exponent_bits + fraction_bits) ? -1 : 1;
    if (exponent == (1u << exponent_bits) - 1)
        return fraction ? (double)NAN : sign * (double)INFINITY;
    if (exponent == 0)
        return sign * ldexp(fraction, 1 - bias - fraction_bits);
    return sign * ldexp((1u << fraction_bits) + fraction, (int)exponent - bias - fraction_bits);
}

/* All 65,536 numbers of a type: the same value, zero's sign included; what is no number stays none. */
static void test_conversion(lex_stored_type type, int exponent_bits, int fraction_bits)
{
    enum { ALL = 65536 };
    unsigned char *bytes = lex_alloc(2 * ALL + 1);
    float *values = lex_alloc_array(ALL, sizeof *values);
    for (unsigned i = 0; i < ALL; i++) {
        bytes[1 + 2 * i] = (unsigned char)i;
        bytes[2 + 2 * i] = (unsigned char)(i >> 8);
    }
    lex_stored_tensor tensor = {.dtype = type, .count = ALL, .data = bytes + 1, .n_bytes = 2 * ALL}; /* not aligned */
    lex_stored_to_f32(values, &tensor);
    long n_wrong = 0;
    for (unsigned i = 0; i < ALL; i++) {
        double want = number_of(i, exponent_bits, fraction_bits), got = values[i];
        if (isnan(want) ? !isnan(got) : got != want || signbit(got) != signbit(want))
            n_wrong++;
    }
    CHECK_INT(n_wrong, 0);
    free(values);
    free(bytes);
}

static void test_round_trip(const char *path)
{
    lex_err err = {.code = LEX_OK};
    const int64_t shapes[4][2] = {{2, 3}, {5, 0}, {0, 0}, {1, 1}};
    const float values[6] = {0.5f, -0.0f, 1e-45f, -3.4e38f, 7, 8};
    const lex_tensor_to_store tensors[4] = {{"z \"quoted\"", 2, shapes[0], values, 6, LEX_STORED_F32},
                                            {"b", 1, shapes[1], values + 1, 5, LEX_STORED_F32},
                                            {"empty", 1, shapes[2], values, 0, LEX_STORED_F32},
                                            {"\xE7\xA7\x9F", 0, shapes[3], values + 3, 1, LEX_STORED_F32}};
    CHECK_INT(lex_safetensors_write(path, tensors, 4, &err), LEX_OK);
    lex_safetensors file;
    CHECK_INT(lex_safetensors_open(&file, path, &err), LEX_OK);
    CHECK_STR(err.message, "");
    CHECK_INT(file.n_tensors, 4);
    for (int i = 0; i < 4 && file.n_tensors == 4; i++) {
        const lex_stored_tensor *got = lex_safetensors_find(&file, tensors[i].name);
        if (!CHECK(got != NULL))
            continue;
        CHECK_INT(got->dtype, LEX_STORED_F32);
        CHECK_INT(got->n_dims, tensors[i].n_dims);
        CHECK_INT(got->count, tensors[i].count);
        CHECK(memcmp(got->data, tensors[i].values, got->n_bytes) == 0);
        CHECK_INT((uintptr_t)got->data % sizeof(float), 0);
    }
    CHECK(lex_safetensors_find(&file, "z") == NULL);
    const lex_stored_tensor *first = lex_safetensors_find(&file, "z \"quoted\"");
    CHECK(first && (uintptr_t)first->data % 64 == 0); /* used in place */
    lex_safetensors_close(&file);
    CHECK(lex_safetensors_find(&file, "b") == NULL);
    /* cut at every length: always named, never read past the end */
    for (off_t len = (off_t)(8 + 64 * 5); len >= 0; len--) {
        lex_err_clear(&err);
        if (truncate(path, len) != 0 || lex_path_kind_of(path) != LEX_PATH_FILE)
            break;
        CHECK_INT(lex_safetensors_open(&file, path, &err), LEX_ERR_INPUT);
    }
    lex_err_clear(&err);
    CHECK_INT(lex_safetensors_open(&file, "/nonexistent/x.safetensors", &err), LEX_ERR_INPUT);
    CHECK_STR(err.message, "/nonexistent/x.safetensors: no such file");
}

int main(void)
{
    char dir[] = "/tmp/lexclf-test-XXXXXX";
    lex_err err = {.code = LEX_OK};
    if (!mkdtemp(dir))
        return 1;
    char *path = lex_path_join(dir, "x.safetensors");
    test_good_files();
    test_bad_headers();
    test_bad_ranges();
    test_conversion(LEX_STORED_F16, 5, 10);
    test_conversion(LEX_STORED_BF16, 8, 7);
    test_round_trip(path);
    CHECK_INT(lex_path_remove(dir, &err), LEX_OK);
    free(path);
    return check_report("safetensors");
}
