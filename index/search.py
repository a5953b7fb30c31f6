"""Search one snapshot: dense and lexical candidates, both filtered by access, ranked by late interaction."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index import ranking
from index.access import EVERYONE
from index.ann import EXACT_WHILE_SMALL, SearchRules
from index.bm25 import Words, largest_rarity
from index.chunk_table import Scope
from index.chunks import embedding_text, pieces
from index.embedding.model import Encoded
from index.errors import IndexUnavailableError, SnapshotCorruptError
from index.excerpts import EXCERPTS, ExcerptRules, best_window
from index.features import evidence, names, stability, titled
from index.late_interaction import word_at
from index.naming import names_another
from index.parts import SearchParts, VectorDatabase, opened_files
from index.postings import Posting, best_rows, held, total_scores
from index.ranking import EncodedQuestion, Ranked
from index.readable import Readable
from index.related_words import related
from index.reranking import Reranking
from index.retrieval import IN_DATABASE, NOTHING, Features, Manifest, Retrieval, RetrievedChunk, ScoreParts
from index.sufficiency import load_calibration
from index.terms import FUNCTION_WORDS, question_codes, question_terms, tells_apart

# Weight of the question's codes among its words: codes are found by their spelling alone.
_CODES = 6.0
_CANDIDATES = 40
# Near-duplicates: of two chunks with scores, vectors and words this alike and the same numbers, only the better is
# returned.
_TWIN_SCORE, _TWIN_COSINE, _TWIN_WORDS = 0.02, 0.95, 0.9
# An unreadable chunk counts as nearer if nothing is readable and its cosine is above _NEAR, or if its cosine exceeds
# the best readable one by _NEARER.
_NEAR, _NEARER = 0.4, 0.1
# A question is a title if it is that of one of so many best chunks.
_TITLES = 3
_SCOPES_KEPT, _PIECES_KEPT = 64, 4096
# A vocabulary takes about 100 bytes for each of its words.
_VOCABULARIES_KEPT = 8
_DIGITS = re.compile(r"\d")


class QuestionEncoder(Protocol):
    """What a search needs of an embedding model."""

    @property
    def name(self) -> str:
        """Name of the model; it must be the one that the snapshot was built with."""

    def encode(self, texts: Sequence[str]) -> Sequence[Encoded]:
        """Return the vector and the token vectors of each text."""


@dataclass(frozen=True)
class _Found:
    """What a search found: the question, the candidates (None: nothing is readable), and how well they match."""

    asked: EncodedQuestion
    ranked: Ranked | None
    features: Features
    hidden_is_nearer: bool


class SnapshotSearch:
    """One opened snapshot. Safe to share between threads."""

    def __init__(  # noqa: PLR0913, PLR0917 - the last one is for snapshots in a database only
        self,
        path: Path,
        manifest: Manifest,
        embedder: QuestionEncoder,
        rules: SearchRules = EXACT_WHILE_SMALL,
        excerpts: ExcerptRules = EXCERPTS,
        reranking: Reranking | None = None,
        database: VectorDatabase | None = None,
    ) -> None:
        """Open the snapshot in `path`; `database` opens those whose vectors are in a database."""
        if manifest.embedder != embedder.name:
            raise SnapshotCorruptError(
                f"{manifest.name} was built with {manifest.embedder}, but the configured model is "
                f"{embedder.name}; build the index again"
            )
        self.name = manifest.name
        self._embedder = embedder
        self._excerpts = excerpts
        parts = _opened(path, manifest, rules, database)
        self._lock, self._rows, self._vectors, self._tokens = parts.lock, parts.chunks, parts.vectors, parts.tokens
        self._words = Words(path, self._rows.connection, manifest.chunk_count, manifest.languages)
        self._reranking = reranking
        self._calibration = load_calibration(path).beside(reranking.scorer.name if reranking else "")
        self._readable = lru_cache(maxsize=_SCOPES_KEPT)(self._rows.readable)
        self._vocabulary = lru_cache(maxsize=_VOCABULARIES_KEPT)(self._rows.words)
        self._pieces = lru_cache(maxsize=_PIECES_KEPT)(pieces)

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return at most `limit` chunks that a member of `groups` may read, best first.

        `within` are patterns of document ids (`index.access.matches`), one of which must match; none means every
        document.
        """
        encoded = self._embedder.encode([question])[0]
        scope = Scope(frozenset(groups) | {EVERYONE}, tuple(within))
        with self._lock:
            found = self._found(question, encoded, scope, limit)
            texts = self._texts(found)
        # Outside the lock: other searches go on while the reranker reads.
        found = self._reranked(question, found, texts)
        with self._lock:
            chunks = self._chosen(found, limit)
        return Retrieval(
            chunks,
            self._calibration.probability(found.features) if found.ranked else 0.0,
            self.name,
            hidden_is_nearer=found.hidden_is_nearer,
            abstain_below=self._calibration.abstain_below,
            answer_from=self._calibration.answer_from,
            features=found.features,
        )

    def words(self, groups: Collection[str], within: Sequence[str] = ()) -> Mapping[str, int]:
        """Return the words of the documents that `groups` may read, with the number of documents that hold each."""
        return self._vocabulary(Scope(frozenset(groups) | {EVERYONE}, tuple(within)))

    def rarities(self, terms: Collection[str], groups: Collection[str], within: Sequence[str] = ()) -> dict[str, float]:
        """Return how rare each term is in what `groups` may read, if it stands there."""
        with self._lock:
            readable = self._readable(Scope(frozenset(groups) | {EVERYONE}, tuple(within)))
            found = {term: self._words.posting(term, readable) for term in terms}
        return {term: posting.rarity for term, posting in found.items() if len(posting.rows)}

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that this snapshot holds, by id, whoever may read them."""
        with self._lock:
            return self._rows.of_ids(chunk_ids)

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if this snapshot does not hold it."""
        with self._lock:
            return self._rows.of_document(document_id)

    def close(self) -> None:
        """Release the snapshot's files."""
        with self._lock:
            self._rows.connection.close()

    def _found(self, question: str, encoded: Encoded, scope: Scope, limit: int) -> _Found:
        readable = self._readable(scope)
        asked = self._encoded_question(question, encoded, readable)
        if not readable.count:
            return _Found(asked, None, NOTHING, self._vectors.largest_cosine(encoded.vector) > _NEAR)
        others = related(self._words, question, readable)
        lexical = [*asked.postings.values(), *asked.codes.values(), *others.missing]
        wide = [*lexical, *others.held]
        count = max(_CANDIDATES, limit)
        near = self._vectors.near(asked.vector, readable, count)
        ranked = self._ranked(asked, near, lexical, wide, count)
        features = self._features(question, asked, ranked)
        return _Found(asked, ranked, features, self._hidden_is_nearer(encoded.vector, ranked, readable))

    def _texts(self, found: _Found) -> list[str]:
        """Return what the reranker reads of the best candidates: title, headings and text; nothing without one."""
        if self._reranking is None or found.ranked is None:
            return []
        chunks = map(self._rows.chunk, found.ranked.rows[: self._reranking.candidates].tolist())
        return [embedding_text((chunk.title, *filter(None, [chunk.heading])), chunk.text) for chunk in chunks]

    def _reranked(self, question: str, found: _Found, texts: Sequence[str]) -> _Found:
        if self._reranking is None or found.ranked is None:
            return found
        given = self._reranking.scorer.scores(question, texts)
        features = replace(found.features, reranked=float(given.max()))
        return replace(found, ranked=found.ranked.reordered(given), features=features)

    def _encoded_question(self, question: str, encoded: Encoded, readable: Readable) -> EncodedQuestion:
        postings = {term: self._words.posting(term, readable) for term in question_terms(question)}
        codes = {code: self._words.posting(code, readable) for code in question_codes(question)}
        words = [word_at(question, span) for span in encoded.spans]
        kept = [token for token, word in enumerate(words) if word in postings] or [0]
        weights = [postings[words[token]].rarity if words[token] in postings else 1.0 for token in kept]
        # Function words are kept only where a question has no other word. They count as one word.
        content = ["" if words[token] in FUNCTION_WORDS else words[token] for token in kept]
        _, numbers = np.unique(content, return_inverse=True)
        return EncodedQuestion(
            encoded.vector,
            encoded.tokens[kept],
            np.array(weights, dtype=np.float32),
            numbers,
            postings,
            codes,
            readable.count,
        )

    def _ranked(
        self,
        asked: EncodedQuestion,
        near: NDArray[np.int64],
        lexical: Sequence[Posting],
        wide: Sequence[Posting],
        count: int,
    ) -> Ranked:
        """Return the candidates, best first; `wide` are the postings with other spellings, which choose them."""
        widest = best_rows(wide, count)
        first = best_rows(lexical, 1) if len(wide) > len(lexical) else widest[:1]
        rows = np.union1d(near, widest)
        cosines = self._vectors.cosines(asked.vector, rows)
        codes = _CODES * held(asked.codes.values(), rows, largest_rarity(asked.total))
        coarse = ranking.coarse_scores(cosines, _shares(wide, rows, widest) + codes)
        kept = np.argsort(-coarse, kind="stable")[:count]
        rows, cosines, words = rows[kept], cosines[kept], (_shares(lexical, rows, first) + codes)[kept]
        similar = self._tokens.similarities(asked.tokens, rows.tolist())
        matches = similar.by_chunk @ (asked.weights / asked.weights.sum())
        is_foreign = any(map(self._words.is_foreign, first.tolist()))
        weight = ranking.WORDS_ELSEWHERE if is_foreign else ranking.WORDS
        scores = ranking.final_scores(self._rows.documents(rows), ranking.own_scores(cosines, matches, words, weight))
        order = np.lexsort((rows, -scores))
        return Ranked(rows[order], scores[order], cosines[order], matches[order], words[order], order, similar, weight)

    def _features(self, question: str, asked: EncodedQuestion, ranked: Ranked) -> Features:
        """Return the features of the best chunk by its own score."""
        best = int(ranked.own_scores.argmax())
        matches = ranked.similar.by_chunk[ranked.positions]
        row = int(ranked.rows[best])
        at = ranked.rows[[best]]
        named = [asked.postings[name] for name in names(question) if name in asked.postings]
        told_apart = [posting for code, posting in asked.codes.items() if tells_apart(code)]
        is_foreign = bool(told_apart) and not any(posting.holds(at)[0] for posting in told_apart)
        return Features(
            evidence=evidence(matches[best], asked.weights, largest_rarity(asked.total)),
            stability=stability(
                self._of_one_text(row, ranked.rows), matches, ranked.unmatched_scores, asked.weights, asked.words
            ),
            missing_name=float(any(not posting.holds(at)[0] for posting in named)),
            titled=float(any(titled(asked.postings, self._title(r)) for r in ranked.rows[:_TITLES].tolist())),
            foreign=float(is_foreign or names_another(question, f"{self._title(row)} {self._rows.chunk(row).text}")),
        )

    def _of_one_text(self, best: int, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return int32[rows]: the document of each row. An edition of the best row's text counts as its document.

        Pages share boilerplate; editions have the same title as well.
        """
        documents = self._rows.documents(rows)
        same = self._cosines_to(best, rows) > _TWIN_COSINE
        same[same] = [self._rows.chunk(row).title == self._rows.chunk(best).title for row in rows[same].tolist()]
        return np.where(same, self._rows.documents(np.array([best])), documents)

    def _title(self, row: int) -> str:
        chunk = self._rows.chunk(row)
        return f"{chunk.title} {chunk.heading}"

    def _chosen(self, found: _Found, limit: int) -> tuple[RetrievedChunk, ...]:
        asked, ranked = found.asked, found.ranked
        if ranked is None:
            return ()
        chosen: list[tuple[int, RetrievedChunk]] = []
        for rank, row in enumerate(ranked.rows.tolist()):
            if len(chosen) == limit:
                break
            chunk = self._rows.chunk(row)
            score = float(ranked.scores[rank])
            if any(
                other.score - score < _TWIN_SCORE and self._near_duplicates(row, chunk, at, other)
                for at, other in chosen
            ):
                continue
            text = (
                chunk.text if len(chosen) < self._excerpts.whole_chunks else self._excerpt(asked, ranked, rank, chunk)
            )
            parts = ScoreParts(float(ranked.cosines[rank]), float(ranked.matches[rank]), float(ranked.words[rank]))
            chosen.append((row, replace(chunk, text=text, score=score, parts=parts)))
        return tuple(chunk for _, chunk in chosen)

    def _excerpt(self, asked: EncodedQuestion, ranked: Ranked, rank: int, chunk: RetrievedChunk) -> str:
        parts = self._pieces(chunk.text)
        scores = ranked.similar.piece_scores(int(ranked.positions[rank]), asked.weights, len(parts))
        return best_window(parts, scores, self._excerpts.chars)

    def _near_duplicates(self, row: int, chunk: RetrievedChunk, other_row: int, other: RetrievedChunk) -> bool:
        cosine = float(self._cosines_to(row, np.array([other_row]))[0])
        return cosine > _TWIN_COSINE and _have_the_same_words(chunk.text, other.text)

    def _cosines_to(self, row: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._vectors.cosines(self._vectors.vectors(np.array([row]))[0], rows)

    def _hidden_is_nearer(self, vector: NDArray[np.float32], ranked: Ranked, readable: Readable) -> bool:
        """Tell whether an unreadable chunk is clearly nearer to the question than every readable one."""
        if readable.bitmap is None:
            return False
        return self._vectors.largest_cosine(vector) > float(ranked.cosines.max()) + _NEARER


def _opened(path: Path, manifest: Manifest, rules: SearchRules, database: VectorDatabase | None) -> SearchParts:
    if manifest.search.kind != IN_DATABASE:
        return opened_files(path, manifest, rules)
    if database is None:
        raise IndexUnavailableError(
            f"the vectors of {manifest.name} are in a database: set index.vectors to pgvector, or build the index again"
        )
    return database.opened(path, manifest)


def _shares(postings: Sequence[Posting], rows: NDArray[np.int64], best: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the scores of rows as shares of the largest, that of the first of `best`."""
    largest = total_scores(postings, best[:1]).max(initial=1e-9)
    return total_scores(postings, rows) / np.float32(largest)


def _have_the_same_words(text: str, other: str) -> bool:
    """Tell whether two texts have nearly the same words, and exactly the same words with digits."""
    words, others = set(text.casefold().split()), set(other.casefold().split())
    alike = len(words & others) >= _TWIN_WORDS * len(words | others)
    return alike and not any(_DIGITS.search(word) for word in words ^ others)
