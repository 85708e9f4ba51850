#include "transform/json_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/digits.h"
#include "core/utf8.h"
#include "transform/encode_context.h"
#include "transform/numeric_field.h"

namespace transload {
namespace {

// jsonb keeps lengths in 28 bits.
constexpr std::size_t kMaxJsonbString = 0x0FFFFFFF;

// One pass over a document with a stack of its own, so that depth is bounded by memory only.
class JsonScanner {
 public:
  // `canonical` null: the looser grammar of json.
  bool Scan(std::string_view text, ByteBuffer* canonical, JsonFindings& findings) {
    start_ = at_ = text.data();
    end_ = at_ + text.size();
    out_ = canonical;
    findings_ = &findings;
    frames_.clear();
    members_.clear();
    if (!Document()) return false;
    SkipSpace();
    return at_ == end_ || Refuse("there is more after its end");
  }

 private:
  struct Frame {
    bool object;
    std::size_t first_member;  // in members_
  };
  struct Member {
    std::size_t start;  // in the output
    std::size_t key_size;
  };

  bool Refuse(std::string_view why) {
    findings_->why = fmt::format("not JSON at byte {}: {}", at_ - start_, why);
    return false;
  }
  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  char Peek() const { return at_ < end_ ? *at_ : '\0'; }
  void Put(char tag) {
    if (out_ != nullptr) *out_->Extend(1) = tag;
  }

  bool Document() {
    while (true) {
      SkipSpace();
      bool opened = false;
      if (!Value(opened)) return false;
      if (opened) continue;
      // A value has ended: close what it ends, or go on to the next one.
      while (true) {
        if (frames_.empty()) return true;
        SkipSpace();
        const bool object = frames_.back().object;
        if (Peek() == ',') {
          ++at_;
          if (object && !Key()) return false;
          break;
        }
        if (Peek() != (object ? '}' : ']')) {
          return Refuse(object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        Close();
      }
    }
  }

  // One scalar, or the opening of a container that is not empty (`opened`).
  bool Value(bool& opened) {
    switch (Peek()) {
      case '{':
        return Open(true, opened);
      case '[':
        return Open(false, opened);
      case '"':
        return String();
      case 't':
        return Word("true", 't');
      case 'f':
        return Word("false", 'f');
      case 'n':
        return Word("null", 'n');
      default:
        return Number();
    }
  }

  bool Open(bool object, bool& opened) {
    ++at_;
    Put(object ? '{' : '[');
    frames_.push_back({object, members_.size()});
    SkipSpace();
    if (Peek() == (object ? '}' : ']')) {
      Close();
      return true;
    }
    opened = true;
    return !object || Key();
  }

  void Close() {
    ++at_;
    const Frame frame = frames_.back();
    frames_.pop_back();
    if (frame.object && out_ != nullptr) SortMembers(frame.first_member);
    Put(frame.object ? '}' : ']');
  }

  bool Key() {
    SkipSpace();
    if (Peek() != '"') return Refuse("expected a key in quotes");
    const std::size_t start = out_ != nullptr ? out_->size() : 0;
    if (!String()) return false;
    if (out_ != nullptr) members_.push_back({start, out_->size() - start - 5});
    SkipSpace();
    if (Peek() != ':') return Refuse("expected ':' after a key");
    ++at_;
    return true;
  }

  bool Word(std::string_view word, char tag) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
      return Refuse("expected a value");
    }
    at_ += word.size();
    Put(tag);
    return true;
  }

  bool Number() {
    const char* const start = at_;
    if (Peek() == '-') ++at_;
    if (!IsDigit(Peek())) {
      at_ = start;
      return Refuse(at_ == end_ ? "it ends too early" : "expected a value");
    }
    if (*at_++ != '0') {
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == '.') {
      ++at_;
      if (!IsDigit(Peek())) return Refuse("expected a digit after the point");
      while (IsDigit(Peek())) ++at_;
    }
    bool exponent = false;
    if (Peek() == 'e' || Peek() == 'E') {
      exponent = true;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!IsDigit(Peek())) return Refuse("expected a digit in the exponent");
      while (IsDigit(Peek())) ++at_;
    }
    // "012" and "1x" are no numbers; PostgreSQL refuses them as one token.
    if (at_ < end_ && (IsDigit(*at_) || (*at_ | 0x20) >= 'a') && (*at_ | 0x20) <= 'z') {
      return Refuse("expected the end of a number");
    }
    return out_ == nullptr || PutNumber({start, static_cast<std::size_t>(at_ - start)}, exponent);
  }

  bool PutNumber(std::string_view text, bool exponent) {
    if (exponent) {
      bool too_large = false;
      if (!ExpandExponent(text, number_, too_large)) {
        return Refuse(fmt::format("{} is beyond what jsonb's numbers can hold", text));
      }
      text = number_;
    }
    Put('d');
    char* payload = out_->Extend(NumericBytes(text.size()));
    NumericError error;
    char* const end = WriteNumeric(text, {}, payload, error);
    if (end == nullptr) return Refuse("a number is beyond what jsonb's numbers can hold");
    StoreBe16(payload + 6, 0);
    out_->Truncate(static_cast<std::size_t>(end - out_->data()));
    if (text.starts_with('-') && LoadBe16(payload) == 0) findings_->negative_zero = true;
    return true;
  }

