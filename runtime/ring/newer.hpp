// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the kernel has and the headers of Debian 12 (kernel 6.1, liburing 2.3) do not name. Own names, because newer
// headers define the usual ones as macros. Nothing here may be used unless `features` says so.
namespace coil::ring::newer {

inline constexpr unsigned enter_absolute_timer = 1U << 5;  // IORING_ENTER_ABS_TIMER, 6.12
inline constexpr unsigned register_send_msg_ring = 31;     // IORING_REGISTER_SEND_MSG_RING, 6.13
inline constexpr unsigned char opcode_ftruncate = 55;      // IORING_OP_FTRUNCATE, 6.9
inline constexpr unsigned char opcode_futex_wait = 51;     // IORING_OP_FUTEX_WAIT, 6.7
inline constexpr int futex_of_32_bits = 2;                 // FUTEX2_SIZE_U32, 6.7; without FUTEX2_PRIVATE: between processes
inline constexpr int write_no_signal = 0x100;              // RWF_NOSIGNAL, 6.18

}  // namespace coil::ring::newer
