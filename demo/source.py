"""A small repository shaped like Meta Integration V3, made by git itself in an empty folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

FILES = {
    "README.md": "# Meta Integration V3\n",
    "backend/app/oauth.py": "SCOPES = ('ads_read', 'business_management')\n",
    "backend/app/sync.py": "def sync(tenant: str) -> None:\n    '''Bring one tenant up to date.'''\n",
    "backend/tests/test_oauth.py": "def test_scopes() -> None:\n    assert True\n",
    "dbt/models/staging/stg_meta_campaigns.sql": "select * from {{ source('meta', 'campaigns') }}\n",
    "dbt/snapshots/campaign_history.sql": "{% snapshot campaign_history %}{% endsnapshot %}\n",
    "dbt/models/marts/daily_performance.sql": "select 1 as spend\n",
    "frontend/package.json": '{"name": "meta-frontend"}\n',
    "frontend/src/state.ts": "export type State = 'loading' | 'stale' | 'retry'\n",
    "infrastructure/airbyte/docker-compose.yml": "services: {}\n",
    "infrastructure/airbyte/scripts/check_data_contracts.py": "print('ok')\n",
    "infrastructure/network.tf": "# not Airbyte\n",
    "qa/tests/meta-integration.spec.ts": "test('callback success', async () => {})\n",
    "docs/project/api-contract-changelog.md": "# API contract changelog\n",
    "docs/project/integration-data-contract-matrix.md": "# Data contract matrix\n",
    "docs/runbooks/operations.md": "# Operations\n",
    "docs/runbooks/meta-app-review-validation.md": "# App review validation\n",
}

TRACK_CHANGES = {
    "backend": {"backend/app/oauth.py": "SCOPES = ()\n"},
    "dbt": {"dbt/models/marts/daily_performance.sql": "select 2 as spend\n"},
    "frontend": {"frontend/src/state.ts": "export type State = 'loading'\n"},
    "airbyte": {"infrastructure/airbyte/docker-compose.yml": "services: {airbyte: {}}\n"},
    "qa": {"qa/tests/meta-integration.spec.ts": "test('missing scope', async () => {})\n"},
    "docs": {"docs/runbooks/operations.md": "# Operations\n\nMore.\n"},
}
"""A change of each track of the shipped policy, that touches no other."""

_IDENTITY = {
    "GIT_AUTHOR_NAME": "raj",
    "GIT_AUTHOR_EMAIL": "raj@example.invalid",
    "GIT_COMMITTER_NAME": "raj",
    "GIT_COMMITTER_EMAIL": "raj@example.invalid",
    # The day before the policy's scope date: what is here is nobody's to check.
    "GIT_AUTHOR_DATE": "2026-02-18T12:00:00-05:00",
    "GIT_COMMITTER_DATE": "2026-02-18T12:00:00-05:00",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def make_repository(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Make the repository in `folder`, which is created; returns it. Raises CalledProcessError if git fails."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "-m", "Meta Integration V3, before the tracks")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, **_IDENTITY})
