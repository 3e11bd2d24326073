// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_memory.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/shared_pages.hpp>

#include <cerrno>
#include <string>

namespace coil::process {

namespace pages = ring::shared_pages;

namespace {
ring::descriptor made(count bytes, const shared_memory_options& o, place where) {
    if (bytes.value() == 0) bad_argument("shared memory has at least one byte", where);
    const long fd = pages::make(std::string(o.name).c_str(), static_cast<std::size_t>(bytes.value()));
    if (fd < 0) throw_errno(static_cast<int>(-fd), "share memory", std::to_string(bytes.value()) + " bytes");
    return ring::descriptor(static_cast<int>(fd));
}
}  // namespace

shared_memory::shared_memory(ring::descriptor memory, std::size_t size, bool writable)
    : memory_(std::move(memory)),
      at_(pages::map(memory_.number(), size, writable)),
      size_(size),
      writable_(writable) {
    if (at_ == nullptr) throw_errno(errno, "map shared memory", std::to_string(size) + " bytes");
}

shared_memory::shared_memory(count bytes, shared_memory_options o, place where)
    : shared_memory(made(bytes, o, where), static_cast<std::size_t>(bytes.value()), true) {
    if (o.others_write) return;
    // from here on the destructor cleans up: the delegated constructor has ended
    if (const long r = pages::forbid_new_writers(memory_.number()); r < 0)
        throw_errno(static_cast<int>(-r), "seal shared memory");
}

shared_memory& shared_memory::operator=(shared_memory&& other) noexcept {
    if (this == &other) return *this;
    if (at_ != nullptr) pages::unmap(at_, size_);
    memory_ = std::move(other.memory_);
    at_ = std::exchange(other.at_, nullptr);
    size_ = std::exchange(other.size_, 0);
    writable_ = other.writable_;
    return *this;
}

shared_memory::~shared_memory() {
    if (at_ != nullptr) pages::unmap(at_, size_);
}

std::span<std::byte> shared_memory::bytes() const {
    if (!writable_) throw_errno(EACCES, "write", "shared memory that is passed for reading alone");
    return {static_cast<std::byte*>(at_), size_};
}

void shared_memory::encode(encoder& to) const {
    to.descriptor(memory_.number());
}

shared_memory shared_memory::decode(decoder& from) {
    ring::descriptor memory = from.owned_descriptor();
    const auto size = pages::size(memory.number());
    if (size <= 0) throw_errno(EBADMSG, "decode", "shared memory");
    const bool writable = pages::can_write(memory.number());
    return shared_memory(std::move(memory), static_cast<std::size_t>(size), writable);
}

}  // namespace coil::process
