#include "tests/mutants/mutant_list.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace transload {

const char* const kMutantTable = R"sql(
create table m (id int primary key, bo tinyint(1), b1 bit(1), i2 smallint, i4 int, i8 bigint,
  yr year, f4 float, f8 double, nu decimal(30,10), bu bigint unsigned, vc varchar(400), ch char(8),
  tx longtext, en enum('new','paid','gone'), st set('x','y','z'), bl longblob, bf binary(6),
  ge geometry, da date, dt datetime(6), d3 datetime(3), ts timestamp(6) null, tm time(6),
  iv time(6), ui uuid, bt bit(11), i4a inet4, i6 inet6, js json, jt text, mc varchar(17), pt point);
insert into m select seq, seq % 5 = 0, seq % 3 = 0, seq * 37 - 900, seq * 1234567 - 20000000,
  (seq * 1234567890123) - 10000000000000, 2000 + seq, (seq * 16 + 1) * 1048.0625, seq / 7 + 123456,
  seq * 100000000.1234567891 - 1000000000, seq * 98765432109876, concat('é', repeat('ab ', seq * 3)),
  concat('ä', seq), concat('Text ', repeat('ß', seq), ' '), elt(1 + seq % 3, 'new', 'paid', 'gone'),
  elt(1 + seq % 3, 'x', 'x,z', 'y,z'), concat(repeat(x'41ff', seq), x'00'), char(seq, 2, 0, 4),
  st_geomfromtext(concat('LINESTRING(', seq, ' 2,3 ', seq, ')')), '2001-01-31' + interval seq day,
  '2001-01-31 23:59:59.123456' + interval seq * 100001 second,
  '2001-01-31 23:59:59.123' + interval seq * 100001 second,
  '2001-03-31 23:59:59.654321' + interval seq * 1000001 second,
  maketime(seq % 24, seq, 59.25), '00:00:00', uuid(), seq * 23,
  concat('10.1.', seq, '.7'), concat('2001:db8::', seq), json_object('n', seq), json_object('t', seq),
  concat('08:00:2b:01:02:', lpad(hex(seq), 2, '0')), point(seq, -seq)
  from (select cast(seq as signed) as seq from seq_1_to_40) s;
update m set iv = concat(if(id % 2, '-', ''), id * 20, ':10:11.5');
insert into m (id) values (99);
)sql";
const char* const kMutantMaps[2][2] = {{"m.mc", "macaddr"}, {"m.pt", "point"}};

const char* const kSqliteMutantTable = R"sql(
create table m (id integer primary key, bo boolean, i8 bigint, f8 real, nu decimal(20,4),
  tx text, vc varchar(60), bl blob, da date, dt datetime);
with recursive s(n) as (select 1 union all select n + 1 from s where n < 40)
insert into m select n, n % 5 = 0, n * 1234567890123 - 20000000, n / 7.0 + 123456, n * 123456789,
  'Text ' || n || ' ', 'é' || n, cast(substr(hex(zeroblob(40)), 1, n) || char(0) as blob), date('2001-01-31', n || ' days'),
  strftime('%Y-%m-%d %H:%M:%f', '2001-01-31 23:59:59.123', (n * 100001) || ' seconds') from s;
insert into m (id) values (99);
)sql";

const char* const kPostgresMutantTable = R"sql(
create type mood as enum ('new', 'paid', 'gone');
create table m (id int primary key, bo boolean, i2 smallint, i4 int, i8 bigint, nu numeric(28,10),
  f4 real, f8 double precision, tx text, vc varchar(60), ch char(8), ba bytea, da date,
  ts timestamp, tz timestamptz, tm time, iv interval, ui uuid, bt bit(11), ip inet, mc macaddr,
  js jsonb, ar int[], en mood);
insert into m select n, n % 5 = 0, n * 37 - 900, n * 1234567 - 20000000,
  n * 1234567890123 - 10000000000000, n * 100000000.1234567891 - 1000000000,
  (n * 16 + 1) * 1048.0625, n / 7.0 + 123456, 'Text ' || n || ' ', 'é' || n, 'ä' || n,
  decode(repeat('41ff', n) || '00', 'hex'), '2001-01-31'::date + n,
  '2001-01-31 23:59:59.123456'::timestamp + n * interval '100001 s',
  '2001-03-31 23:59:59.654321Z'::timestamptz + n * interval '1000001 s',
  '01:02:03.25'::time + n * interval '1 min', n * interval '-1 hour 0.5 s', md5(n::text)::uuid,
  (n * 23)::bit(11), ('10.1.' || n || '.7')::inet, ('08:00:2b:01:02:' || lpad(to_hex(n), 2,
  '0'))::macaddr, jsonb_build_object('n', n), array[n, n + 1],
  (array['new', 'paid', 'gone'])[1 + n % 3]::mood from generate_series(1, 40) n;
