// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_objects.hpp>

#include <coil/process/codec.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace coil::process {

namespace {

using bytes = std::vector<std::byte>;

template <class T>
void reply(asker& who, const T& value) {
    encode(who.answer, value);
}

[[noreturn]] void unknown_operation() { bad_message("an operation that this kind of object does not have"); }

// What lists and dictionaries have in common.
template <class All>
class kept_collection : public kept_object {
public:
    using kept_object::kept_object;

protected:
    void ask_for_all(asker& who, manager_op op) {
        switch (op) {
        case manager_op::size:
            reply(who, std::uint64_t{all_.size()});
            break;
        case manager_op::all:
            reply(who, all_);
            break;
        case manager_op::clear:
            all_.clear();
            break;
        default:
            unknown_operation();
        }
    }
    All all_;
};

class kept_list final : public kept_collection<std::vector<bytes>> {
public:
    using kept_collection::kept_collection;
    void ask(asker& who, manager_op op, decoder& from) override {
        switch (op) {
        case manager_op::push_back:
            all_.push_back(decode<bytes>(from));
            break;
        case manager_op::at:
            reply(who, all_[index(from, all_.size())]);
            break;
        case manager_op::set: {
            const auto i = index(from, all_.size());
            all_[i] = decode<bytes>(from);
            break;
        }
        case manager_op::pop_back:
            if (all_.empty()) throw std::out_of_range("list " + name + " is empty");
            reply(who, all_.back());
            all_.pop_back();
            break;
        case manager_op::insert: {
            const auto i = index(from, all_.size() + 1);
            all_.insert(all_.begin() + static_cast<std::ptrdiff_t>(i), decode<bytes>(from));
            break;
        }
        case manager_op::erase:
            all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(index(from, all_.size())));
            break;
        default:
            ask_for_all(who, op);
        }
    }

private:
    std::size_t index(decoder& from, std::size_t end) const {
        const auto i = from.value<std::uint64_t>();
        if (i >= end)
            throw std::out_of_range("list " + name + ": index " + std::to_string(i) + " of " + std::to_string(all_.size()));
        return i;
    }
};

// As std::less has it; but g++ 12 at -O3 takes the size that the library compares for one that may be negative, and warns.
struct less_bytes {
    bool operator()(const bytes& a, const bytes& b) const noexcept {
        const std::string_view x(reinterpret_cast<const char*>(a.data()), a.size());
        const std::string_view y(reinterpret_cast<const char*>(b.data()), b.size());
        return x < y;
    }
};

class kept_dict final : public kept_collection<std::map<bytes, bytes, less_bytes>> {
public:
    using kept_collection::kept_collection;
    void ask(asker& who, manager_op op, decoder& from) override {
        switch (op) {
        case manager_op::find: {
            const auto at = all_.find(decode<bytes>(from));
            reply(who, at == all_.end() ? std::optional<bytes>() : std::optional<bytes>(at->second));
            break;
        }
        case manager_op::put_entry: {
            auto key = decode<bytes>(from);
            all_.insert_or_assign(std::move(key), decode<bytes>(from));
            break;
        }
        case manager_op::erase_entry:
            reply(who, all_.erase(decode<bytes>(from)) > 0);
            break;
        case manager_op::has_entry:
            reply(who, all_.contains(decode<bytes>(from)));
            break;
        default:
            ask_for_all(who, op);
        }
    }
};

class kept_value final : public kept_object {
public:
    using kept_object::kept_object;
    void ask(asker& who, manager_op op, decoder& from) override {
        switch (op) {
        case manager_op::read:
            reply(who, value_);
            break;
        case manager_op::write:
            value_ = decode<bytes>(from);
            break;
        case manager_op::exchange:
            reply(who, std::exchange(value_, decode<bytes>(from)));
            break;
        default:
            unknown_operation();
        }
    }

private:
    std::optional<bytes> value_;
};

