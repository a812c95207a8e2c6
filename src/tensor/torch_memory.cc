// torch_memory.cc - libtorch's memory on the CPU: blocks that are freed are kept and handed out again.
//
// An encoder makes and frees activations of some megabytes in every layer, of sizes that differ from batch to batch. From
// malloc each would be mapped anew, a page fault for every 4 KiB, or, kept in the heap, leave gaps that the next batch's
// sizes do not fit into, so that memory grows for as long as a run lasts. Here sizes are rounded up to one of eight steps
// between a power of two and the next, and a request takes the smallest kept block that holds it and is at most twice as
// large: batches that are nearly alike use the same blocks. What has not been used for longest goes when all of it is more
// than was ever in use at once.
#include "torch_memory.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include <sys/mman.h>

namespace {

constexpr size_t smallest_kept = (size_t)64 << 10;
constexpr size_t header_bytes = 64; // before the data: the alignment that vector code likes

struct header {
    size_t size; // of the data
};

struct kept_block {
    void *data;
    uint64_t since; // the count of blocks given back before it
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
        void *data = found->second.data;
        kept_bytes_ -= found->first;
        count_used(found->first);
        kept_.erase(found);
        return data;
    }

    // Throws what libtorch's own allocator throws when memory is short, after letting go of what is kept.
    void *make(size_t n)
    {
        void *block = get(n);
        if (!block) {
            std::lock_guard<std::mutex> hold(lock_);
            shrink_to(0);
            block = get(n);
        }
        TORCH_CHECK(block, "out of memory: ", n, " bytes cannot be had");
        static_cast<header *>(block)->size = n;
        if (n >= smallest_kept) {
            std::lock_guard<std::mutex> hold(lock_);
            count_used(n);
        }
        return static_cast<char *>(block) + header_bytes;
    }

    // Large blocks are mapped each for itself, so that letting one go leaves no gap in the heap.
    static void *get(size_t n)
    {
        if (n > SIZE_MAX / 2)
            return nullptr;
        if (n < smallest_kept) {
            void *block = nullptr;
            return posix_memalign(&block, header_bytes, n + header_bytes) == 0 ? block : nullptr;
        }
        void *block = mmap(nullptr, n + header_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return block == MAP_FAILED ? nullptr : block;
    }

    static void unget(void *data)
    {
        header *block = header_of(data);
        if (block->size < smallest_kept)
            free(block);
        else
            munmap(block, block->size + header_bytes);
    }

    void keep(void *data, size_t size)
    {
        std::lock_guard<std::mutex> hold(lock_);
        used_bytes_ -= size;
        kept_.emplace(size, kept_block{data, n_kept_++});
        kept_bytes_ += size;
        shrink_to(most_used_ - used_bytes_);
    }

    static void give_back(void *data);

    // With lock_ held.
    void count_used(size_t size)
    {
        used_bytes_ += size;
        most_used_ = std::max(most_used_, used_bytes_);
    }

    // With lock_ held.
    void shrink_to(size_t bytes)
    {
        while (kept_bytes_ > bytes) {
            auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto &a, const auto &b) {
                return a.second.since < b.second.since;
            });
            kept_bytes_ -= oldest->first;
            unget(oldest->second.data);
            kept_.erase(oldest);
        }
    }

    std::mutex lock_;
    std::multimap<size_t, kept_block> kept_; // by size; some dozens
    size_t kept_bytes_ = 0, used_bytes_ = 0, most_used_ = 0;
    uint64_t n_kept_ = 0;
};

keeping_allocator *installed; // for the life of the process, as tensors may outlive any one runtime

void keeping_allocator::give_back(void *data)
{
    if (!data)
        return;
    size_t size = header_of(data)->size;
    if (size >= smallest_kept)
        installed->keep(data, size);
    else
        unget(data);
}

} // namespace

void lex_torch_keep_blocks()
{
    static const bool done = [] {
        installed = new keeping_allocator();
        c10::SetCPUAllocator(installed, 1);
        return true;
    }();
    (void)done;
}
