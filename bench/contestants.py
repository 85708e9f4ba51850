"""Who runs: transload, the peers, and how each is called. All leave statistics behind."""
import shutil
import tempfile


class Contestant:
    """`command` moves one workload; `schema` is where its tables are then."""

    def __init__(self, name, command, schema="public", analyze=False, env=None):
        self.name, self.command, self.schema = name, command, schema
        self.analyze = analyze  # it leaves that to the user: done after it, and counted
        self.env = env or {}


def transload(program, source, target, name="transload", verify="none", more=()):
    return Contestant(
        name, [program, "run", source, target, "-q", "--verify", verify,
               *(["--allow-unverified"] if verify == "none" else []), *more])


def pgloader(source, target, database):
    """None where it is not installed. MySQL's database becomes a schema of that name."""
    if not shutil.which("pgloader"):
        return None
    script = tempfile.NamedTemporaryFile("w", suffix=".load", delete=False)
    script.write(f"load database from {source} into {target}\n"
                 " with include drop, create tables, create indexes, reset sequences;\n")
    script.close()
    schema = "public" if source.startswith("sqlite") else database
    return Contestant("pgloader", ["pgloader", "--quiet", script.name], schema, analyze=True)


def pgcopydb(source, target, folder):
    if not shutil.which("pgcopydb"):
        return None
    return Contestant(
        "pgcopydb", ["pgcopydb", "clone", "--source", source, "--target", target, "--dir", folder,
                     "--table-jobs", "2", "--index-jobs", "2", "--split-tables-larger-than",
                     "100MB", "--not-consistent", "--restart"])


def pg_dump_psql(source, target):
    if not shutil.which("pg_dump"):
        return None
    return Contestant("pg_dump | psql",
                      ["sh", "-c", f"pg_dump '{source}' | psql -Xq -v ON_ERROR_STOP=1 '{target}' "
                                   "> /dev/null"], analyze=True)
