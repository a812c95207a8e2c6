// torch_shim.cc - the C functions of shim.h over ATen. Each body stands inside one guard that turns whatever is thrown
// into false and the first line of the cause. No architecture here, no defaults, no logging: only operations.
#include "shim.h"
#include "torch_memory.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/ops/_addmm_activation.h>
#include <ATen/ops/_efficient_attention_backward.h>
#include <ATen/ops/_efficient_attention_forward.h>
#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <cstring>
#include <exception>
#include <string>
#include <tuple>
#include <vector>

namespace {

void first_line(char *why, const char *what)
{
    size_t n = strcspn(what, "\n");
    if (n >= LEX_SHIM_WHY_BYTES)
        n = LEX_SHIM_WHY_BYTES - 1;
    memcpy(why, what, n);
    why[n] = '\0';
}

// Every tensor is an inference tensor: no autograd graph, no version counters.
template <typename F> bool guarded(char *why, F body)
{
    try {
        c10::InferenceMode mode;
        body();
        return true;
    } catch (const c10::Error &error) {
        first_line(why, error.what_without_backtrace());
    } catch (const std::exception &error) {
        first_line(why, error.what());
    } catch (...) {
        first_line(why, "an unknown exception");
    }
    return false;
}

const at::ScalarType dtypes[] = {at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kBool};

at::Tensor &T(const lex_t *tensor)
{
    return *static_cast<at::Tensor *>(tensor->handle);
}

void put(lex_t *out, at::Tensor tensor)
{
    auto *handle = new at::Tensor(std::move(tensor));
    out->handle = handle;
    out->data = handle->data_ptr();
    out->n_dims = (int32_t)handle->dim();
    for (int i = 0; i < LEX_SHIM_DIMS; i++)
        out->sizes[i] = i < out->n_dims ? handle->size(i) : 1;
    out->dtype = LEX_SHIM_F32;
    for (int i = 0; i < (int)(sizeof dtypes / sizeof *dtypes); i++)
        if (dtypes[i] == handle->scalar_type())
            out->dtype = i;
    out->device = handle->is_cuda() ? (int32_t)handle->device().index() : -1;
}

at::IntArrayRef ints(const int64_t *values, int n)
{
    return at::IntArrayRef(values, (size_t)n);
}

at::Tensor turned(const lex_t *tensor, bool transpose)
{
    return transpose ? T(tensor).transpose(-1, -2) : T(tensor);
}

// ---- the process ----

const char *torch_version()
{
    return TORCH_VERSION;
}

bool load_cuda(char *why)
{
    // Found beside libtorch_cpu. RTLD_GLOBAL: libtorch looks its CUDA hooks up once, through the global scope.
    Dl_info info;
    std::string path = "libtorch_cuda.so";
    if (dladdr((void *)&at::get_num_threads, &info) && info.dli_fname) {
        std::string lib = info.dli_fname;
        size_t slash = lib.rfind('/');
        if (slash != std::string::npos)
            path = lib.substr(0, slash + 1) + path;
    }
    if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
        first_line(why, dlerror());
        return false;
    }
    return true;
}

int cuda_count()
{
    int n = 0;
    char why[LEX_SHIM_WHY_BYTES];
    guarded(why, [&] { n = at::hasCUDA() ? (int)at::detail::getCUDAHooks().deviceCount() : 0; });
    return n;
}

// By the CUDA runtime that libtorch_cpu already needs; its headers are not there.
int cuda_capability(int device)
{
    using attribute_of = int (*)(int *value, int attribute, int device);
    const int major_attribute = 75, minor_attribute = 76;
    int major = 0, minor = 0;
    auto get = reinterpret_cast<attribute_of>(dlsym(RTLD_DEFAULT, "cudaDeviceGetAttribute"));
    if (!get || get(&major, major_attribute, device) || get(&minor, minor_attribute, device))
        return 0;
    return 10 * major + minor;
}

bool set_threads(int n, char *why)
{
    return guarded(why, [&] { at::set_num_threads(n); });
}

// ---- making and freeing ----

at::Device device_of(int device)
{
    return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, (at::DeviceIndex)device);
}

bool empty(lex_t *out, int dtype, int n_dims, const int64_t *sizes, int device, char *why)
{
    return guarded(why, [&] {
        put(out, at::empty(ints(sizes, n_dims), at::TensorOptions(dtypes[dtype]).device(device_of(device))));
    });
}

bool from_memory(lex_t *out, void *data, int dtype, int n_dims, const int64_t *sizes, char *why)
{
    return guarded(why, [&] { put(out, at::from_blob(data, ints(sizes, n_dims), at::TensorOptions(dtypes[dtype]))); });
}