class kept_lock final : public kept_object {
public:
    using kept_object::kept_object;
    void ask(asker& who, manager_op op, decoder&) override {
        switch (op) {
        case manager_op::acquire:
            if (holder_ == &who) throw std::logic_error("lock " + name + " is held by this proxy already");
            if (!holder_) holder_ = &who;
            else {
                line_.push_back(&who);
                who.waits = true;
            }
            break;
        case manager_op::try_acquire:
            reply(who, holder_ == nullptr);
            if (!holder_) holder_ = &who;
            break;
        case manager_op::release:
            if (holder_ != &who) throw std::logic_error("lock " + name + " is not held by this proxy");
            pass_on();
            break;
        case manager_op::is_held:
            reply(who, holder_ != nullptr);
            break;
        default:
            unknown_operation();
        }
    }
    void forget(asker& who) override {
        std::erase(line_, &who);
        if (holder_ == &who) pass_on();
    }

private:
    void pass_on() {
        holder_ = nullptr;
        if (line_.empty()) return;
        holder_ = line_.front();
        line_.pop_front();
        holder_->waits = false;
        holder_->answered();
    }
    asker* holder_ = nullptr;
    std::deque<asker*> line_;
};

class kept_queue final : public kept_object {
public:
    kept_queue(std::string n, std::uint64_t limit) : kept_object(managed_kind::queue, std::move(n)), limit_(limit) {}
    void ask(asker& who, manager_op op, decoder& from) override {
        switch (op) {
        case manager_op::put:
            if (is_full()) {
                putters_.emplace_back(&who, decode<bytes>(from));
                who.waits = true;
                return;
            }
            all_.push_back(decode<bytes>(from));
            break;
        case manager_op::try_put:
            reply(who, !is_full());
            if (!is_full()) all_.push_back(decode<bytes>(from));
            break;
        case manager_op::get:
            if (all_.empty()) {
                getters_.push_back(&who);
                who.waits = true;
                return;
            }
            give(who, false);
            break;
        case manager_op::try_get:
            if (all_.empty()) reply(who, std::optional<bytes>());
            else give(who, true);
            break;
        case manager_op::took:
            who.lent.reset();
            return;
        case manager_op::size:
            reply(who, std::uint64_t{all_.size()});
            break;
        default:
            unknown_operation();
        }
        settle();
    }
    void forget(asker& who) override {
        std::erase(getters_, &who);
        std::erase_if(putters_, [&](const auto& p) { return p.first == &who; });
        if (who.lent) {
            all_.push_front(std::move(*who.lent));
            who.lent.reset();
        }
        settle();
    }

private:
    bool is_full() const noexcept { return limit_ != 0 && all_.size() >= limit_; }
    void give(asker& who, bool as_optional) {
        if (as_optional) reply(who, std::optional<bytes>(all_.front()));
        else reply(who, all_.front());
        who.lent = std::move(all_.front());
        all_.pop_front();
    }
    // Those who wait are served in the order in which they came.
    void settle() {
        for (;;) {
            if (!getters_.empty() && !all_.empty()) {
                asker* const who = getters_.front();
                getters_.pop_front();
                give(*who, false);
                who->waits = false;
                who->answered();
            } else if (!putters_.empty() && !is_full()) {
                auto [who, value] = std::move(putters_.front());
                putters_.pop_front();
                all_.push_back(std::move(value));
                who->waits = false;
                who->answered();
            } else {
                return;
            }
        }
    }
    const std::uint64_t limit_;
    std::deque<bytes> all_;
    std::deque<asker*> getters_;
    std::deque<std::pair<asker*, bytes>> putters_;
};

}  // namespace

std::unique_ptr<kept_object> make_kept(managed_kind kind, std::string name, std::uint64_t limit) {
    switch (kind) {
    case managed_kind::list:
        return std::make_unique<kept_list>(kind, std::move(name));
    case managed_kind::dict:
        return std::make_unique<kept_dict>(kind, std::move(name));
    case managed_kind::value:
        return std::make_unique<kept_value>(kind, std::move(name));
    case managed_kind::lock:
        return std::make_unique<kept_lock>(kind, std::move(name));
    case managed_kind::queue:
        return std::make_unique<kept_queue>(std::move(name), limit);
    }
    bad_message("a kind of object that is none");
}

}  // namespace coil::process
