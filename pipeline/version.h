#ifndef TRANSLOAD_PIPELINE_VERSION_H_
#define TRANSLOAD_PIPELINE_VERSION_H_

namespace transload {

// Of the program, in the ledger and the report.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_VERSION_H_