void release(lex_t *tensor)
{
    char why[LEX_SHIM_WHY_BYTES];
    guarded(why, [&] { delete static_cast<at::Tensor *>(tensor->handle); });
    tensor->handle = nullptr;
    tensor->data = nullptr;
}

bool strided(lex_t *out, const lex_t *of, int n_dims, const int64_t *sizes, const int64_t *strides, int64_t offset,
             char *why)
{
    return guarded(why, [&] {
        const at::Tensor &base = T(of);
        put(out, base.as_strided(ints(sizes, n_dims), ints(strides, n_dims), base.storage_offset() + offset));
    });
}

bool copy(lex_t *to, const lex_t *from, char *why)
{
    return guarded(why, [&] { T(to).copy_(T(from)); });
}

bool zero(lex_t *tensor, char *why)
{
    return guarded(why, [&] { T(tensor).zero_(); });
}

// ---- arithmetic ----

bool gemm(lex_t *out, const lex_t *a, bool transpose_a, const lex_t *b, bool transpose_b, double alpha, double beta,
          char *why)
{
    return guarded(why, [&] {
        at::Tensor left = turned(a, transpose_a), right = turned(b, transpose_b);
        if (out->n_dims == 3)
            at::baddbmm_out(T(out), T(out), left, right, beta, alpha);
        else
            at::addmm_out(T(out), T(out), left, right, beta, alpha);
    });
}

bool linear(lex_t *out, const lex_t *x, const lex_t *weight, const lex_t *bias, char *why)
{
    return guarded(why, [&] { at::addmm_out(T(out), T(bias), T(x), T(weight).t()); });
}

// On CUDA in the product's own epilogue, without another pass over what it makes, by tanh; so here, too.
bool linear_gelu(lex_t *out, const lex_t *x, const lex_t *weight, const lex_t *bias, char *why)
{
    return guarded(why, [&] {
        if (out->device >= 0) {
            at::_addmm_activation_out(T(out), T(bias), T(x), T(weight).t(), 1, 1, true);
        } else {
            at::addmm_out(T(out), T(bias), T(x), T(weight).t());
            at::gelu_(T(out), "tanh");
        }
    });
}

bool add_column_sums(lex_t *to, const lex_t *rows, char *why)
{
    return guarded(why, [&] { T(to).add_(T(rows).sum(0)); });
}

bool add(lex_t *to, const lex_t *from, double scale, char *why)
{
    return guarded(why, [&] { T(to).add_(T(from), scale); });
}

bool scale(lex_t *tensor, double factor, char *why)
{
    return guarded(why, [&] { T(tensor).mul_(factor); });
}

bool scale_rows(lex_t *tensor, const lex_t *factors, char *why)
{
    return guarded(why, [&] { T(tensor).mul_(T(factors).unsqueeze(1)); });
}

bool take_rows(lex_t *out, const lex_t *from, const lex_t *rows, char *why)
{
    return guarded(why, [&] { at::index_select_out(T(out), T(from), 0, T(rows)); });
}

// Some operations add in a fixed order on CUDA only where algorithms are asked to be deterministic.
class deterministic_here {
  public:
    deterministic_here() : was_(at::globalContext().deterministicAlgorithms()),
                           warned_(at::globalContext().deterministicAlgorithmsWarnOnly())
    {
        at::globalContext().setDeterministicAlgorithms(true, false);
    }
    ~deterministic_here()
    {
        at::globalContext().setDeterministicAlgorithms(was_, warned_);
    }

  private:
    bool was_, warned_;
};

bool add_rows(lex_t *to, const lex_t *rows, const lex_t *from, char *why)
{
    return guarded(why, [&] {
        deterministic_here order;
        T(to).index_add_(0, T(rows), T(from));
    });
}

// Through the dense gradient, whose sums are taken in a fixed order on CUDA, where index_add_ uses atomic additions.
bool embedding_backward(lex_t *to, const lex_t *ids, const lex_t *grad, char *why)
{
    return guarded(why, [&] {
        T(to).add_(at::embedding_dense_backward(T(grad), T(ids), T(to).size(0), -1, false));
    });
}

bool layer_norm(lex_t *out, lex_t *mean, lex_t *rstd, const lex_t *x, const lex_t *weight, const lex_t *bias,
                double eps, char *why)
{
    return guarded(why, [&] {
        auto [y, m, r] = at::native_layer_norm(T(x), {T(x).size(-1)}, T(weight), T(bias), eps);
        put(out, y);
        put(mean, m);
        put(rstd, r);
    });
}

