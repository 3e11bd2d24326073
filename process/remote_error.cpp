// SPDX-License-Identifier: BSL-1.0
#include <coil/process/remote_error.hpp>

#include <coil/process/codec.hpp>
#include <coil/runtime/base/errors.hpp>

#include <cxxabi.h>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <typeinfo>
#include <unistd.h>

namespace coil::process {

namespace {

enum class known : std::uint8_t {
    other,
    logic_error,
    invalid_argument,
    domain_error,
    length_error,
    out_of_range,
    runtime_error,
    range_error,
    overflow_error,
    underflow_error,
    system_error,
    bad_alloc,
    last = bad_alloc,
};

enum class category : std::uint8_t { other, generic, system };

struct record {
    known kind = known::other;
    category code_category = category::other;
    std::int32_t code = 0;
    std::string type;
    std::string text;
};

std::string readable(const char* mangled) {
    int status = 0;
    char* const text = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string name = status == 0 && text ? text : mangled;
    std::free(text);
    return name;
}

std::string type_of(const std::exception_ptr& e) {
    // the type of what is no std::exception is known to the runtime library only
    if (const std::type_info* const t = e.__cxa_exception_type()) return readable(t->name());
    return "an unknown type";
}

// The most derived of the standard library's, so that a handler there and a handler here are the same.
known kind_of(const std::exception& e) {
    if (dynamic_cast<const std::system_error*>(&e)) return known::system_error;
    if (dynamic_cast<const std::invalid_argument*>(&e)) return known::invalid_argument;
    if (dynamic_cast<const std::domain_error*>(&e)) return known::domain_error;
    if (dynamic_cast<const std::length_error*>(&e)) return known::length_error;
    if (dynamic_cast<const std::out_of_range*>(&e)) return known::out_of_range;
    if (dynamic_cast<const std::logic_error*>(&e)) return known::logic_error;
    if (dynamic_cast<const std::range_error*>(&e)) return known::range_error;
    if (dynamic_cast<const std::overflow_error*>(&e)) return known::overflow_error;
    if (dynamic_cast<const std::underflow_error*>(&e)) return known::underflow_error;
    if (dynamic_cast<const std::runtime_error*>(&e)) return known::runtime_error;
    if (dynamic_cast<const std::bad_alloc*>(&e)) return known::bad_alloc;
    return known::other;
}

record record_of(const std::exception_ptr& e) {
    record r;
    r.type = type_of(e);
    try {
        std::rethrow_exception(e);
    } catch (const std::exception& x) {
        r.kind = kind_of(x);
        r.text = x.what();
        if (const auto* const s = dynamic_cast<const std::system_error*>(&x)) {
            r.code = s->code().value();
            if (s->code().category() == std::generic_category()) r.code_category = category::generic;
            if (s->code().category() == std::system_category()) r.code_category = category::system;
        }
    } catch (const std::string& s) {
        r.text = s;
    } catch (const char* s) {
        r.text = s;
    } catch (const cancelled&) {
        r.text = "the task was stopped";
    } catch (...) {
        r.text = "no std::exception";
    }
    return r;
}

// Its text came whole from the other process, where the code's message stands in it already.
class remote_system_error final : public std::system_error, public remote_cause {
public:
    remote_system_error(std::string type, int pid, std::error_code code, std::string text)
        : std::system_error(code), remote_cause(std::move(type), pid), text_(std::move(text)) {}
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};
class remote_bad_alloc final : public std::bad_alloc, public remote_cause {
public:
    remote_bad_alloc(std::string type, int pid) : remote_cause(std::move(type), pid) {}
    const char* what() const noexcept override { return "std::bad_alloc in another process"; }
};

template <class E>
std::exception_ptr made(record& r, int pid) {
    return std::make_exception_ptr(remote_exception<E>(std::move(r.type), pid, r.text));
}

}  // namespace

void encode_exception(encoder& to, const std::exception_ptr& e) {
    const record r = record_of(e);
    to.value(static_cast<std::uint8_t>(r.kind));
    to.value(static_cast<std::uint8_t>(r.code_category));
    to.value(r.code);
    to.value<std::int32_t>(::getpid());
    encode(to, r.type);
    encode(to, r.text);
}

std::exception_ptr decode_exception(decoder& from) {
    record r;
    const auto kind = from.value<std::uint8_t>();
    r.kind = kind <= static_cast<std::uint8_t>(known::last) ? static_cast<known>(kind) : known::other;
    const auto where = from.value<std::uint8_t>();
    r.code = from.value<std::int32_t>();
    const int pid = from.value<std::int32_t>();
    r.type = decode<std::string>(from);
    r.text = decode<std::string>(from);
    switch (r.kind) {
    case known::logic_error:
        return made<std::logic_error>(r, pid);
    case known::invalid_argument:
        return made<std::invalid_argument>(r, pid);
    case known::domain_error:
        return made<std::domain_error>(r, pid);
    case known::length_error:
        return made<std::length_error>(r, pid);
    case known::out_of_range:
        return made<std::out_of_range>(r, pid);
    case known::runtime_error:
        return made<std::runtime_error>(r, pid);
    case known::range_error:
        return made<std::range_error>(r, pid);
    case known::overflow_error:
        return made<std::overflow_error>(r, pid);
    case known::underflow_error:
        return made<std::underflow_error>(r, pid);
    case known::system_error:
        if (where != static_cast<std::uint8_t>(category::other)) {
            const auto& c = where == static_cast<std::uint8_t>(category::generic) ? std::generic_category()
                                                                                  : std::system_category();
            return std::make_exception_ptr(
                remote_system_error(std::move(r.type), pid, std::error_code(r.code, c), std::move(r.text)));
        }
        break;
    case known::bad_alloc:
        return std::make_exception_ptr(remote_bad_alloc(std::move(r.type), pid));
    case known::other:
        break;
    }
    return std::make_exception_ptr(remote_error(std::move(r.type), std::move(r.text), pid));
}

std::string describe_exception(const std::exception_ptr& e) noexcept {
    try {
        const record r = record_of(e);
        return r.type + ": " + r.text;
    } catch (...) {
        return "an exception";
    }
}

}  // namespace coil::process
