"""Dense candidates from pgvector.

Which chunks a search may see is told twice: the database compares the groups of each row, and the snapshot's own tables
say which rows are readable (`index.chunk_table`). A row has to pass both.

A plan is not left to the planner. Where few chunks are readable, exactly those are compared. Elsewhere the HNSW index
is read, which has to go on until enough of what it finds is readable: with pgvector's defaults a reader of one chunk in
a hundred lost 96% of the results.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from index.access import EVERYONE
from index.embedding.model import Vectors
from index.late_interaction import Similarities, similarities
from index.pgvector.contents import Contents, missing_error
from index.pgvector.database import Database
from index.pgvector.id_arrays import IdArray
from index.pgvector.local_files import Generation, Ids
from index.pgvector.upload import stored
from index.readable import Readable, Rows

# The index is read no further than about twice what the comparison of all readable chunks would take.
_LEAST_SCANNED, _MOST_SCANNED, _SCANNED_OF_READABLE = 2_000, 20_000, 8
# The index keeps so many rows at hand, as many as the root of all. With 200 it finds 97% of the nearest ten among
# 100,000 chunks and 91% among a million, with 1,000 there 96%.
_LEAST_AT_HAND, _MOST_AT_HAND = 200, 1_000
# The index gives its rows in order, and the planner has no other way to read them.
WALK = (
    ("hnsw.iterative_scan", "strict_order"),
    ("hnsw.scan_mem_multiplier", "8"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
)
# More rows than asked for are read at first, because a few may belong to other snapshots; then four times as many.
_SPARE, _MORE, _MOST = 24, 4, 10_000


@dataclass(frozen=True, slots=True)
class PlanRules:
    """When exactly the readable chunks are compared, and the HNSW index is not read.

    That is while they are few, and while their square is below `exact_square` times all chunks: the fewer are readable,
    the longer the index has to be read until enough of them are found. Of a million chunks one comparison takes 5 us on
    a busy machine, so 50,000 take 250 ms. If these are about one topic, reading the index takes 90 ms and finds 77% of
    the nearest ten (tests/bench/pgvector_scale.py).
    """

    exact_chunks: int = 2_000
    exact_square: int = 3_000
    exact_most: int = 60_000

    def is_exact(self, readable: Readable) -> bool:
        """Tell whether the readable chunks are compared one by one."""
        square = min(self.exact_square * readable.total, self.exact_most**2)
        return readable.count <= self.exact_chunks or readable.count**2 <= square


PLAN_RULES = PlanRules()
NEAR: LiteralString = "SELECT id FROM {vectors} WHERE groups && %s ORDER BY vector <#> %s LIMIT %s"
_NEAREST: LiteralString = "SELECT id FROM {vectors} ORDER BY vector <#> %s LIMIT %s"
# With the addition no index fits the order, so only the rows of these ids are read.
EXACTLY: LiteralString = (
    "SELECT id FROM {vectors} WHERE id = ANY(%s) AND groups && %s ORDER BY (vector <#> %s) + 0 LIMIT %s"
)
_HELD: LiteralString = "SELECT 1 FROM citedesk_index.snapshots WHERE generation = %s"


class PgvectorCandidates:
    """The vectors of one snapshot. Safe to share between threads."""

    def __init__(self, database: Database, generation: Generation, contents: Contents, rules: PlanRules) -> None:
        self._database, self._generation, self._space = database, generation, generation.tables
        self._rows, self._contents, self._rules = contents.ids, contents, rules

    def near(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        """Return at most `count` readable rows nearest to `vector`, float32[dimensions], best first."""
        wanted = min(count, readable.count)
        limit = count + _SPARE
        while not self._rules.is_exact(readable):
            ids = self._walked(NEAR, [_names(readable), HalfVector(vector), limit], readable.count)
            rows = self._rows.rows(ids)
            rows = rows[readable.holds(rows)]
            if len(rows) >= wanted:
                return rows[:count]
            if len(ids) < limit or limit > _MOST:
                break
            limit *= _MORE
        return self._exact(vector, readable, count)

    def largest_cosine(self, vector: Vectors) -> float:
        """Return the cosine of the chunk nearest to `vector`, readable or not; 0 if there is none."""
        rows = self._rows.rows(self._walked(_NEAREST, [HalfVector(vector), _SPARE], 0))[:1]
        return float(self.cosines(vector, rows).max(initial=0.0))

    def cosines(self, vector: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return float32[rows]: the cosine of each row to `vector`."""
        return self._contents.vectors(rows.tolist()).products(vector, None)

    def vectors(self, rows: Rows) -> Vectors:
        """Return float32[rows, dimensions]."""
        return self._contents.vectors(rows.tolist()).decoded(slice(None))

    def similarities(self, question: Vectors, rows: Sequence[int]) -> Similarities:
        """Return the best match of each token of `question`, float32[q, d], in the chunks `rows` and their pieces."""
        return similarities(question, [content.tokens for content in self._contents.of(rows)])

    def _walked(self, statement: LiteralString, values: Sequence[object], readable: int) -> Ids:
        """Return the ids that the HNSW index gives, in its order, also those of other snapshots."""
        scanned = min(max(readable // _SCANNED_OF_READABLE, _LEAST_SCANNED), _MOST_SCANNED)
        at_hand = min(max(math.isqrt(len(self._rows.ids)), _LEAST_AT_HAND), _MOST_AT_HAND)
        settings = ("hnsw.max_scan_tuples", str(scanned)), ("hnsw.ef_search", str(at_hand))
        return self._ids(statement, values, (*WALK, *settings))

    def _exact(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        ids = IdArray(self._rows.ids[readable.rows])
        found = self._rows.rows(self._ids(EXACTLY, [ids, _names(readable), HalfVector(vector), count], ()))
        return found[readable.holds(found)]

    def _ids(self, statement: LiteralString, values: Sequence[object], settings: Sequence[tuple[str, str]]) -> Ids:
        # Asked after the search: rows of a generation that still exists then were there before, too.
        held = (self._space.sql(_HELD), [self._generation.generation])
        found, exists = self._database.read((self._space.sql(statement), values), held, settings=settings)
        if not exists:
            raise missing_error()
        return np.array([number for (number,) in found], dtype=np.int64)


def _names(readable: Readable) -> list[str]:
    return sorted(map(stored, readable.groups | {EVERYONE}))
