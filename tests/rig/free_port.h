#ifndef TRANSLOAD_TESTS_RIG_FREE_PORT_H_
#define TRANSLOAD_TESTS_RIG_FREE_PORT_H_

#include <cstdint>

namespace transload::rig {

// A port of 127.0.0.1 that nobody listens on just now, as the kernel gives it out.
std::uint16_t FreePort();

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_FREE_PORT_H_
