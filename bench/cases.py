"""The cases of the side-by-side run: a workload, its contestants, its floors, its table."""
import os

import contestants as who
import workloads
from measure import median, run, spread
from servers import Postgres


class Bench:
    """What the cases share."""

    def __init__(self, folder, build, quick, runs, rows, peers):
        self.folder, self.build, self.quick, self.peers = folder, build, quick, peers
        self.runs = runs or (2 if quick else 5)
        self.orders = rows or (200_000 if quick else 2_000_000)
        self.log = folder / "log"
        self.maria = self.target = self.source = None
        self.filled = set()

    def servers(self):
        return [s for s in (self.maria, self.source, self.target) if s]

    def program(self, name="cli/transload"):
        return str(self.build / name)

    def fill(self, name, rows):
        """A workload's database in MariaDB, once."""
        if name not in self.filled:
            self.maria.sql("", f"create database {name}")
            self.maria.sql(name, workloads.mysql_script(name, rows))
            self.filled.add(name)

    def measure(self, contestant, servers):
        """Into an empty database; statistics that a contestant leaves to the user are its too."""
        self.target.fresh("bench")
        env = {**os.environ, **contestant.env}
        sample = run(contestant.command, servers, self.log, env=env, cwd=self.folder)
        if contestant.analyze:
            more = run([str(self.target.bin / "psql"), "-Xqc", "analyze", self.target.url("bench")],
                       servers, self.log)
            sample.wall += more.wall
            sample.server_cpu = [a + b for a, b in zip(sample.server_cpu, more.server_cpu)]
        return sample


def compare(name, left, expected):
    """What a contestant left against what transload did. Other rows end the run; a peer that leaves
    less beside them is named, because its time buys less."""
    what = ["rows", "sum of id", "primary key", "NOT NULLs", "next value", "statistics",
            "persistence"]
    notes = []
    for table, values in expected.items():
        pairs = list(zip(what, left[table], values))
        if table == "content" and left[table] != values or pairs[:2] != [
                (label, value, value) for label, value in zip(what[:2], values[:2])]:
            raise SystemExit(f"{name} left {left[table]} in {table}, others {values}")
        if table != "content":
            notes += [f"{name} leaves another end state of {table}: {label} {got}, not {value}"
                      for label, got, value in pairs if got != value]
    if name.startswith("transload") and notes:
        raise SystemExit("; ".join(notes))
    return notes


