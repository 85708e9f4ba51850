// uuid, bit, inet, cidr and macaddr.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

#include "transform/bind_source.h"

namespace transload {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class UuidTarget {
 public:
  explicit UuidTarget(const Binding& binding) : swapped_(binding.column.decode == "uuid_swapped") {}

  bool Put(EncodeContext& context, UuidValue v) const { return context.PutBytes(v.bytes); }
  bool Put(EncodeContext& context, BytesValue v) const {
    if (v.bytes.size() != 16) {
      return context.Misfit(fmt::format("{} bytes are no uuid", v.bytes.size()));
    }
    if (!swapped_) return context.PutBytes(v.bytes);
    // UUID_TO_BIN(u, 1) puts time_hi and time_mid before time_low.
    char* out = context.at;
    StoreBe32(out, 16);
    std::memcpy(out + 4, v.bytes.data() + 4, 4);
    std::memcpy(out + 8, v.bytes.data() + 2, 2);
    std::memcpy(out + 10, v.bytes.data(), 2);
    std::memcpy(out + 12, v.bytes.data() + 8, 8);
    context.at += 20;
    return true;
  }
  // Digits in pairs; hyphens may stand between pairs, braces around the whole.
  bool Put(EncodeContext& context, TextValue v) const {
    std::string_view text = v.text;
    if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
    char bytes[16];
    std::size_t count = 0;
    std::size_t i = 0;
    while (i < text.size()) {
      if (text[i] == '-' && count > 0 && i + 1 < text.size()) {
        ++i;
        continue;
      }
      const int high = HexDigit(text[i]);
      const int low = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      if (high < 0 || low < 0 || count == 16) break;
      bytes[count++] = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (count != 16 || i != text.size()) {
      return context.Misfit(fmt::format("'{}' is no uuid", context.Shown()));
    }
    return context.PutBytes({bytes, 16});
  }

 private:
  bool swapped_;
};

// bit(n) and varbit: int32 count of bits, then the bits from the left.
class BitTarget {
 public:
  explicit BitTarget(const Binding& binding)
      : fixed_(binding.type().kind == PgKind::kBit ? binding.type().length : -1),
        limit_(binding.type().kind == PgKind::kVarbit ? binding.type().length : -1),
        source_bits_(binding.source().length),
        type_name_(binding.type().Sql()) {}

  bool Put(EncodeContext& context, BitsValue v) const {
    std::size_t bits = v.bytes.size() * 8;
    if (source_bits_ > 0 && static_cast<std::size_t>(source_bits_) < bits) {
      bits = static_cast<std::size_t>(source_bits_);
    }
    return PutBits(context, v.bytes, bits);
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    char bytes[8];
    StoreBe64(bytes, v.value);
    return PutBits(context, {bytes, 8}, Width(v.value));
  }
  bool Put(EncodeContext& context, SignedValue v) const {
    if (v.value < 0) return TooWide(context);
    return Put(context, UnsignedValue{static_cast<std::uint64_t>(v.value)});
  }
  bool Put(EncodeContext& context, TextValue v) const {
    const std::size_t bits = v.text.size();
    if ((fixed_ >= 0 && bits != static_cast<std::size_t>(fixed_)) ||
        (limit_ >= 0 && bits > static_cast<std::size_t>(limit_))) {
      return TooWide(context);
    }
    if (v.text.find_first_not_of("01") != v.text.npos) {
      return context.Misfit(fmt::format("'{}' is no string of bits", context.Shown()));
    }
    char* out = Begin(context, bits);
    for (std::size_t i = 0; i < bits; ++i) {
      if (v.text[i] == '1') out[i / 8] = static_cast<char>(out[i / 8] | (0x80 >> (i % 8)));
    }
    return true;
  }

 private:
  static std::size_t Width(std::uint64_t value) {
    return value == 0 ? 1 : static_cast<std::size_t>(64 - __builtin_clzll(value));
  }
  // Writes count and zeros, and returns where the bits are.
  static char* Begin(EncodeContext& context, std::size_t bits) {
    const std::size_t bytes = (bits + 7) / 8;
    context.Reserve(bytes);
    char* const field = context.at;
    StoreBe32(field, static_cast<std::uint32_t>(4 + bytes));
    StoreBe32(field + 4, static_cast<std::uint32_t>(bits));
    std::memset(field + 8, 0, bytes);
    context.at += 8 + bytes;
    return field + 8;
  }
  // The rightmost `bits` of big-endian bytes, widened with zeros on the left to bit(n).
  bool PutBits(EncodeContext& context, std::string_view bytes, std::size_t bits) const {
    std::size_t width = bits;
    if (fixed_ >= 0) width = static_cast<std::size_t>(fixed_);
    if (width < bits || (limit_ >= 0 && bits > static_cast<std::size_t>(limit_))) {
      // Leading zeros are no part of the value.
      const std::size_t most = fixed_ >= 0 ? width : static_cast<std::size_t>(limit_);
      if (AnyBit(bytes, bits, most)) return TooWide(context);
      width = bits = most;
    }
    char* out = Begin(context, width);
    const std::size_t all = bytes.size() * 8;
    for (std::size_t i = 0; i < bits && i < all; ++i) {
      const std::size_t from = all - 1 - i;
      const std::size_t to = width - 1 - i;
      const unsigned bit = static_cast<std::uint8_t>(bytes[from / 8]) >> (7 - from % 8) & 1;
      if (bit != 0) out[to / 8] = static_cast<char>(out[to / 8] | (0x80 >> (to % 8)));
    }
    return true;
  }
  // Is a bit set among the rightmost `bits`, left of the rightmost `most`?
  static bool AnyBit(std::string_view bytes, std::size_t bits, std::size_t most) {
    const std::size_t all = bytes.size() * 8;
    for (std::size_t i = most; i < bits && i < all; ++i) {
      const std::size_t from = all - 1 - i;
      if ((static_cast<std::uint8_t>(bytes[from / 8]) >> (7 - from % 8) & 1) != 0) return true;
    }
    return false;
  }
  bool TooWide(EncodeContext& context) const {
    return context.Misfit(fmt::format("value {} does not fit {}", context.Shown(), type_name_));
  }