insert into m (id) values (99);
)sql";

namespace {

using Field = std::string;

std::uint64_t Load(const Field& field, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(field[at + i]);
  }
  return value;
}
void Store(Field& field, std::size_t at, std::size_t bytes, std::uint64_t value) {
  for (std::size_t i = bytes; i-- > 0; value >>= 8) field[at + i] = static_cast<char>(value & 0xFF);
}

bool Reversed(Field& field) {
  std::reverse(field.begin(), field.end());
  return true;
}
bool Lost(Field&) { return false; }
bool Inverted(Field& field) {
  field[0] = field[0] == 0 ? 1 : 0;
  return true;
}
bool WithoutTail(Field& field) {
  field.resize(field.size() - 1);
  return true;
}

// Adds to the signed integer at the start of the field.
auto Plus(std::int64_t amount) {
  return [amount](Field& field) {
    const std::size_t bytes = std::min<std::size_t>(field.size(), 8);
    Store(field, 0, bytes, Load(field, 0, bytes) + static_cast<std::uint64_t>(amount));
    return true;
  };
}
// Cuts the integer of 8 bytes to a multiple.
auto CutTo(std::int64_t unit) {
  return [unit](Field& field) {
    auto value = static_cast<std::int64_t>(Load(field, 0, 8));
    Store(field, 0, 8, static_cast<std::uint64_t>(value - value % unit));
    return true;
  };
}
bool WithoutSign(Field& field) {
  const std::size_t bytes = std::min<std::size_t>(field.size(), 8);
  const std::size_t unused = 64 - 8 * bytes;
  auto value = static_cast<std::int64_t>(Load(field, 0, bytes) << unused) >> unused;
  Store(field, 0, bytes, static_cast<std::uint64_t>(value < 0 ? -value : value));
  return true;
}
bool UpperHalfLost(Field& field) {
  auto low = static_cast<std::int32_t>(Load(field, 4, 4));
  Store(field, 0, 8, static_cast<std::uint64_t>(std::int64_t{low}));
  return true;
}

bool FloatSixDigits(Field& field) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g",
                std::bit_cast<float>(static_cast<std::uint32_t>(Load(field, 0, 4))));
  Store(field, 0, 4, std::bit_cast<std::uint32_t>(std::strtof(text, nullptr)));
  return true;
}
bool DoubleThroughFloat(Field& field) {
  const auto narrow = static_cast<float>(std::bit_cast<double>(Load(field, 0, 8)));
  Store(field, 0, 8, std::bit_cast<std::uint64_t>(static_cast<double>(narrow)));
  return true;
}
bool DoubleTwelveDigits(Field& field) {
  char text[64];
  std::snprintf(text, sizeof text, "%.12g", std::bit_cast<double>(Load(field, 0, 8)));
  Store(field, 0, 8, std::bit_cast<std::uint64_t>(std::strtod(text, nullptr)));
  return true;
}

// numeric: int16 count of groups, weight, sign, dscale, then groups of four digits.
bool LastGroupLost(Field& field) {
  const std::uint64_t groups = Load(field, 0, 2);
  if (groups < 2) return true;
  Store(field, 0, 2, groups - 1);
  field.resize(field.size() - 2);
  return true;
}
bool MiddleGroupZero(Field& field) {
  if (Load(field, 0, 2) > 2) Store(field, 10, 2, 0);
  return true;
}
bool NumericSignLost(Field& field) {
  Store(field, 4, 2, 0);
  return true;
}
bool PointMoved(Field& field) {
  if (Load(field, 0, 2) > 0) Store(field, 2, 2, Load(field, 2, 2) + 1);
  return true;
}

