// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace versus {

/// The role of the server process: prints its port, answers until its standard input ends, and on the way out prints
/// one line of JSON: how many answers it gave and how late they were. Returns the exit status.
/// One thread on plain epoll, so that in the measurement nothing of coil lies on the other side of the socket.
int serve_delayed_answers();

}  // namespace versus
