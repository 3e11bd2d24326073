// SPDX-License-Identifier: BSL-1.0
#include <coil/process/function.hpp>

#include <dlfcn.h>

namespace coil::process {

namespace {

constinit const function_entry* all_functions = nullptr;

std::uint64_t hash(std::string_view text) noexcept {
    std::uint64_t h = 14695981039346656037ULL;  // FNV-1a
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return h;
}

}  // namespace

function_entry::function_entry(invocation f, std::string_view printed) noexcept
    : invoke_(f), name_(printed), next_(all_functions) {
    if (name_.starts_with('&')) name_.remove_prefix(1);
    all_functions = this;
}

function_key function_entry::key() const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(invoke_);
    // Where an image lies is drawn anew for each process; what lies where in it is not. A program without dynamic linking
    // has one image, and any function of it will do to measure from.
    Dl_info image{};
    const auto base = ::dladdr(reinterpret_cast<void*>(invoke_), &image) != 0 && image.dli_fbase
                          ? reinterpret_cast<std::uintptr_t>(image.dli_fbase)
                          : reinterpret_cast<std::uintptr_t>(&hash);
    return {.name_hash = hash(name_), .offset = at - base};
}

const function_entry* function_entry::find(const function_key& k) noexcept {
    for (const function_entry* f = all_functions; f; f = f->next_)
        if (hash(f->name_) == k.name_hash && f->key() == k) return f;
    return nullptr;
}

std::uint64_t function_entry::fingerprint() noexcept {
    std::uint64_t all = 0;
    for (const function_entry* f = all_functions; f; f = f->next_) {
        const auto k = f->key();
        all += (k.name_hash ^ k.offset) * 1099511628211ULL;
    }
    return all;
}

}  // namespace coil::process
