"""Private servers for the side-by-side run: made in a folder, stopped at the end, never shared."""
import getpass
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

POSTGRES_SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "synchronous_commit": "off",
    "wal_level": "logical",  # pgcopydb asks for it; the same for all
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
}
START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def own_folder(path, user):
    """A folder that the server's user owns. Servers refuse to run as root."""
    path.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(path, user)
    return path


def as_user(user, command):
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] + command


def stat_seconds(pid, with_reaped):
    """CPU of a process, and of the children it has reaped."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ticks = sum(int(field) for field in fields[11 : 15 if with_reaped else 13])
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Server:
    """CPU seconds of the server's processes so far, dead ones included."""

    def cpu(self):
        pid = self.process.pid
        return stat_seconds(pid, True) + sum(stat_seconds(c, True) for c in children(pid))

    def pids(self):
        return [self.process.pid] + children(self.process.pid)

    def wait_until(self, answers):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if answers():
                return
            time.sleep(0.1)
        raise SystemExit(f"a server does not start; see {self.log}")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()


class Postgres(Server):
    """A cluster of its own; the superuser is called bench."""

    def __init__(self, folder, version=None):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        if version:
            found = [path for path in found if path.split("/")[4] == str(version)]
        if not found:
            raise SystemExit("no PostgreSQL server is installed")
        self.bin = pathlib.Path(found[-1])
        self.port = free_port()
        user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        data = own_folder(folder, user)
        self.log = folder.parent / (folder.name + ".log")
        subprocess.run(
            as_user(user, [str(self.bin / "initdb"), "-D", str(data), "-A", "trust", "-U", "bench",
                           "-E", "UTF8", "--locale=C.UTF-8"]),
            check=True, stdout=subprocess.DEVNULL)
        settings = "".join(f"{k} = {v}\n" for k, v in POSTGRES_SETTINGS.items())
        with open(data / "postgresql.conf", "a") as conf:
            conf.write(settings + f"port = {self.port}\n")
        self.process = subprocess.Popen(
            as_user(user, [str(self.bin / "postgres"), "-D", str(data)]),
            stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
        self.wait_until(lambda: subprocess.run(
            [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        ).returncode == 0)

    def url(self, database):
        return f"postgresql://bench@127.0.0.1:{self.port}/{database}"

    def sql(self, database, sql):
        """Runs statements; the rows of the last one, as lists of texts."""
        done = subprocess.run(
            [str(self.bin / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", self.url(database)],
            input=sql, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{done.stderr}in: {sql[:500]}")
        return [line.split("|") for line in done.stdout.splitlines()]

    def fresh(self, database):
        self.sql("postgres", f'drop database if exists "{database}" with (force)')
        self.sql("postgres", f'create database "{database}"')
        self.sql("postgres", "checkpoint")

    def stop(self):
        super().stop(signal.SIGINT)


class MariaDb(Server):
    def __init__(self, folder):
        if not shutil.which("mariadbd"):
            raise SystemExit("no MariaDB server is installed")
        self.port = free_port()
        user = "mysql" if os.geteuid() == 0 else getpass.getuser()
        data = own_folder(folder, user)
        self.log = folder.parent / (folder.name + ".log")
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={data}",
             f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={data}/sock",
             f"--pid-file={data}/pid", "--innodb-buffer-pool-size=2G", "--max-allowed-packet=64M"],
            stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
        self.wait_until(lambda: subprocess.run(
            self.client() + ["-e", "select 1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode == 0)
        # Over TCP for every contestant; pgloader's driver knows no socket authentication.
        self.sql("", "create user bench@'127.0.0.1'; create user bench@localhost; "
                     "grant all on *.* to bench@'127.0.0.1'; grant all on *.* to bench@localhost")

    def client(self):
        return ["mariadb", "--no-defaults", "-h", "127.0.0.1", f"--port={self.port}", "-uroot",
                "-NB"]

    def url(self, database):
        return f"mysql://bench@127.0.0.1:{self.port}/{database}"

    def sql(self, database, sql):
        done = subprocess.run(self.client() + ([database] if database else []), input=sql,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{done.stderr}in: {sql[:500]}")
        return [line.split("\t") for line in done.stdout.splitlines()]
