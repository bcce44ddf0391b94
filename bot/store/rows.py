"""Many rows as one parameter of a statement, which `json_to_recordset` takes apart again.

A list for each column takes this process three times as long (docs/decisions/0014-shared-commits.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from psycopg.types.json import Json


def rows_of(rows: Sequence[Mapping[str, object]]) -> Json:
    """The parameter for these rows: texts that PostgreSQL can hold, numbers of 64 bits, times, UUIDs, objects."""
    return Json(rows, dumps=orjson.dumps)