bool layer_norm_backward(lex_t *dx, lex_t *dweight, lex_t *dbias, const lex_t *dy, const lex_t *x, const lex_t *mean,
                         const lex_t *rstd, const lex_t *weight, const lex_t *bias, char *why)
{
    return guarded(why, [&] {
        auto [gx, gw, gb] = at::native_layer_norm_backward(T(dy), T(x), {T(x).size(-1)}, T(mean), T(rstd), T(weight),
                                                           T(bias), {true, true, true});
        put(dx, gx);
        put(dweight, gw);
        put(dbias, gb);
    });
}

bool gelu(lex_t *out, const lex_t *x, bool by_tanh, char *why)
{
    return guarded(why, [&] { put(out, at::gelu(T(x), by_tanh ? "tanh" : "none")); });
}

bool gelu_backward(lex_t *dx, const lex_t *dy, const lex_t *x, bool by_tanh, char *why)
{
    return guarded(why, [&] { put(dx, at::gelu_backward(T(dy), T(x), by_tanh ? "tanh" : "none")); });
}

bool relu(lex_t *out, const lex_t *x, char *why)
{
    return guarded(why, [&] { put(out, at::relu(T(x))); });
}

bool relu_backward(lex_t *dx, const lex_t *dy, const lex_t *x, char *why)
{
    return guarded(why, [&] { put(dx, at::threshold_backward(T(dy), T(x), 0)); });
}

bool multiply(lex_t *to, const lex_t *by, char *why)
{
    return guarded(why, [&] { T(to).mul_(T(by)); });
}

bool tanh_forward(lex_t *out, const lex_t *x, char *why)
{
    return guarded(why, [&] { put(out, at::tanh(T(x))); });
}

bool tanh_backward(lex_t *dx, const lex_t *dy, const lex_t *y, char *why)
{
    return guarded(why, [&] { put(dx, at::tanh_backward(T(dy), T(y))); });
}

bool softmax(lex_t *out, const lex_t *x, char *why)
{
    return guarded(why, [&] { put(out, at::_softmax(T(x), -1, false)); });
}

bool softmax_backward(lex_t *dx, const lex_t *dy, const lex_t *y, char *why)
{
    return guarded(why, [&] { put(dx, at::_softmax_backward_data(T(dy), T(y), -1, T(y).scalar_type())); });
}

// ---- packed attention ----

struct heads {
    at::Tensor q, k, v;
};

// (T, H, d) each.
heads heads_of(const lex_t *qkv, int64_t n_heads)
{
    at::Tensor all = T(qkv).view({T(qkv).size(0), 3, n_heads, -1});
    return {all.select(1, 0), all.select(1, 1), all.select(1, 2)};
}

at::Tensor ends_of(const lex_t *starts)
{
    return T(starts).to(at::kInt);
}

// What a kernel may leave undefined.
void put_any(lex_t *out, const at::Tensor &tensor)
{
    put(out, tensor.defined() ? tensor : at::zeros({1}));
}

bool attend(lex_t *out, lex_t *logsumexp, lex_t *random, lex_t *more, const lex_t *qkv, const lex_t *starts,
            const lex_shim_attention *how, char *why)
{
    return guarded(why, [&] {
        heads h = heads_of(qkv, how->n_heads);
        at::Tensor ends = ends_of(starts), y, sums, state, offset;
        if (how->by_flash)
            std::tie(y, sums, state, offset, std::ignore) = at::_flash_attention_forward(
                h.q, h.k, h.v, ends, ends, how->longest, how->longest, how->dropout, false, false, how->scale);
        else
            std::tie(y, sums, state, offset, std::ignore, std::ignore) = at::_efficient_attention_forward(
                h.q.unsqueeze(0), h.k.unsqueeze(0), h.v.unsqueeze(0), std::nullopt, ends, ends, how->longest, how->longest,
                how->dropout, 0, how->way_back, how->scale);
        y = y.reshape({T(qkv).size(0), -1}).contiguous();
        put(out, y);
        put_any(logsumexp, sums);
        put_any(random, state);
        put_any(more, offset);
    });
}

