// What is learnt of one column, value by value.
#ifndef TRANSLOAD_EXTRACT_SQLITE_COLUMN_SCAN_H_
#define TRANSLOAD_EXTRACT_SQLITE_COLUMN_SCAN_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/source_facts.h"
#include "core/source_schema.h"
#include "extract/sqlite/text_class.h"

namespace transload::sqlite {

// Kinds of values that may be worth showing to the user.
enum class Sampled : std::uint8_t {
  kInteger,
  kReal,       // a whole number
  kFraction,   // a real that is none
  kText,       // of a known class
  kOtherText,  // of none
  kBlob,
  kNulByte,
  kBadUtf8,
  kCount,
};

class ColumnScan {
 public:
  explicit ColumnScan(const SourceColumn& column);

  void AddNull() { ++nulls_; }
  void AddInteger(std::int64_t value);
  void AddReal(double value);
  void AddText(std::string_view text);
  void AddBlob(std::string_view bytes);

  // Every Add* says what its value was an instance of; the first few of each are kept.
  Sampled last() const { return last_; }
  bool WantsSample() const { return SamplesOf(last_).size() < kSamples; }
  void KeepSample(std::string sample) { SamplesOf(last_).push_back(std::move(sample)); }

  void Merge(const ColumnScan& other);
  ColumnFacts Facts(const SourceTable& table) const;

  static constexpr std::size_t kSamples = 3;

 private:
  using Samples = std::vector<std::string>;
  Samples& SamplesOf(Sampled kind) { return samples_[static_cast<std::size_t>(kind)]; }
  const Samples& SamplesOf(Sampled kind) const { return samples_[static_cast<std::size_t>(kind)]; }
  bool Deviates(Sampled kind) const;
  bool HasDigitsOfOthers(double magnitude) const;
  std::uint64_t numbers() const { return integers_ + reals_; }

  SourceColumn column_;
  bool declared_json_ = false;
  bool wants_digits_ = false;  // a REAL column becomes a double, whatever its digits

  std::uint64_t nulls_ = 0;
  std::uint64_t integers_ = 0, bools_ = 0, beyond_double_ = 0;
  std::uint64_t unix_seconds_ = 0, unix_millis_ = 0, unix_micros_ = 0;
  std::int64_t minimum_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t maximum_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t reals_ = 0, integral_reals_ = 0, infinite_ = 0, julian_ = 0;
  std::uint64_t texts_ = 0, text_bools_ = 0, excess_digits_ = 0, nul_bytes_ = 0, bad_utf8_ = 0;
  std::uint64_t json_ = 0, jsonb_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(TextClass::kCount)> classes_{};
  std::uint64_t blobs_ = 0, blob_uuids_ = 0, blob_utf8_ = 0;
  std::uint64_t max_bytes_ = 0, max_chars_ = 0, max_scale_ = 0, max_int_digits_ = 0;

  Sampled last_ = Sampled::kInteger;
  std::array<Samples, static_cast<std::size_t>(Sampled::kCount)> samples_;
};

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_COLUMN_SCAN_H_
