/* runtime.c - opens the torch shim and chooses a device. The shim lies beside the program (build tree) or in
 * ../lib/lexclf (installed): the program's RUNPATH names both, so dlopen needs the bare name alone. */
#include "internal.h"

#include "lexclf/file.h"
#include "lexclf/random.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHIM_FILE "liblexclf_torch.so"

static lex_status open_shim(lex_runtime *runtime, lex_err *err)
{
    runtime->library = dlopen(SHIM_FILE, RTLD_NOW | RTLD_LOCAL);
    if (!runtime->library) {
        lex_err_set(err, LEX_ERR_SYSTEM, "libtorch cannot be loaded: %s", dlerror());
        lex_err_hint(err, "run scripts/setup and build again, or put the folder of libtorch_cpu.so into "
                          "LD_LIBRARY_PATH");
        return LEX_ERR_SYSTEM;
    }
    lex_shim_table_fn get;
    void *symbol = dlsym(runtime->library, LEX_SHIM_SYMBOL);
    memcpy(&get, &symbol, sizeof get);
    runtime->shim = get ? get(LEX_SHIM_VERSION) : NULL;
    if (!runtime->shim)
        return lex_err_set(err, LEX_ERR_SYSTEM, "%s is of another version than this program", SHIM_FILE);
    return LEX_OK;
}

/* "cuda" or "cuda:N" to N, -1 for anything else. */
static int cuda_index(const char *device)
{
    if (strcmp(device, "cuda") == 0)
        return 0;
    int64_t index = -1;
    if (strncmp(device, "cuda:", 5) != 0 || !lex_parse_int64(&index, lex_str_of(device + 5)))
        return -1;
    return index >= 0 && index < 1024 ? (int)index : -1;
}

/* Without the driver there is no device, and libtorch_cuda need not be looked for. */
bool lex_device_is_cpu(const char *device)
{
    return strcmp(device, "cpu") == 0 ||
           (strcmp(device, "auto") == 0 && lex_path_kind_of("/dev/nvidiactl") == LEX_PATH_MISSING);
}

static lex_status choose_device(lex_runtime *runtime, const char *device, lex_err *err)
{
    runtime->device = -1;
    if (lex_device_is_cpu(device))
        return LEX_OK;
    bool automatic = strcmp(device, "auto") == 0;
    int wanted = automatic ? 0 : cuda_index(device);
    if (wanted < 0)
        return lex_err_set(err, LEX_ERR_USAGE, "no device '%s' (auto, cpu, cuda or cuda:N)", device);
    char why[LEX_SHIM_WHY_BYTES] = "";
    bool loaded = runtime->shim->load_cuda(why);
    int n = loaded ? runtime->shim->cuda_count() : 0;
    if (wanted < n) {
        runtime->device = wanted;
        runtime->capability = runtime->shim->cuda_capability(wanted);
        lex_cuda_open(runtime);
        return LEX_OK;
    }
    if (automatic)
        return LEX_OK;
    if (!loaded)
        lex_err_set(err, LEX_ERR_SYSTEM, "device '%s' cannot be used: libtorch's CUDA part is missing (%s)", device, why);
    else
        lex_err_set(err, LEX_ERR_SYSTEM, "device '%s' cannot be used: %d CUDA device%s found", device, n,
                    n == 1 ? "" : "s");
    lex_err_hint(err, "use --device cpu, or scripts/setup --cuda on a machine with an NVIDIA driver");
    return LEX_ERR_SYSTEM;
}

/* libtorch's threads wait for each other by spinning, by default for milliseconds: on a machine that others use too,
 * the one that waits takes the processor from the one it waits for, and a step takes a hundred times as long. A short
 * spin bridges the gap between two operations; then they sleep. Read when libgomp is loaded; what the user has set
 * stands. */
static void limit_spinning(void)
{
    if (!getenv("OMP_WAIT_POLICY"))
        setenv("GOMP_SPINCOUNT", "4000", 0);
}

