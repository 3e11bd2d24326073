// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_numbers.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

namespace coil::ring {

namespace {

constexpr std::size_t page_length = 1024;
constexpr std::size_t most_pages = 1024;  // a million numbers; those above are never known

using number_page = std::array<std::atomic<std::uint32_t>, page_length>;

std::atomic<bool> counting{false};
std::array<std::atomic<number_page*>, most_pages> pages{};  // never freed

std::atomic<std::uint32_t>* find(int fd) noexcept {
    const auto at = static_cast<std::size_t>(fd);
    if (fd < 0 || at / page_length >= most_pages) return nullptr;
    number_page* const p = pages[at / page_length].load(std::memory_order_acquire);  // pairs with the exchange in `make`
    return p == nullptr ? nullptr : &(*p)[at % page_length];
}

std::atomic<std::uint32_t>* make(int fd) noexcept {
    const auto at = static_cast<std::size_t>(fd);
    if (fd < 0 || at / page_length >= most_pages) return nullptr;
    number_page* const fresh = new (std::nothrow) number_page{};
    number_page* there = nullptr;
    if (!pages[at / page_length].compare_exchange_strong(there, fresh, std::memory_order_acq_rel)) delete fresh;
    return find(fd);
}

}  // namespace

void descriptor_numbers::begin_counting() noexcept {
    counting.store(true, std::memory_order_relaxed);
}

void descriptor_numbers::owned(int fd) noexcept {
    if (!counting.load(std::memory_order_relaxed)) return;
    std::atomic<std::uint32_t>* n = find(fd);
    if (n == nullptr) n = make(fd);
    if (n == nullptr) return;
    const std::uint32_t before = n->load(std::memory_order_relaxed);
    n->store(known(before) ? before + 2 : before + 1, std::memory_order_relaxed);
}

void descriptor_numbers::disowned(int fd) noexcept {
    if (!counting.load(std::memory_order_relaxed)) return;
    std::atomic<std::uint32_t>* const n = find(fd);
    if (n == nullptr) return;
    const std::uint32_t before = n->load(std::memory_order_relaxed);
    if (known(before)) n->store(before + 1, std::memory_order_relaxed);
}

std::uint32_t descriptor_numbers::owner(int fd) noexcept {
    std::atomic<std::uint32_t>* const n = find(fd);
    return n == nullptr ? 0 : n->load(std::memory_order_relaxed);
}

}  // namespace coil::ring
