// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

namespace versus {

/// Makes text safe inside an HTML element or a quoted attribute. Control characters, which a file name may hold, come
/// out as the replacement character; bytes that are no UTF-8 are left to the browser, which does the same.
std::string html_text(std::string_view text);

}  // namespace versus