lex_status lex_runtime_open(lex_runtime **out, const char *device, int n_threads, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_runtime *runtime = lex_alloc_zeroed(1, sizeof *runtime);
    *out = NULL;
    runtime->kernels = lex_cpu_kernels_choose();
    if (!runtime->kernels) {
        st = lex_err_set(err, LEX_ERR_SYSTEM, "this processor lacks AVX2 and FMA, which lexclf needs");
        goto done;
    }
    runtime->products = lex_kernels_choose(false);
    n_threads = n_threads > 0 ? n_threads : lex_cpu_count();
    limit_spinning();
    LEX_TRY(open_shim(runtime, err));
    LEX_TRY(choose_device(runtime, device, err));
    char why[LEX_SHIM_WHY_BYTES];
    if (!runtime->shim->set_threads(n_threads, why)) {
        st = lex_err_set(err, LEX_ERR_SYSTEM, "threads cannot be set: %s", why);
        goto done;
    }
    if (runtime->device < 0)
        strcpy(runtime->device_name, "cpu");
    else
        snprintf(runtime->device_name, sizeof runtime->device_name, "cuda:%d", runtime->device);
    runtime->pool = lex_pool_new(runtime->device < 0 ? n_threads : 1);
    *out = runtime;
done:
    if (st != LEX_OK)
        free(runtime);
    return st;
}

void lex_runtime_by_library(lex_runtime *runtime)
{
    runtime->by_library = true;
}

void lex_runtime_close(lex_runtime *runtime)
{
    if (runtime)
        lex_pool_free(runtime->pool);
    free(runtime);
}

const char *lex_precision_name(lex_precision precision)
{
    static const char *const names[] = {"auto", "fp32", "bf16", "int8", "fp16"};
    return names[precision];
}

lex_status lex_runtime_use(lex_runtime *runtime, lex_precision precision, lex_err *err)
{
    static const lex_dtype products[] = {[LEX_PRECISION_FP32] = LEX_F32, [LEX_PRECISION_BF16] = LEX_BF16,
                                         [LEX_PRECISION_FP16] = LEX_F16};
    bool half = precision == LEX_PRECISION_FP16;
    LEX_ASSERT(half || precision == LEX_PRECISION_BF16 || precision == LEX_PRECISION_FP32);
    runtime->library_products = products[precision];
    if (runtime->device >= 0)
        return LEX_OK;
    const lex_kernels *kernels = half ? lex_kernels_choose_f16() : lex_kernels_choose(precision == LEX_PRECISION_BF16);
    if (!kernels)
        return lex_err_set(err, LEX_ERR_SYSTEM, "this processor lacks F16C, which fp16 needs");
    runtime->products = kernels;
    return LEX_OK;
}

/* Since compute capability 8.0 (Ampere) NVIDIA's devices multiply bfloat16. */
lex_precision lex_runtime_precision(const lex_runtime *runtime, lex_precision asked)
{
    if (asked != LEX_PRECISION_AUTO)
        return asked;
    bool bf16 = runtime->device >= 0 ? runtime->capability >= 80 : lex_precision_is_bf16(asked);
    return bf16 ? LEX_PRECISION_BF16 : LEX_PRECISION_FP32;
}

bool lex_precision_is_bf16(lex_precision precision)
{
    return precision == LEX_PRECISION_BF16 || (precision == LEX_PRECISION_AUTO && lex_kernels_bf16_pays());
}

bool lex_precision_is_emulated(lex_precision precision)
{
    const lex_kernels *bf16 = lex_kernels_choose(true);
    return precision == LEX_PRECISION_FP16 ||
           (precision == LEX_PRECISION_BF16 && bf16 && bf16->format == LEX_WEIGHTS_ROUNDED);
}

bool lex_runtime_is_cuda(const lex_runtime *runtime)
{
    return runtime->device >= 0;
}

const char *lex_runtime_device(const lex_runtime *runtime)
{
    return runtime->device_name;
}

const char *lex_runtime_torch_version(const lex_runtime *runtime)
{
    return runtime->shim->torch_version();
}

lex_status lex_runtime_seed(lex_runtime *runtime, uint64_t seed, uint32_t step, uint32_t example, lex_err *err)
{
    uint32_t mixed[4], counter[4] = {step, example, 0, 0};
    char why[LEX_SHIM_WHY_BYTES];
    if (runtime->device < 0 && !runtime->by_library)
        return LEX_OK;
    lex_philox(mixed, counter, seed);
    if (!runtime->shim->seed((uint64_t)mixed[1] << 32 | mixed[0], why))
        return lex_err_set(err, LEX_ERR_SYSTEM, "random numbers cannot be seeded: %s", why);
    return LEX_OK;
}

void lex_parallel_for(const lex_runtime *runtime, int64_t n, int64_t grain,
                      void (*run)(void *context, int64_t begin, int64_t end), void *context)
{
    lex_pool_run(runtime->pool, n, grain, run, context);
}
