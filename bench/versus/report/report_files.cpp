// SPDX-License-Identifier: BSL-1.0
#include "report/report_files.hpp"

#include <fcntl.h>

#include <cerrno>
#include <exception>
#include <system_error>

#include "child/descriptor.hpp"
#include "child/transfer.hpp"
#include "report/html.hpp"
#include "report/json.hpp"

namespace versus {
namespace {

descriptor open_to_write(const std::string& path, int flags) {
    descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666));
    if (!file.open()) throw std::system_error(errno, std::generic_category(), "write " + path);
    return file;
}

bool write_file(const std::string& path, const std::string& text, progress& tell) {
    try {
        const descriptor file = open_to_write(path, O_TRUNC);
        write_all(file.get(), text, path);
        tell.say("wrote " + path);
        return true;
    } catch (const std::exception& error) {
        tell.say(error.what());
        return false;
    }
}

}  // namespace

void check_writable(const std::string& path) {
    (void)open_to_write(path, 0);
}

bool write_reports(const findings& found, const std::vector<std::string>& verdict, const std::string& json_path,
                   const std::string& html_path, progress& tell) {
    const bool json = write_file(json_path, json_report(found, verdict), tell);
    const drawn_charts charts = draw_charts(found);
    if (!charts.missing.empty()) tell.say(html_path + " comes without charts: " + charts.missing);
    const bool html = write_file(html_path, html_report(found, verdict, charts), tell);
    return json && html;
}

}  // namespace versus
