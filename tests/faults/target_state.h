// What a run left in the target, in words that two runs can be compared by.
#ifndef TRANSLOAD_TESTS_FAULTS_TARGET_STATE_H_
#define TRANSLOAD_TESTS_FAULTS_TARGET_STATE_H_

#include <string>

#include "tests/rig/postgres_server.h"

namespace transload {

struct TargetState {
  std::string schema;     // pg_dump -s, without the ledger
  std::string rows;       // count and hash of each table, whatever the rows' order
  std::string sequences;  // what each hands out next
  std::string objects;    // what the ledger says was made
  std::string rejects;
  std::string ledger;  // run, tables, partitions: states and sums
};

TargetState ReadTargetState(const rig::PostgresServer& target, const std::string& database);

// What differs, or nothing.
std::string WhatDiffers(const TargetState& expected, const TargetState& found);

}  // namespace transload

#endif  // TRANSLOAD_TESTS_FAULTS_TARGET_STATE_H_