  std::int32_t fixed_;
  std::int32_t limit_;
  std::int64_t source_bits_;
  std::string type_name_;
};

// family (2 IPv4, 3 IPv6), prefix bits, is_cidr, address length, address.
class InetTarget {
 public:
  explicit InetTarget(const Binding& binding) : cidr_(binding.type().kind == PgKind::kCidr) {}

  bool Put(EncodeContext& context, BytesValue v) const {
    if (v.bytes.size() != 4 && v.bytes.size() != 16) {
      return context.Misfit(fmt::format("{} bytes are no address", v.bytes.size()));
    }
    return PutAddress(context, v.bytes, static_cast<unsigned>(v.bytes.size() * 8));
  }
  bool Put(EncodeContext& context, TextValue v) const {
    const std::string_view text = v.text;
    const std::size_t slash = std::min(text.find('/'), text.size());
    char name[INET6_ADDRSTRLEN + 1];
    if (slash >= sizeof name || text.find('\0') != text.npos) return NoAddress(context);
    std::memcpy(name, text.data(), slash);
    name[slash] = '\0';
    char address[16];
    std::size_t size = 0;
    if (inet_pton(AF_INET, name, address) == 1) size = 4;
    if (size == 0 && inet_pton(AF_INET6, name, address) == 1) size = 16;
    if (size == 0) return NoAddress(context);
    unsigned bits = static_cast<unsigned>(size * 8);
    if (slash < text.size()) {
      const char* const end = text.data() + text.size();
      unsigned prefix = 0;
      auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
      if (error != std::errc() || stop != end || prefix > bits) return NoAddress(context);
      bits = prefix;
    }
    return PutAddress(context, {address, size}, bits);
  }

 private:
  bool PutAddress(EncodeContext& context, std::string_view address, unsigned bits) const {
    if (cidr_) {
      for (std::size_t i = bits; i < address.size() * 8; ++i) {
        if ((static_cast<std::uint8_t>(address[i / 8]) >> (7 - i % 8) & 1) != 0) {
          return context.Misfit(fmt::format(
              "'{}' has bits right of its mask, and the target is cidr", context.Shown()));
        }
      }
    }
    char* out = context.at;
    StoreBe32(out, static_cast<std::uint32_t>(4 + address.size()));
    out[4] = address.size() == 4 ? 2 : 3;
    out[5] = static_cast<char>(bits);
    out[6] = cidr_ ? 1 : 0;
    out[7] = static_cast<char>(address.size());
    std::memcpy(out + 8, address.data(), address.size());
    context.at += 8 + address.size();
    return true;
  }
  static bool NoAddress(EncodeContext& context) {
    return context.Misfit(fmt::format("'{}' is no network address", context.Shown()));
  }

  bool cidr_;
};

class MacaddrTarget {
 public:
  bool Put(EncodeContext& context, TextValue v) const {
    char bytes[6];
    bool good = v.text.size() == 17;
    for (std::size_t i = 0; good && i < 6; ++i) {
      const int high = HexDigit(v.text[3 * i]);
      const int low = HexDigit(v.text[3 * i + 1]);
      good =
          high >= 0 && low >= 0 && (i == 5 || v.text[3 * i + 2] == ':' || v.text[3 * i + 2] == '-');
      bytes[i] = static_cast<char>(high << 4 | low);
    }
    if (!good) {
      return context.Misfit(fmt::format("'{}' is no hardware address", context.Shown()));
    }
    return context.PutBytes({bytes, 6});
  }
  bool Put(EncodeContext& context, BytesValue v) const {
    if (v.bytes.size() != 6) {
      return context.Misfit(fmt::format("{} bytes are no hardware address", v.bytes.size()));
    }
    return context.PutBytes(v.bytes);
  }
};

}  // namespace

EncoderPtr MakeUuidEncoder(const Binding& binding) {
  return BindSource(binding, UuidTarget(binding));
}
EncoderPtr MakeBitEncoder(const Binding& binding) {
  if (binding.enum_index()) return nullptr;
  return BindSource(binding, BitTarget(binding));
}
EncoderPtr MakeInetEncoder(const Binding& binding) {
  return BindSource(binding, InetTarget(binding));
}
EncoderPtr MakeMacaddrEncoder(const Binding& binding) {
  return BindSource(binding, MacaddrTarget());
}

}  // namespace transload