bool attend_backward(lex_t *dqkv, const lex_t *dout, const lex_t *out, const lex_t *logsumexp, const lex_t *random,
                     const lex_t *more, const lex_t *qkv, const lex_t *starts, const lex_shim_attention *how, char *why)
{
    return guarded(why, [&] {
        heads h = heads_of(qkv, how->n_heads), to = heads_of(dqkv, how->n_heads);
        at::Tensor ends = ends_of(starts), y = T(out).view(h.q.sizes()), dy = T(dout).view(h.q.sizes()), dq, dk, dv, db;
        if (how->by_flash) {
            deterministic_here order;
            std::tie(dq, dk, dv) = at::_flash_attention_backward(dy, h.q, h.k, h.v, y, T(logsumexp), ends, ends, how->longest,
                                                                 how->longest, how->dropout, false, T(random), T(more),
                                                                 how->scale);
        } else {
            // In one split of the keys: more are added up in the order in which they come.
            std::tie(dq, dk, dv, db) = at::_efficient_attention_backward(
                dy.unsqueeze(0), h.q.unsqueeze(0), h.k.unsqueeze(0), h.v.unsqueeze(0), std::nullopt, y.unsqueeze(0), ends, ends,
                how->longest, how->longest, T(logsumexp), how->dropout, T(random), T(more), 0, false, how->scale, 1);
        }
        to.q.copy_(dq.view(h.q.sizes()));
        to.k.copy_(dk.view(h.q.sizes()));
        to.v.copy_(dv.view(h.q.sizes()));
    });
}

bool dropout(lex_t *out, lex_t *mask, const lex_t *x, double p, char *why)
{
    return guarded(why, [&] {
        auto [y, kept] = at::native_dropout(T(x), p, true);
        put(out, y);
        put(mask, kept);
    });
}

bool dropout_backward(lex_t *dx, const lex_t *dy, const lex_t *mask, double factor, char *why)
{
    return guarded(why, [&] { put(dx, at::native_dropout_backward(T(dy), T(mask), factor)); });
}

bool seed(uint64_t value, char *why)
{
    return guarded(why, [&] { at::manual_seed(value); });
}

bool norm(double *out, const lex_t *tensor, char *why)
{
    return guarded(why, [&] { *out = T(tensor).norm().item<double>(); });
}

std::vector<at::Tensor> listed(lex_t *tensors, int64_t n)
{
    std::vector<at::Tensor> list;
    for (int64_t i = 0; i < n; i++)
        list.push_back(T(tensors + i));
    return list;
}

bool adamw(lex_t *params, lex_t *grads, lex_t *m, lex_t *v, int64_t n, int64_t step, double lr, double beta1,
           double beta2, double eps, double weight_decay, char *why)
{
    return guarded(why, [&] {
        std::vector<at::Tensor> steps;
        for (int64_t i = 0; i < n; i++)
            steps.push_back(at::full({}, (double)step, T(params + i).options()));
        at::_fused_adamw_(listed(params, n), listed(grads, n), listed(m, n), listed(v, n), {}, steps, lr, beta1, beta2,
                          weight_decay, eps, false, false);
    });
}

bool put_rows(lex_t *to, const lex_t *rows, const lex_t *from, char *why)
{
    return guarded(why, [&] { T(to).index_copy_(0, T(rows), T(from)); });
}

bool adafactor(lex_t *params, const lex_t *grads, lex_t *rows, lex_t *columns, double lr, double beta2, double eps,
               double clip, double weight_decay, char *why)
{
    return guarded(why, [&] {
        at::Tensor squares = T(grads).square().add_(eps), update = T(grads);
        if (rows) {
            at::Tensor &row = T(rows), &column = T(columns);
            row.mul_(beta2).add_(squares.mean(1), 1 - beta2);
            column.mul_(beta2).add_(squares.mean(0), 1 - beta2);
            update = update * (row / row.mean()).rsqrt_().unsqueeze(1) * column.rsqrt();
        } else {
            T(columns).mul_(beta2).add_(squares, 1 - beta2);
            update = update * T(columns).rsqrt();
        }
        at::Tensor excess = update.square().mean().sqrt_().div_(clip).clamp_(1);
        T(params).mul_(1 - weight_decay * lr).sub_(update.div_(excess), lr);
    });
}

const lex_shim_table table = {
    torch_version, load_cuda, cuda_count, cuda_capability, set_threads, empty, from_memory, release, strided, copy,
    zero, gemm, linear, linear_gelu, add_column_sums, add, scale, scale_rows, take_rows, add_rows, embedding_backward, layer_norm,
    layer_norm_backward, gelu, gelu_backward, relu, relu_backward, multiply, tanh_forward, tanh_backward, softmax,
    softmax_backward, attend, attend_backward, dropout, dropout_backward, seed, norm, adamw, put_rows, adafactor,
};

} // namespace

extern "C" __attribute__((visibility("default"))) const lex_shim_table *lex_shim_table_get(int version)
{
    lex_torch_keep_blocks();
    return version == LEX_SHIM_VERSION ? &table : nullptr;
}
