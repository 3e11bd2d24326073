// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil {

/// Makes a class linkable into one doubly linked list at a time.
struct list_hook {
    list_hook* previous = nullptr;
    list_hook* following = nullptr;
    bool linked() const noexcept { return following != nullptr; }
};

/// Links objects that derive from `list_hook`; it owns nothing and allocates nothing. Cost: every operation is O(1).
template <class T>
class intrusive_list {
public:
    intrusive_list() noexcept { head_.previous = head_.following = &head_; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    bool empty() const noexcept { return head_.following == &head_; }
    T* front() noexcept { return empty() ? nullptr : static_cast<T*>(head_.following); }
    T* after(T& t) noexcept {
        list_hook* n = static_cast<list_hook&>(t).following;
        return n == &head_ ? nullptr : static_cast<T*>(n);
    }
    void push_back(T& t) noexcept {
        list_hook& h = t;
        h.previous = head_.previous;
        h.following = &head_;
        head_.previous->following = &h;
        head_.previous = &h;
    }
    static void remove(T& t) noexcept {
        list_hook& h = t;
        h.previous->following = h.following;
        h.following->previous = h.previous;
        h.previous = h.following = nullptr;
    }
    T* pop_front() noexcept {
        T* t = front();
        if (t) remove(*t);
        return t;
    }

private:
    list_hook head_;
};

}  // namespace coil