  // Plain stretches are checked and copied whole; escapes are read one by one.
  bool String() {
    ++at_;
    std::size_t start = 0;
    if (out_ != nullptr) {
      start = out_->size();
      out_->Extend(5);
    }
    while (true) {
      const char* const stretch = at_;
      while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<std::uint8_t>(*at_) >= 0x20) {
        ++at_;
      }
      const std::string_view plain(stretch, static_cast<std::size_t>(at_ - stretch));
      if (const std::size_t bad = FindBadText(plain); bad != plain.size()) {
        at_ = stretch + bad;
        return Refuse("the text is not UTF-8");
      }
      if (out_ != nullptr) out_->Append(plain);
      if (at_ == end_) return Refuse("a string has no end");
      if (*at_ == '"') break;
      if (*at_ != '\\') return Refuse("a control character in a string");
      if (!Escape()) return false;
    }
    ++at_;
    if (out_ == nullptr) return true;
    const std::size_t size = out_->size() - start - 5;
    if (size > kMaxJsonbString) return Refuse("a string longer than jsonb can hold");
    out_->data()[start] = 's';
    StoreBe32(out_->data() + start + 1, static_cast<std::uint32_t>(size));
    return true;
  }

  bool Escape() {
    ++at_;
    char plain = 0;
    switch (Peek()) {
      case '"':
      case '\\':
      case '/':
        plain = *at_;
        break;
      case 'b':
        plain = '\b';
        break;
      case 'f':
        plain = '\f';
        break;
      case 'n':
        plain = '\n';
        break;
      case 'r':
        plain = '\r';
        break;
      case 't':
        plain = '\t';
        break;
      case 'u':
        return UnicodeEscape();
      default:
        return Refuse("an unknown escape");
    }
    ++at_;
    Put(plain);
    return true;
  }

  // "uXXXX" at the cursor.
  bool HexEscape(std::uint32_t& code) {
    if (end_ - at_ < 5) return Refuse("an escape is cut short");
    code = 0;
    for (int i = 1; i <= 4; ++i) {
      const char c = at_[i];
      const char lower = static_cast<char>(c | 0x20);
      if (IsDigit(c)) {
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return Refuse("expected four hexadecimal digits after \\u");
      }
    }
    at_ += 5;
    return true;
  }

  bool UnicodeEscape() {
    std::uint32_t code = 0;
    if (!HexEscape(code)) return false;
    if (out_ == nullptr) return true;
    if (code == 0) return Refuse("\\u0000, which jsonb cannot hold");
    if (code >= 0xDC00 && code < 0xE000) return Refuse("half of a surrogate pair");
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') {
        return Refuse("half of a surrogate pair");
      }
      ++at_;
      if (!HexEscape(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return Refuse("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    character_.clear();
    AppendUtf8(character_, code);
    out_->Append(character_);
    return true;
  }

  // Brings the members of the object that ends here into order, when they are not.
  void SortMembers(std::size_t first) {
    const std::size_t body_end = out_->size();
    auto key = [this](const Member& m) {
      return std::string_view(out_->data() + m.start + 5, m.key_size);
    };
    auto before = [&](const Member& a, const Member& b) {
      return a.key_size != b.key_size ? a.key_size < b.key_size : key(a) < key(b);
    };
    bool sorted = true;
    for (std::size_t i = first + 1; i < members_.size() && sorted; ++i) {
      sorted = before(members_[i - 1], members_[i]);
    }
    if (!sorted) {
      // The member's end, before the order is lost.
      sizes_.clear();
      for (std::size_t i = first; i < members_.size(); ++i) {
        const std::size_t end = i + 1 < members_.size() ? members_[i + 1].start : body_end;
        sizes_.push_back({members_[i], end - members_[i].start});
      }
      std::stable_sort(sizes_.begin(), sizes_.end(),
                       [&](const Sized& a, const Sized& b) { return before(a.member, b.member); });
      body_.Clear();
      for (std::size_t i = 0; i < sizes_.size(); ++i) {
        if (i + 1 < sizes_.size() && !before(sizes_[i].member, sizes_[i + 1].member)) {
          findings_->duplicate_keys = true;
          continue;
        }
        body_.Append(out_->data() + sizes_[i].member.start, sizes_[i].size);
      }
      out_->Truncate(members_[first].start);
      out_->Append(body_.view());
    }
    members_.resize(first);
  }

  struct Sized {
    Member member;
    std::size_t size;
  };

  const char* start_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  ByteBuffer* out_ = nullptr;
  JsonFindings* findings_ = nullptr;
  std::vector<Frame> frames_;
  std::vector<Member> members_;
  std::vector<Sized> sizes_;
  ByteBuffer body_;
  std::string number_;
  std::string character_;
};

// Kept per thread, so that a warm lane does not allocate.
JsonScanner& ThreadScanner() {
  thread_local JsonScanner scanner;
  return scanner;
}

}  // namespace

bool ScanJson(std::string_view text, JsonFindings& findings) {
  return ThreadScanner().Scan(text, nullptr, findings);
}

bool ScanJsonb(std::string_view text, ByteBuffer& canonical, JsonFindings& findings) {
  return ThreadScanner().Scan(text, &canonical, findings);
}

void StripNulEscapes(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i++];
    } else if (text.substr(i, 6) == "\\u0000") {
      i += 6;
    } else {
      out.append(text, i, 2);
      i += 2;
    }
  }
}

}  // namespace transload
