// SPDX-License-Identifier: BSL-1.0
// As much of JSON as a trace needs: values are kept as they are written, and what is not well-formed throws.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace json {

// An object has members by name, an array by position; of anything else there is the text, of a string without quotes.
struct value {
    std::string text;
    std::vector<value> items;
    std::map<std::string, value> members;

    bool has(const std::string& name) const { return members.count(name) != 0; }
    const value& operator[](const std::string& name) const {
        const auto at = members.find(name);
        if (at == members.end()) throw std::runtime_error("no member " + name);
        return at->second;
    }
};

class reader {
public:
    explicit reader(std::string_view text) : rest_(text) {}
    value all() {
        value v = one();
        space();
        if (!rest_.empty()) throw std::runtime_error("JSON: something follows: " + std::string(rest_.substr(0, 20)));
        return v;
    }

private:
    void space() {
        while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
    }
    bool take(char c) {
        space();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void need(char c) {
        if (!take(c)) throw std::runtime_error(std::string("JSON: no ") + c + " before: " + std::string(rest_.substr(0, 20)));
    }
    char next() {
        if (rest_.empty()) throw std::runtime_error("JSON: it ends too early");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    std::string quoted() {
        need('"');
        std::string s;
        for (char c; (c = next()) != '"';) {
            if (static_cast<unsigned char>(c) < 0x20) throw std::runtime_error("JSON: a control character in a string");
            if (c == '\\') {
                c = next();
                if (c == 'u') {
                    s.push_back(static_cast<char>(std::stoi(std::string(rest_.substr(0, 4)), nullptr, 16)));
                    rest_.remove_prefix(4);
                    continue;
                }
                if (c != '"' && c != '\\') throw std::runtime_error("JSON: an unknown escape");
            }
            s.push_back(c);
        }
        return s;
    }
    value one() {
        value v;
        if (take('[')) {
            if (take(']')) return v;
            do v.items.push_back(one());
            while (take(','));
            need(']');
        } else if (take('{')) {
            if (take('}')) return v;
            do {
                const std::string name = quoted();
                need(':');
                if (!v.members.emplace(name, one()).second) throw std::runtime_error("JSON: " + name + " twice");
            } while (take(','));
            need('}');
        } else if (!rest_.empty() && rest_.front() == '"') {
            v.text = quoted();
        } else {
            while (!rest_.empty() && std::string_view("-+.0123456789eE").find(rest_.front()) != std::string_view::npos)
                v.text.push_back(next());
            if (v.text.empty()) throw std::runtime_error("JSON: no value: " + std::string(rest_.substr(0, 20)));
        }
        return v;
    }
    std::string_view rest_;
};

inline value parse(std::string_view text) { return reader(text).all(); }

}  // namespace json
