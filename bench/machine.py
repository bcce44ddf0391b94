"""On what was measured: the machine, and the versions of what ran on it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("granian", "procrastinate", "PyGithub", "Flask", "psycopg", "pydantic")


def machine() -> dict[str, str]:
    """CPU model, cores, memory, kernel, and how busy the machine was before anything was measured."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def versions(database_url: str) -> dict[str, str]:
    """The versions of Python, PostgreSQL and the libraries, and the commit."""
    with psycopg.connect(database_url) as connection:
        postgres = connection.info.parameter_status("server_version") or "unknown"
    return {
        "Python": platform.python_version(),
        "PostgreSQL": postgres,
        **{name: version(name) for name in LIBRARIES},
        "commit": _commit(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    """The short commit, with a plus when files of the product differ from it."""
    trusting = ("git", "-c", "safe.directory=*")
    try:
        done = subprocess.run(
            [*trusting, "describe", "--always", "--abbrev=7", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        changed = subprocess.run(
            [*trusting, "status", "--porcelain", "--", "bot", "sandbox", "app.py"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip() + ("+" if changed.stdout.strip() else "")
