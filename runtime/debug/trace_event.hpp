// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/debug/stint.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coil::debug {

// One line of a trace in the format that Perfetto and chrome://tracing open ("Trace Event Format": an array of objects;
// a slice is "X", what a track is called is "M"; microseconds). Each ends in ",\n" but for the last one of a file.

// Shape: the longest line that any of these appends. Long names and paths are cut.
inline constexpr std::size_t longest_event = 4096;

void append_slice(std::string& text, const stint& s, int process, int thread);
void append_thread_name(std::string& text, std::string_view name, int process, int thread);
// The last one: names the process, and closes the array.
void append_end(std::string& text, std::string_view program, int process);

// A JSON string, quoted: what is no UTF-8 becomes a question mark.
void append_quoted(std::string& text, std::string_view bytes, std::size_t most);

}  // namespace coil::debug