bool BlanksStripped(Field& field) {
  field.erase(field.find_last_not_of(' ') + 1);
  return true;
}
bool CutAt255(Field& field) {
  if (field.size() > 255) field.resize(255);
  return true;
}
bool EncodedTwice(Field& field) {
  Field out;
  for (char c : field) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  field = out;
  return true;
}
bool TwoBytesSwapped(Field& field) {
  if (field.size() > 4) std::swap(field[2], field[3]);
  return true;
}
bool FirstLetterLowered(Field& field) {
  if (field[0] >= 'A' && field[0] <= 'Z') field[0] = static_cast<char>(field[0] + 32);
  return true;
}
bool ZeroesStripped(Field& field) {
  field.erase(field.find_last_not_of('\0') + 1);
  return true;
}
bool NextLabel(Field& field) {
  field = field == "new" ? "paid" : field == "paid" ? "gone" : "new";
  return true;
}
// A one-dimensional text[]: 20 bytes of header, then elements with their length.
bool LastElementChanged(Field& field) {
  if (field.size() > 20) field.back() = field.back() == 'z' ? 'x' : 'z';
  return true;
}
bool HalvesSwapped(Field& field) {
  std::rotate(field.begin(), field.begin() + 8, field.end());
  return true;
}
bool NodeReversed(Field& field) {
  std::reverse(field.begin(), field.begin() + 4);
  return true;
}
// bit: int32 count of bits, then the bits from the left.
bool RightAligned(Field& field) {
  Store(field, 4, 2, Load(field, 4, 2) >> 5 << 5 >> 1 & 0xFFE0);
  return true;
}
// inet: family, bits, is_cidr, length, address.
bool AddressReversed(Field& field) {
  std::reverse(field.begin() + 4, field.end());
  return true;
}
bool LastCoordinateLost(Field& field) {
  std::fill(field.end() - 8, field.end(), '\0');
  return true;
}

}  // namespace

