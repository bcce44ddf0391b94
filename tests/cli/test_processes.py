"""`trackgate serve`, `worker` and `migrate` as real processes."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.service import (
    delivery_request,
    free_port,
    pull_request_payload,
    service_environment,
    wait_until,
)

# Each of these starts processes of its own, which takes seconds; `make test` has tests/test_demo.py of them.
pytestmark = pytest.mark.chaos

TRACKGATE = [sys.executable, "-m", "bot.cli"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pem() -> str:
    """A key for an App that no GitHub knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@dataclass
class Served:
    """A running `trackgate serve`."""

    process: subprocess.Popen[bytes]
    url: str
    errors: Path

    def get(self, path: str) -> int:
        """The status of a page; 0 while nobody answers."""
        try:
            return urllib3.request("GET", self.url + path, retries=False, timeout=10).status
        except urllib3.exceptions.HTTPError:
            return 0

    def children(self) -> dict[str, psutil.Process]:
        """The processes it started, by what they are."""
        found = {}
        for process in psutil.Process(self.process.pid).children():
            line = " ".join(process.cmdline())
            name = "web" if "granian" in line else "worker" if "bot.cli worker" in line else "postgres"
            found[name] = process
        return found


Serve = Callable[[], AbstractContextManager[Served]]


@pytest.fixture
def serve(tmp_path: Path, pem: str) -> Serve:
    """Start `trackgate serve` with its own PostgreSQL under a temporary folder; ended with the test."""

    @contextmanager
    def start() -> Iterator[Served]:
        port = free_port()
        environment = service_environment("", tmp_path, port, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem)
        environment["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"  # nobody listens there
        errors = tmp_path / "errors.txt"
        command = [*TRACKGATE, "serve", "--var", str(tmp_path / "var")]
        with errors.open("ab") as output:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=output)
        served = Served(process, f"http://127.0.0.1:{port}", errors)
        try:
            wait_until(lambda: served.get("/readyz") == 200 or process.poll() is not None, 60, what="readiness")
            assert process.poll() is None, errors.read_text()
            wait_until(lambda: len(served.children()) == 3, what="the start of all three")
            yield served
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)

    return start


def all_gone(processes: dict[str, psutil.Process]) -> bool:
    """Whether none of these runs any more."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_stops_whole(serve: Serve, number: signal.Signals) -> None:
    """One command serves pages and webhooks; a signal ends all its processes, with exit code 0; data stay."""
    with serve() as served:
        request = delivery_request(pull_request_payload())
        answer = urllib3.request(
            "POST", f"{served.url}/webhooks/github", body=request["data"], headers=request["headers"]
        )
        assert answer.status == 202
        assert served.get("/") == 200
        # Without GitHub the evaluation fails, is put off, and is counted by web although the worker did it.
        wait_until(
            lambda: (
                b'outcome="failed",task="evaluate_pull_request"'
                in urllib3.request("GET", f"{served.url}/metrics").data
            ),
            what="the count of the failed evaluation",
        )
        children = served.children()
        served.process.send_signal(number)
        assert served.process.wait(60) == 0
        assert all_gone(children)
    with serve() as served:
        assert served.get("/repositories/meta/integration/pull-requests/12") == 200


@pytest.mark.parametrize("name", ["web", "worker"])
def test_death_of_a_part_ends_the_whole(serve: Serve, name: str) -> None:
    """When web or worker dies, the rest is stopped, the exit code is 1, and a line says which one it was."""
    with serve() as served:
        children = served.children()
        children[name].send_signal(signal.SIGKILL)
        assert served.process.wait(60) == 1
        assert f"the {name} process ended by itself" in served.errors.read_text()
        wait_until(lambda: all_gone(children), what="the end of all parts")


def test_nothing_outlives_a_killed_serve(serve: Serve) -> None:
    """After a SIGKILL of `serve` its parts end too, and the next one starts."""
    with serve() as served:
        children = served.children()
        served.process.kill()
        wait_until(lambda: all_gone(children), 40, what="the end of all parts")
    with serve() as served:
        assert served.get("/healthz") == 200


def test_second_serve_on_the_same_folder(serve: Serve) -> None:
    """The second one ends at once with a line that says who uses the folder; the first goes on."""
    with serve() as served:
        with pytest.raises(AssertionError, match="in use by process"), serve():
            pass
        assert served.get("/readyz") == 200


def test_port_in_use(tmp_path: Path, pem: str) -> None:
    """A port that somebody else listens on is one line that names PORT, before anything is started or made."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = service_environment("", tmp_path, port, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem)
        done = run("serve", "--var", str(tmp_path / "var"), environment=environment)
    assert done.returncode == 2
    assert done.stderr == f"trackgate: PORT: cannot listen on {port}: Address already in use\n"
    assert not (tmp_path / "var").exists()


