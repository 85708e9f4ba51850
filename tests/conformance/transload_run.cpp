#include "tests/conformance/transload_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "tests/rig/slurp.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

TransloadRun RunTransload(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment) {
  rig::TemporaryDir dir;
  const std::string out = dir / "out", err = dir / "err";
  std::vector<std::string> words = {TRANSLOAD_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::map<std::string, std::string> all = environment;
  all.insert({{"PATH", std::getenv("PATH")}, {"HOME", dir.path().string()}, {"LC_ALL", "C.UTF-8"}});
  std::vector<std::string> settings;
  for (const auto& [name, value] : all) settings.push_back(name + "=" + value);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_CREAT | O_WRONLY, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_CREAT | O_WRONLY, 0600);
  pid_t child = 0;
  int error = posix_spawn(&child, words.front().c_str(), &actions, nullptr, Pointers(words).data(),
                          Pointers(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + words.front());
  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);

  TransloadRun run;
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = rig::Slurp(out);
  run.err = rig::Slurp(err);
  for (const std::string& word : words) run.command += (run.command.empty() ? "" : " ") + word;
  return run;
}

}  // namespace transload
