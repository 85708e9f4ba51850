#include "tests/rig/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace transload::rig {
namespace {

std::system_error SystemError(const std::string& what) {
  return {errno, std::generic_category(), what};
}

// The thread that makes all forks. Never joined and never freed: children must outlast statics.
class ForkThread {
 public:
  static ForkThread& Instance() {
    static ForkThread* const instance = new ForkThread;
    return *instance;
  }

  pid_t Do(std::function<pid_t()> work) {
    std::packaged_task<pid_t()> task(std::move(work));
    std::future<pid_t> result = task.get_future();
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    return result.get();
  }

 private:
  ForkThread() {
    std::thread([this] { Loop(); }).detach();
  }

  [[noreturn]] void Loop() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<pid_t()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

// Everything the child needs after fork, where it may no longer allocate.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> envp;
  int input_fd;
  int output_fd;
  bool change_account;
  Account account;
};

[[noreturn]] void RunChild(const ChildPlan& plan, pid_t parent) {
  ::setsid();  // Ctrl-C in the terminal is for the tests, not for their servers
  if (plan.change_account && (::setgroups(0, nullptr) != 0 || ::setgid(plan.account.gid) != 0 ||
                              ::setuid(plan.account.uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid, which clears it
  if (::getppid() != parent) ::_exit(126);
  ::dup2(plan.input_fd, 0);
  ::dup2(plan.output_fd, 1);
  ::dup2(plan.output_fd, 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(plan.argv[0], plan.argv.data(), plan.envp.data());
  const char message[] = "cannot execute this program\n";
  [[maybe_unused]] ssize_t written = ::write(2, message, sizeof message - 1);
  ::_exit(127);
}

int OpenOrThrow(const std::string& file, int flags) {
  int fd = ::open(file.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) throw SystemError("cannot open " + file);
  return fd;
}

std::vector<std::string> Environment(const Command& command) {
  std::map<std::string, std::string> all = {{"LC_ALL", "C"}, {"HOME", "/nonexistent"}};
  const char* path = std::getenv("PATH");
  all["PATH"] = path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
  for (const auto& [name, value] : command.environment) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(const Command& command, int input_fd, int output_fd) {
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = Environment(command);
  const ChildPlan plan = {Pointers(argv),
                          Pointers(environment),
                          input_fd,
                          output_fd,
                          command.as_server_account && ::geteuid() == 0,
                          ServerAccount()};
  return ForkThread::Instance().Do([&plan] {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) RunChild(plan, parent);
    return pid;
  });
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

const Account& ServerAccount() {
  static const Account account = [] {
    if (::geteuid() != 0) return Account{::geteuid(), ::getegid()};
    const passwd* nobody = ::getpwnam("nobody");
    if (nobody == nullptr)
      throw std::runtime_error("there is no user \"nobody\" to run servers as");
    return Account{nobody->pw_uid, nobody->pw_gid};
  }();
  return account;
}

Process Process::Start(const Command& command) {
  const int input =
      OpenOrThrow(command.input_file.empty() ? "/dev/null" : command.input_file, O_RDONLY);
  const int output = OpenOrThrow(command.output_file.empty() ? "/dev/null" : command.output_file,
                                 O_WRONLY | O_CREAT | O_APPEND);
  Process process;
  process.pid_ = Spawn(command, input, output);
  ::close(input);
  ::close(output);
  if (process.pid_ < 0) throw SystemError("cannot fork");
  return process;
}

Process::~Process() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  return *this;
}

bool Process::Running() {
  if (pid_ < 0) return false;
  if (::waitpid(pid_, &status_, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Process::Signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool Process::WaitFor(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (Running()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string RunToEnd(const Command& command) {
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  if (output < 0) throw SystemError("memfd_create");
  const int input =
      OpenOrThrow(command.input_file.empty() ? "/dev/null" : command.input_file, O_RDONLY);
  const pid_t pid = Spawn(command, input, output);
  int status = -1;
  if (pid > 0) ::waitpid(pid, &status, 0);
  const std::string text = ReadAll(output);
  ::close(input);
  ::close(output);
  if (status != 0) {
    throw std::runtime_error(
        fmt::format("{} failed (status {:#x}):\n{}", fmt::join(command.argv, " "), status, text));
  }
  return text;
}

std::string LogTail(const std::string& file) {
  std::ifstream in(file);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > 30) lines.pop_front();
  }
  return fmt::format("--- end of {}\n{}\n---", file, fmt::join(lines, "\n"));
}

}  // namespace transload::rig
