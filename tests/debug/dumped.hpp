// SPDX-License-Identifier: BSL-1.0
// What `dump_tasks` writes, as a text.
#pragma once
#include <coil/runtime/debug/dump_tasks.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

inline std::string dumped() {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const f = ::open_memstream(&text, &size);
    coil::dump_tasks(f);
    std::fclose(f);
    std::string all(text, size);
    std::free(text);
    return all;
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
