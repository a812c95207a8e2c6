// torch_memory.cc - libtorch's memory on the CPU: blocks that are freed are kept and handed out again.
//
// An encoder makes and frees activations of some megabytes in every layer, of sizes that differ from batch to batch. From
// malloc each would be mapped anew, a page fault for every 4 KiB, or, kept in the heap, leave gaps that the next batch's
// sizes do not fit into, so that memory grows for as long as a run lasts. Here a request takes the smallest kept block that
// holds it and is at most twice as large, so what is kept stays below some three times of what was ever in use at once.
#include "torch_memory.h"

#include <c10/core/CPUAllocator.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace {

constexpr size_t smallest_kept = (size_t)256 << 10;
constexpr size_t kept_at_most = (size_t)1 << 30;
constexpr size_t header_bytes = 64; // before the data: the alignment that vector code likes

struct header {
    size_t size; // of the data
};

class keeping_allocator final : public c10::Allocator {
  public:
    c10::DataPtr allocate(size_t n) override
    {
        size_t size = rounded(n);
        void *data = size < smallest_kept ? nullptr : take(size);
        if (!data && n > 0)
            data = make(size);
        return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override
    {
        return &give_back;
    }

    void copy_data(void *to, const void *source, size_t n) const override
    {
        memcpy(to, source, n);
    }

  private:
    static header *header_of(void *data)
    {
        return reinterpret_cast<header *>(static_cast<char *>(data) - header_bytes);
    }

    static size_t rounded(size_t n)
    {
        if (n < smallest_kept || n > SIZE_MAX / 2)
            return n;
        size_t step = ((size_t)1 << (63 - __builtin_clzl(n))) / 8;
        return (n + step - 1) / step * step;
    }

    void *take(size_t n)
    {
        std::lock_guard<std::mutex> hold(lock_);
        auto found = kept_.lower_bound(n);
        if (found == kept_.end() || found->first / 2 > n)
            return nullptr;
        void *data = found->second;
        kept_bytes_ -= found->first;
        kept_.erase(found);
        return data;
    }

    // Throws what libtorch's own allocator throws when memory is short, after letting go of what is kept.
    void *make(size_t n)
    {
        void *block = nullptr;
        if (posix_memalign(&block, header_bytes, n + header_bytes) != 0) {
            let_go();
            TORCH_CHECK(posix_memalign(&block, header_bytes, n + header_bytes) == 0, "out of memory: ", n,
                        " bytes cannot be had");
        }
        static_cast<header *>(block)->size = n;
        return static_cast<char *>(block) + header_bytes;
    }

    void let_go()
    {
        std::lock_guard<std::mutex> hold(lock_);
        for (auto &block : kept_)
            free(header_of(block.second));
        kept_.clear();
        kept_bytes_ = 0;
    }

    static void give_back(void *data);

    std::mutex lock_;
    std::multimap<size_t, void *> kept_; // by size
    size_t kept_bytes_ = 0;
};

keeping_allocator *installed; // for the life of the process, as tensors may outlive any one runtime

void keeping_allocator::give_back(void *data)
{
    if (!data)
        return;
    size_t size = header_of(data)->size;
    if (size >= smallest_kept) {
        std::lock_guard<std::mutex> hold(installed->lock_);
        if (installed->kept_bytes_ + size <= kept_at_most) {
            installed->kept_.emplace(size, data);
            installed->kept_bytes_ += size;
            return;
        }
    }
    free(header_of(data));
}

} // namespace

void lex_torch_keep_blocks()
{
    static std::once_flag once;
    std::call_once(once, [] {
        installed = new keeping_allocator();
        c10::SetCPUAllocator(installed, 1);
    });
}
