"""The port between who asks and what holds the documents: `Retriever`, `Snapshots` and their values.

Nothing here knows how chunks are kept or found. `index.live` implements `Retriever` over a snapshot on disk,
`index.snapshot` implements `Snapshots` over a folder. tests/contracts/test_retriever.py holds for every implementation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from index.access import EVERYONE


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The parts of a chunk's score before weighting: cosine, token match (late interaction) and words (BM25)."""

    cosine: float
    tokens: float
    words: float


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk found for a question. `score` is the fused score, comparable within one search only.

    `text` is verbatim: the whole chunk for the first chunks of a result, the best excerpt of it for the others.
    `updated` is the day of the document's last change as YYYY-MM-DD, None if it is not known.
    """

    chunk_id: str
    document_id: str
    title: str
    heading: str
    text: str
    url: str | None
    score: float
    groups: frozenset[str] = frozenset({EVERYONE})
    parts: ScoreParts | None = None
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one search result, from which sufficiency is computed (`index.features`).

    evidence: sum over the question's tokens of rarity * (match in the best chunk - 0.45), in largest rarities.
    stability: share of the question's words, weighted by rarity, without which the best document stays the best.
    missing_name: 1 if a name or a number of the question is nowhere in the best chunk and its headings, else 0.
    titled: 1 if all words of a question of two words or more stand over one of the best chunks, in title or headings,
        else 0.
    foreign: 1 if the best chunk holds no code of the question, or names another thing of its kind, else 0.
    reranked: the best score (0..1) that the reranker gave a chunk; 0 without a reranker.
    """

    evidence: float = 0.0
    stability: float = 0.0
    missing_name: float = 0.0
    titled: float = 0.0
    foreign: float = 0.0
    reranked: float = 0.0


NOTHING = Features()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Chunks, best first, and the probability (0..1) that they hold the answer.

    `abstain_below` and `answer_from` are the thresholds of the snapshot's calibration. Below `abstain_below` no model
    is asked. From `answer_from` on the documents' words may be shown as an answer although no model has judged them.
    `hidden_is_nearer` tells operators, never the asker, that an unreadable chunk is clearly nearer to the question.
    """

    chunks: tuple[RetrievedChunk, ...]
    sufficiency: float
    snapshot: str
    hidden_is_nearer: bool = False
    abstain_below: float = 0.0
    answer_from: float = 0.0
    features: Features = NOTHING


IN_DATABASE = "pgvector"


class VectorIndex(BaseModel):
    """How the vectors of a snapshot are searched: `exact`, or `ivf` with `probes` of `lists` read for each question.

    With `pgvector` vectors, tokens and texts are in a database, and the folder holds the words only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = "exact"
    lists: int = 0
    probes: int = 0
    recall_at_10: float = 1.0


class SkippedFile(BaseModel):
    """A document that a build saw and left out, with the reason in words; with `part` only that part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document_id: str
    reason: str
    part: str = ""

    @property
    def name(self) -> str:
        """The document's id, with the part of it that was left out, if it is only a part."""
        return f"{self.document_id}, {self.part}" if self.part else self.document_id


class WithheldText(BaseModel):
    """A document that holds text addressed to a language model: the number of its passages, and where the first stands.

    `line` is a line of the source file, None where its text does not stand there literally (PDF, office, exports).
    `excerpt` is for the admin's eyes, never for a log.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document_id: str
    line: int | None
    passages: int
    excerpt: str


class NotSeen(BaseModel):
    """A document that the last build did not see, and the day on which it was last seen, as YYYY-MM-DD.

    With `has_copy` the copy of that day stands in the index; without, the document is no longer in it.
    """

    model_config = ConfigDict(frozen=True)

    document_id: str
    since: str
    has_copy: bool


class LastBuild(BaseModel):
    """How the last build ended, whether or not it made a snapshot. `at` is its end in UTC (ISO 8601).

    `error` says why it failed, "" if it did not. `not_seen` is from the last build that did not fail.
    """

    model_config = ConfigDict(frozen=True)

    at: str
    error: str = ""
    not_seen: tuple[NotSeen, ...] = ()


class Manifest(BaseModel):
    """What a snapshot holds and how it was made.

    `documents` maps document ids to content hashes, `checksums` maps file names to SHA-256 digests, and `sizes` to
    bytes. `withheld` is None
    if the build did not look for text that addresses a model. `remarks` say what was left out. `languages` are
    those of its documents, by ISO 639-1 code, as far as they are told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    name: str
    created_at: str
    embedder: str
    max_tokens: int
    dimensions: int
    chunk_count: int
    search: VectorIndex
    documents: dict[str, str]
    skipped: tuple[SkippedFile, ...]
    checksums: dict[str, str]
    sizes: dict[str, int] = {}
    withheld: tuple[WithheldText, ...] | None = None
    remarks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reopened:
    """A document that a rollback shows to more people: the groups that may read it then, and those that may now.

    `now` is None if the served snapshot does not hold it: it was deleted, or left out for the reason in `left_out`.
    """

    document_id: str
    then: frozenset[str]
    now: frozenset[str] | None
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback from the snapshot `live` to the one of `manifest` changes for readers.

    `vanishing` are ids of documents that the older snapshot does not hold.
    """

    live: str
    manifest: Manifest
    reopened: tuple[Reopened, ...]
    vanishing: tuple[str, ...]


class Retriever(Protocol):
    """Searches the live snapshot. Safe to share between threads.

    The first call after a publish uses the new snapshot; a search that has begun keeps its own. If the live snapshot
    is damaged, an older whole one is served. Every method raises IndexUnavailableError if none can be served.
    """

    @property
    def snapshot(self) -> str:
        """Name of the snapshot that is being served."""

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return at most `limit` chunks that a member of `groups` may read, best first.

        Public documents are always readable. `within` are patterns of document ids (`index.access.matches`), one of
        which must match; none means every document. Both filters apply before ranking.
        """

    def words(self, groups: Collection[str], within: Sequence[str] = ()) -> Mapping[str, int]:
        """Return the words, in lower case, of the documents that a search for `groups` and `within` may find.

        Each comes with the number of those documents that hold it. Words with digits are left out.
        """

    def rarities(
        self, terms: Collection[str], groups: Collection[str], within: Sequence[str] = ()
    ) -> Mapping[str, float]:
        """Return how rare (idf) each of the terms is in what a search for `groups` and `within` may find.

        A term is a word or a code in lower case (`index.terms`). Those that nothing there holds are left out.
        """

    def chunks(self, chunk_ids: Collection[str]) -> Mapping[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id, whoever may read them."""

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""

    def manifest(self) -> Manifest:
        """Return the manifest of the snapshot that is being served."""


class Snapshots(Protocol):
    """The snapshots that are kept, one of which is live."""

    def current_name(self) -> str | None:
        """Return the name of the live snapshot; None before the first build."""

    def names(self) -> list[str]:
        """Return the names of all complete snapshots, newest first."""

    def last_build(self) -> LastBuild | None:
        """Return how the last build ended; None before the first."""

    def publish(self, name: str) -> None:
        """Make `name` the live snapshot, in one step: readers see the old one or the new one."""

    def is_rolled_back(self) -> bool:
        """Tell whether an older snapshot than the newest is the live one."""

    def planned_rollback(self) -> Rollback:
        """Return what `roll_back` would change. Raises IndexUnavailableError without an earlier whole snapshot."""

    def roll_back(self, plan: Rollback | None = None) -> Manifest:
        """Make the newest whole snapshot before the live one live.

        Raises IndexUnavailableError if there is none, and BuildRefusedError if another one is live than in `plan`.
        """
