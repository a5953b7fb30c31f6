"""Row ids as an array parameter. psycopg would turn each of them into a Python object first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format

from index.pgvector.local_files import Ids

_INT8 = types["int8"]
# The server's binary form: dimensions, nulls, type, length, first number; then size and value of each.
_HEADER = np.dtype(">i4")
_ITEM = np.dtype([("size", ">i4"), ("value", ">i8")])


@dataclass(frozen=True, slots=True)
class IdArray:
    """Ids to send, int64[n]."""

    ids: Ids


class _IdArrayDumper(Dumper):
    format = Format.BINARY
    oid = _INT8.array_oid

    def dump(self, obj: IdArray) -> Buffer:
        """Return the server's binary form of bigint[]."""
        items = np.empty(len(obj.ids), dtype=_ITEM)
        items["size"], items["value"] = 8, obj.ids
        return np.array([1, 0, _INT8.oid, len(obj.ids), 1], dtype=_HEADER).tobytes() + items.tobytes()


def register(connection: Connection[Any]) -> None:
    """Let a connection send IdArray."""
    connection.adapters.register_dumper(IdArray, _IdArrayDumper)
