// Small sources that make a run pass every step that changes state: several partitions, a bad row,
// a type that turns out too narrow, indexes, keys, checks, a trigger, comments, sequences.
#ifndef TRANSLOAD_TESTS_FAULTS_FAULT_SOURCE_H_
#define TRANSLOAD_TESTS_FAULTS_FAULT_SOURCE_H_

#include <memory>
#include <string>
#include <string_view>

namespace transload {

class FaultSource {
 public:
  virtual ~FaultSource() = default;
  virtual std::string Engine() const = 0;
  virtual std::string Url() const = 0;
  // Whether a run of it ever comes to the point.
  virtual bool Passes(std::string_view point) const = 0;
  // Another state of the source, and back to the first one.
  virtual void Change() = 0;
  virtual void Revert() = 0;
};

std::unique_ptr<FaultSource> MariaDbFaultSource();
std::unique_ptr<FaultSource> SqliteFaultSource();
std::unique_ptr<FaultSource> PostgresFaultSource();
std::unique_ptr<FaultSource> OdbcFaultSource();  // MariaDB's driver

}  // namespace transload

#endif  // TRANSLOAD_TESTS_FAULTS_FAULT_SOURCE_H_