const std::vector<Mutant>& AllMutants() {
  constexpr std::int64_t kHour = 3'600'000'000;
  constexpr std::int64_t kSecond = 1'000'000;
  constexpr MutantSource kSqlite = MutantSource::kSqlite;
  constexpr MutantSource kPostgres = MutantSource::kPostgres;
  constexpr MutantSource kOdbc = MutantSource::kOdbc;
  static const std::vector<Mutant> mutants = {
      {"BooleanInverted", "bo", Inverted},
      {"BooleanAlwaysTrue", "bo", [](Field& f) { return f[0] = 1, true; }},
      {"BitOneInverted", "b1", Inverted},
      {"BooleanLost", "bo", Lost},
      {"SmallintEndianness", "i2", Reversed},
      {"SmallintSignLost", "i2", WithoutSign},
      {"IntegerEndianness", "i4", Reversed},
      {"IntegerSignLost", "i4", WithoutSign},
      {"IntegerOffByOne", "i4", Plus(1)},
      {"BigintEndianness", "i8", Reversed},
      {"BigintUpperHalfLost", "i8", UpperHalfLost},
      {"BigintSignLost", "i8", WithoutSign},
      {"YearFrom1900", "yr", Plus(-1900)},
      {"UnsignedBigintOffByOne", "bu", Plus(1)},
      {"FloatThroughSixDigits", "f4", FloatSixDigits},
      {"FloatEndianness", "f4", Reversed},
      {"DoubleThroughFloat", "f8", DoubleThroughFloat},
      {"DoubleThroughTwelveDigits", "f8", DoubleTwelveDigits},
      {"NumericLastGroupLost", "nu", LastGroupLost},
      {"NumericMiddleGroupZero", "nu", MiddleGroupZero},
      {"NumericSignLost", "nu", NumericSignLost},
      {"NumericPointMoved", "nu", PointMoved},
      {"VarcharBlankStripped", "vc", BlanksStripped},
      {"VarcharCutAt255Bytes", "vc", CutAt255},
      {"VarcharEncodedTwice", "ch", EncodedTwice},
      {"CharTailLost", "ch", WithoutTail},
      {"TextBlankStripped", "tx", BlanksStripped},
      {"TextTwoBytesSwapped", "jt", TwoBytesSwapped},
      {"TextCaseFolded", "tx", FirstLetterLowered},
      {"TextEncodedTwice", "tx", EncodedTwice},
      {"EnumNextLabel", "en", NextLabel},
      {"SetElementChanged", "st", LastElementChanged},
      {"ByteaTrailingZeroStripped", "bl", ZeroesStripped},
      {"ByteaTwoBytesSwapped", "bl", TwoBytesSwapped},
      {"BinaryPaddingStripped", "bf", ZeroesStripped},
      {"GeometryCoordinateLost", "ge", LastCoordinateLost},
      {"DateOffByOne", "da", Plus(1)},
      {"DateFrom1970", "da", Plus(10957)},
      {"TimestampFractionDropped", "dt", CutTo(kSecond)},
      {"TimestampMillisecondsOnly", "dt", CutTo(1000)},
      {"TimestampZoneShift", "d3", Plus(kHour)},
      {"TimestamptzZoneShift", "ts", Plus(-kHour)},
      {"TimestamptzFractionDropped", "ts", CutTo(kSecond)},
      {"TimeFractionDropped", "tm", CutTo(kSecond)},
      {"IntervalSignLost", "iv", WithoutSign},
      {"IntervalFractionDropped", "iv", CutTo(kSecond)},
      {"UuidHalvesSwapped", "ui", HalvesSwapped},
      {"UuidFirstGroupReversed", "ui", NodeReversed},
      {"BitsShifted", "bt", RightAligned},
      {"Inet4Reversed", "i4a", AddressReversed},
      {"Inet6Reversed", "i6", AddressReversed},
      {"JsonLost", "js", Lost},
      {"MacaddrLost", "mc", Lost},
      {"PointLost", "pt", Lost},
      // SQLite's values, by their storage class.
      {"SqliteBooleanInverted", "bo", Inverted, kSqlite},
      {"SqliteIntegerOffByOne", "i8", Plus(1), kSqlite},
      {"SqliteIntegerEndianness", "i8", Reversed, kSqlite},
      {"SqliteIntegerUpperHalfLost", "i8", UpperHalfLost, kSqlite},
      {"SqliteRealThroughFloat", "f8", DoubleThroughFloat, kSqlite},
      {"SqliteRealThroughTwelveDigits", "f8", DoubleTwelveDigits, kSqlite},
      {"SqliteNumericLastGroupLost", "nu", LastGroupLost, kSqlite},
      {"SqliteTextBlankStripped", "tx", BlanksStripped, kSqlite},
      {"SqliteVarcharEncodedTwice", "vc", EncodedTwice, kSqlite},
      {"SqliteBlobZeroStripped", "bl", ZeroesStripped, kSqlite},
      {"SqliteDateOffByOne", "da", Plus(1), kSqlite},
      {"SqliteDatetimeFractionDropped", "dt", CutTo(kSecond), kSqlite},
      {"SqliteDatetimeZoneShift", "dt", Plus(kHour), kSqlite},
      // PostgreSQL's values pass through as they are; a bug there would be one of framing.
      {"PostgresBooleanInverted", "bo", Inverted, kPostgres},
      {"PostgresSmallintSignLost", "i2", WithoutSign, kPostgres},
      {"PostgresIntegerEndianness", "i4", Reversed, kPostgres},
      {"PostgresBigintUpperHalfLost", "i8", UpperHalfLost, kPostgres},
      {"PostgresNumericLastGroupLost", "nu", LastGroupLost, kPostgres},
      {"PostgresNumericSignLost", "nu", NumericSignLost, kPostgres},
      {"PostgresRealThroughSixDigits", "f4", FloatSixDigits, kPostgres},
      {"PostgresDoubleThroughFloat", "f8", DoubleThroughFloat, kPostgres},
      {"PostgresTextBlankStripped", "tx", BlanksStripped, kPostgres},
      {"PostgresTextTwoBytesSwapped", "tx", TwoBytesSwapped, kPostgres},
      {"PostgresVarcharEncodedTwice", "vc", EncodedTwice, kPostgres},
      {"PostgresByteaZeroStripped", "ba", ZeroesStripped, kPostgres},
      {"PostgresDateFrom1970", "da", Plus(10957), kPostgres},
      {"PostgresTimestampFractionDropped", "ts", CutTo(kSecond), kPostgres},
      {"PostgresTimestamptzZoneShift", "tz", Plus(kHour), kPostgres},
      {"PostgresTimeFractionDropped", "tm", CutTo(kSecond), kPostgres},
      {"PostgresIntervalSignLost", "iv", WithoutSign, kPostgres},
      {"PostgresUuidHalvesSwapped", "ui", HalvesSwapped, kPostgres},
      {"PostgresBitsShifted", "bt", RightAligned, kPostgres},
      {"PostgresInetReversed", "ip", AddressReversed, kPostgres},
      {"PostgresMacaddrLost", "mc", Lost, kPostgres},
      {"PostgresJsonbLost", "js", Lost, kPostgres},
      {"PostgresArrayLost", "ar", Lost, kPostgres},
      {"PostgresEnumNextLabel", "en", NextLabel, kPostgres},
      // Systems behind ODBC are asked for exact numbers, and for counts.
      {"OdbcSmallintSignLost", "i2", WithoutSign, kOdbc},
      {"OdbcIntegerEndianness", "i4", Reversed, kOdbc},
      {"OdbcBigintOffByOne", "i8", Plus(1), kOdbc},
      {"OdbcNumericLastGroupLost", "nu", LastGroupLost, kOdbc},
      {"OdbcTextLost", "tx", Lost, kOdbc},
      {"OdbcDoubleLost", "f8", Lost, kOdbc},
      {"OdbcTimestampLost", "ts", Lost, kOdbc},
  };
  return mutants;
}

}  // namespace transload