def contest(bench, title, name, tables, source, entries, floor=None, rows=None):
    """Runs all in turn, several times, and prints their table. The first entry is transload."""
    entries = [entry for entry in entries if entry]
    servers = [source, bench.target] if source else [bench.target]
    samples = {entry.name: [] for entry in entries}
    state, notes = None, []
    for round_number in range(bench.runs):
        for entry in entries:
            samples[entry.name].append(bench.measure(entry, servers))
            if round_number == 0:
                left = workloads.end_state(bench.target, "bench", name, tables, entry.schema)
                state = state or left
                notes += compare(entry.name, left, state)
    ours = median(samples[entries[0].name])
    print(f"### {title}\n")
    print("| who | median s | spread s | × transload | own CPU s | source CPU s | target CPU s "
          "| own memory MiB | target memory MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for entry in entries:
        of = samples[entry.name]
        cpu = [f"{median(of, lambda s, i=i: s.server_cpu[i]):.2f}" for i in range(len(servers))]
        print(f"| {entry.name} | {median(of):.2f} | {spread(of)} | {median(of) / ours:.2f} "
              f"| {median(of, lambda s: s.own_cpu):.2f} "
              f"| {cpu[0] if source else '–'} | {cpu[-1]} "
              f"| {max(s.own_mib for s in of):.0f} | {max(s.server_mib[-1] for s in of):.0f} |")
    print("".join(f"\n{note}\n" for note in notes), end="")
    if floor:
        print_floor(bench, floor, ours)
    if rows:
        own = median(samples[entries[0].name], lambda s: s.own_cpu)
        print(f"\ntransload's own CPU: {own / rows * 1e6:.2f} µs per row")
    print(f"\nend state of all: {state[tables[0]] if len(tables) == 1 else len(state)}\n",
          flush=True)
    return samples


def print_floor(bench, floor, ours):
    read, copy, index = floor
    cores = os.cpu_count()
    cpu = sum(read.server_cpu) + read.own_cpu + sum(copy.server_cpu) + sum(index.server_cpu)
    bound = max(read.wall, copy.wall, cpu / cores)
    print(f"\nfloors: read only {read.wall:.2f} s, COPY only {copy.wall:.2f} s, CPU of reading "
          f"({sum(read.server_cpu) + read.own_cpu:.2f} s), COPY ({sum(copy.server_cpu):.2f} s) and "
          f"index build ({sum(index.server_cpu):.2f} s) over {cores} cores {cpu / cores:.2f} s; "
          f"transload takes {ours / bound:.2f} of the highest")


def floors(bench, url, table, source):
    """What the servers need without anyone between them. The target holds the table of a run."""
    reads = [run([bench.program("bench/transload_bench_read"), url, "2"],
                 [source] if source else [], bench.log) for _ in range(bench.runs)]
    target = bench.target
    half = int(target.sql("bench", f"select max(id)/2 from {table}")[0][0])
    files = []
    for i, where in enumerate((f"id <= {half}", f"id > {half}")):
        files.append(f"{target.bin.parent and bench.folder}/target/floor{i}")
        target.sql("bench",
                   f"copy (select * from {table} where {where}) to '{files[i]}' (format binary)")
    copies, indexes = [], []
    psql = [str(target.bin / "psql"), "-Xqc"]
    for _ in range(bench.runs):
        target.sql("bench", f"drop table if exists floor; create table floor as select * from {table} "
                            "with no data")
        target.sql("bench", "checkpoint")
        copies.append(run(
            [psql + [f"copy floor from '{file}' (format binary)", target.url("bench")]
             for file in files], [target], bench.log))
        indexes.append(run(
            psql + ["alter table floor add primary key (id)", target.url("bench")],
            [target], bench.log))
    middle = lambda samples: sorted(samples, key=lambda s: s.wall)[len(samples) // 2]
    return middle(reads), middle(copies), middle(indexes)


def floors_after(bench, entry, url, table, source):
    """The floors need the table as a run leaves it."""
    bench.measure(entry, [bench.target])
    return floors(bench, url, table, source)


def mariadb_orders(bench):
    bench.fill(workloads.ORDERS, bench.orders)
    source, target = bench.maria.url("orders"), bench.target.url("bench")
    ours = who.transload(bench.program(), source, target)
    floor = floors_after(bench, ours, source, "orders", bench.maria)
    contest(bench, f"MariaDB → PostgreSQL, {bench.orders:,} reference rows", "orders", ["orders"],
            bench.maria,
            [ours,
             who.transload(bench.program(), source, target, "transload, verified", "checksum"),
             who.transload(bench.program(), source, target, "transload -j 1", more=["-j", "1"]),
             bench.peers and who.pgloader(source, target, "orders")],
            floor, bench.orders)


def mariadb_narrow(bench):
    rows = bench.orders * 10
    bench.fill(workloads.NARROW, rows)
    source, target = bench.maria.url("narrow"), bench.target.url("bench")
    ours = who.transload(bench.program(), source, target)
    floor = floors_after(bench, ours, source, "narrow", bench.maria)
    contest(bench, f"MariaDB → PostgreSQL, {rows:,} rows of two numbers", "narrow", ["narrow"],
            bench.maria, [ours, bench.peers and who.pgloader(source, target, "narrow")], floor, rows)


def mariadb_wide(bench):
    rows = max(bench.orders // 250, 100)
    bench.fill(workloads.WIDE, rows)
    source, target = bench.maria.url("wide"), bench.target.url("bench")
    # pgloader's defaults exhaust its heap on blobs; so does prefetching fewer rows at 1 MiB each.
    ours = who.transload(bench.program(), source, target)
    tuned = who.transload(bench.program(), source, target, "the same, --tune", more=["--tune"])
    contest(bench, f"MariaDB → PostgreSQL, {rows:,} rows of long text and 1 MiB blobs", "wide",
            ["wide"], bench.maria, [ours, tuned])


def mariadb_small_tables(bench):
    tables = 50 if bench.quick else 500
    bench.fill(workloads.SMALL, tables)
    source, target = bench.maria.url("small"), bench.target.url("bench")
    names = [f"t{i}" for i in range(tables)]
    samples = contest(
        bench, f"MariaDB → PostgreSQL, {tables} tables of two rows", "small", names, bench.maria,
        [who.transload(bench.program(), source, target),
         who.transload(bench.program(), source, target, "transload, verified", "checksum"),
         bench.peers and who.pgloader(source, target, "small")])
    one = [bench.measure(who.transload(bench.program(), source, target, more=["--include", "t0"]),
                         [bench.target]) for _ in range(bench.runs)]
    per_table = (median(samples["transload"]) - median(one)) / (tables - 1)
    print(f"a run of one table takes {median(one):.2f} s; each further one "
          f"{per_table * 1000:.1f} ms\n", flush=True)


def verification(bench):
    """verify, against plain readers of both sides at once with as many connections."""
    bench.fill(workloads.ORDERS, bench.orders)
    source, target = bench.maria.url("orders"), bench.target.url("bench")
    bench.measure(who.transload(bench.program(), source, target), [bench.target])
    bench.target.sql("bench", "vacuum analyze orders")
    servers = [bench.maria, bench.target]
    entries = {
        "plain readers of both sides": [bench.program("bench/transload_bench_read"), source, "2",
                                        target],
        "transload verify -j 2": [bench.program(), "verify", source, target, "-q", "-j", "2"],
    }
    samples = {name: [] for name in entries}
    for _ in range(bench.runs + 1):
        for name, command in entries.items():
            samples[name].append(run(command, servers, bench.log, cwd=bench.folder))
    print(f"### Verification, MariaDB and PostgreSQL, {bench.orders:,} reference rows\n")
    print("| who | median s | spread s | own CPU s | source CPU s | target CPU s "
          "| own memory MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    of = {name: all_of[1:] for name, all_of in samples.items()}  # the first warms the caches
    for name, runs in of.items():
        cpu = [median(runs, lambda s, i=i: s.server_cpu[i]) for i in range(2)]
        print(f"| {name} | {median(runs):.2f} | {spread(runs)} "
              f"| {median(runs, lambda s: s.own_cpu):.2f} | {cpu[0]:.2f} | {cpu[1]:.2f} "
              f"| {max(s.own_mib for s in runs):.0f} |")
    plain, verify = of.values()
    whole = lambda s: s.own_cpu + sum(s.server_cpu)
    print(f"\nverify takes {median(verify) / median(plain):.2f} of the plain readers' time, "
          f"{median(verify, whole) / median(plain, whole):.2f} of all their CPU\n", flush=True)


def sqlite_orders(bench):
    bench.fill(workloads.ORDERS, bench.orders)
    path = bench.folder / "orders.db"
    workloads.make_sqlite(path, bench.maria, bench.orders)
    source, target = f"sqlite://{path}", bench.target.url("bench")
    ours = who.transload(bench.program(), source, target)
    floor = floors_after(bench, ours, source, "orders", None)
    contest(bench, f"SQLite → PostgreSQL, {bench.orders:,} reference rows", "orders", ["orders"],
            None, [ours, bench.peers and who.pgloader(source, target, "orders")], floor,
            bench.orders)


def postgresql_orders(bench):
    bench.fill(workloads.ORDERS, bench.orders)
    bench.source = bench.source or Postgres(bench.folder / "source")
    bench.source.fresh("orders")
    source, target = bench.source.url("orders"), bench.target.url("bench")
    # The rows come the way they come to anyone: by a run from MariaDB, without its ledger.
    run(who.transload(bench.program(), bench.maria.url("orders"), source).command, [], bench.log,
        cwd=bench.folder)
    bench.source.sql("orders", "drop schema transload cascade")
    entries = [who.transload(bench.program(), source, target),
               bench.peers and who.pgcopydb(source, target, str(bench.folder / "pgcopydb")),
               bench.peers and who.pg_dump_psql(source, target)]
    floor = floors_after(bench, entries[0], source, "orders", bench.source)
    contest(bench, f"PostgreSQL → PostgreSQL, {bench.orders:,} reference rows", "orders",
            ["orders"], bench.source, entries, floor, bench.orders)