def test_two_serves_at_the_same_moment(database_url: str, tmp_path: Path, pem: str) -> None:
    """Of two that start together on one port, one serves and the other ends with a line that names PORT."""
    port = free_port()
    environment = service_environment(database_url, tmp_path, port, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem)
    environment["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
    commands = [[*TRACKGATE, "serve", "--var", str(tmp_path / name)] for name in ("one", "two")]
    both = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        wait_until(lambda: any(one.poll() is not None for one in both), what="the end of one of them")
        (ended,) = [one for one in both if one.poll() is not None]
        (serving,) = [one for one in both if one is not ended]
        assert ended.communicate()[1] == f"trackgate: PORT: cannot listen on {port}: Address already in use\n"
        assert ended.returncode == 2
        served = Served(serving, f"http://127.0.0.1:{port}", tmp_path)
        wait_until(lambda: served.get("/readyz") == 200, 60, what="readiness of the other")
    finally:
        for one in both:
            one.terminate()
            one.communicate(timeout=60)


def test_serve_without_an_app(tmp_path: Path) -> None:
    """Without a GitHub App nothing is started and nobody is told that anybody listens: one line, exit code 2."""
    done = run("serve", "--var", str(tmp_path / "var"), environment=service_environment("", tmp_path, free_port()))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "trackgate: GITHUB_APP_ID: missing; without a GitHub App use the sandbox (`make run`)"
    ]
    assert not (tmp_path / "var").exists()


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `trackgate` to its end."""
    return subprocess.run(
        [*TRACKGATE, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_wrong_environment_is_one_line(command: str, tmp_path: Path) -> None:
    """A missing variable ends each process with exit code 2 and one line that names it."""
    environment = service_environment("", tmp_path, 8000)
    del environment["GITHUB_WEBHOOK_SECRET"]
    done = run(command, environment=environment)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "trackgate: GITHUB_WEBHOOK_SECRET: missing; it must be the secret of the App's webhook"
    ]


@pytest.mark.parametrize(
    "command", [("-m", "bot.cli", "migrate"), ("-m", "bot.cli", "serve"), ("-c", "import app")]
)
def test_a_folder_for_metrics_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    """One line that names the variable, for the web process too; nothing of it depends on what was imported."""
    environment = service_environment("postgresql:///x", tmp_path, 8000)
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path / "none")
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stderr.removeprefix("trackgate: ")
    assert said == "PROMETHEUS_MULTIPROC_DIR: is not a folder that can be written to\n"
    assert done.returncode == (1 if command[0] == "-c" else 2)


@pytest.mark.parametrize("command", ["worker", "migrate"])
def test_database_url_is_needed(command: str, tmp_path: Path, pem: str) -> None:
    """Only `serve` brings its own PostgreSQL."""
    environment = service_environment("", tmp_path, 8000, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem)
    done = run(command, environment=environment)
    assert (done.returncode, done.stderr.startswith("trackgate: DATABASE_URL: missing")) == (2, True)


def test_migrate(empty_database_url: str, tmp_path: Path) -> None:
    """The release step says what it applied, and the second time that there is nothing to do."""
    environment = service_environment(empty_database_url, tmp_path, 8000)
    first, second = (run("migrate", environment=environment) for _ in range(2))
    assert (first.returncode, "0001_start.sql" in first.stdout) == (0, True)
    assert (second.returncode, second.stdout) == (0, "nothing to do\n")


def test_migrate_without_database(tmp_path: Path) -> None:
    """A database that does not answer is one line that says why, without its address or password."""
    url = f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x"
    done = run("migrate", environment=service_environment(url, tmp_path, 8000))
    assert done.returncode == 2
    reason = "the database cannot be reached: nobody listens at its host and port"
    assert done.stderr == f"trackgate: DATABASE_URL: cannot migrate: {reason}\n"


def test_worker_drains(database_url: str, tmp_path: Path, pem: str) -> None:
    """A worker told to stop ends with exit code 0 and leaves no job as running; meanwhile it shows its metrics."""
    port = free_port()
    environment = service_environment(database_url, tmp_path, 8000, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem)
    environment["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
    environment["METRICS_PORT"] = str(port)
    process = subprocess.Popen([*TRACKGATE, "worker"], env=environment, cwd=ROOT)
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            later = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'look_again'"
            wait_until(lambda: connection.execute(later).fetchone(), what="the first sweep's failure")
            shown = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics").data.decode()
            assert 'trackgate_errors_total{place="evaluation",type=' in shown
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
            assert connection.execute(doing).fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)
    finally:
        process.kill()
        process.wait()


def test_a_port_for_metrics_that_is_taken(database_url: str, tmp_path: Path, pem: str) -> None:
    """A worker that cannot show its metrics says so in one line, and does not start."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        more = {"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": pem, "METRICS_PORT": str(other.getsockname()[1])}
        done = run("worker", environment=service_environment(database_url, tmp_path, 8000, **more))
    assert done.returncode == 2
    assert done.stderr.startswith("trackgate: METRICS_HOST, METRICS_PORT: cannot listen on port ")
    assert done.stderr.count("\n") == 1
