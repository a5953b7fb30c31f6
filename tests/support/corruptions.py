"""True answers over real documents, and every way of making them false that verification must see.

A corruption takes a true case and returns a false one, or None where it has nothing to change. A false
case says something that its chunks do not say, or claims a source that it does not have.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.chunking import chunk_document
from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.units import units
from pipeline.types import Citation, Draft
from support.documents import documents_in

_CHUNK_CHARS = 1000
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_PROSE = re.compile(r"[A-Z][^|<>{}\[\]`*_#]{50,240}\.")
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|could|will|would|may|must|should|has|have|had|does|do|did)\b")
_NUMBER = re.compile(r"(?<![\w.,/])\d+(?:,\d{3})*(?![\w/])")
_UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
_SIZES = ("KB", "MB", "GB", "TB")
_MONTHS = tuple("January February March April May June July August September October November December".split())
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
# What "it" stands for may be the other sentence's subject, and the merged one true.
_PRONOUN = re.compile(r"(?:It|This|That|These|Those|They|He|She|You|We|One|Most of them|There|Note|Now)\b")
_LIES = (
    "Refunds are paid out within a single working day.",
    "Support answers every ticket around the clock.",
    "The feature was withdrawn for all customers.",
    "Two signatures are needed before it takes effect.",
)


@dataclass(frozen=True)
class Case:
    """A draft and the chunks that it was written from."""

    draft: Draft
    chunks: tuple[RetrievedChunk, ...]

    @property
    def answer(self) -> str:
        return self.draft.answer

    def saying(self, answer: str) -> "Case":
        return replace(self, draft=self.draft.model_copy(update={"answer": answer}))

    def citing(self, *citations: Citation) -> "Case":
        return replace(self, draft=self.draft.model_copy(update={"citations": citations}))


Corruption = Callable[[Case, random.Random], Case | None]


def real_chunks(folder: Path) -> list[RetrievedChunk]:
    """Return the chunks of every document below `folder`."""
    documents = documents_in(folder)
    return [
        RetrievedChunk(
            chunk_id=piece.chunk_id,
            document_id=document.document_id,
            title=document.title,
            heading=" > ".join(piece.heading_path),
            text=piece.text,
            url=None,
            score=0.9,
            groups=document.groups,
        )
        for document in documents
        for piece in chunk_document(document, len, _CHUNK_CHARS)
    ]


def prose(chunk: RetrievedChunk) -> list[str]:
    """Return the plain sentences of a chunk."""
    found = (_LIST_MARK.sub("", unit.of(chunk.text)).strip() for unit in units(chunk.text))
    return [sentence for sentence in found if _PROSE.fullmatch(sentence)]


def _stems(text: str) -> set[str]:
    """Return the first letters of the longer words of `text`: enough to tell whether two texts share a subject."""
    return {word[:6] for word in re.findall(r"\w{4,}", text.casefold())}


def true_cases(chunks: Sequence[RetrievedChunk], rng: random.Random) -> Iterator[Case]:
    """Yield verbatim answers of one or two sentences, each over four chunks."""
    usable = [(chunk, sentences) for chunk in chunks if (sentences := prose(chunk))]
    while True:
        (first, said), *others = rng.sample(usable, 4)
        sentence = rng.choice(said)
        answer, citations = f"{sentence} [1]", [Citation(marker=1, chunk_id=first.chunk_id, quote=sentence)]
        if rng.random() < 0.4:
            second = rng.choice(others[0][1])
            answer += f" {second} [2]"
            citations.append(Citation(marker=2, chunk_id=others[0][0].chunk_id, quote=second))
        draft = Draft(status="answered", answer=answer, confidence="high", citations=tuple(citations))
        yield Case(draft, (first, *(chunk for chunk, _ in others)))


def _changed(case: Case, pattern: re.Pattern[str], by: Callable[[str], str], rng: random.Random) -> Case | None:
    found = [m for m in pattern.finditer(case.answer) if case.answer[m.start() - 1 : m.start()] != "["]
    if not found:
        return None
    match = rng.choice(found)
    return case.saying(case.answer[: match.start()] + by(match[0]) + case.answer[match.end() :])


def number(case: Case, rng: random.Random) -> Case | None:
    """Another number."""
    held = " ".join(chunk.text for chunk in case.chunks)

    def other(old: str) -> str:
        value = int(old.replace(",", ""))
        near = (value + 1, value + 7, value * 10 + 3, value * 2 + 1)
        return next(str(n) for n in [*rng.sample(near, 4), value + 987] if str(n) not in held)

    return _changed(case, _NUMBER, other, rng)


def unit(case: Case, rng: random.Random) -> Case | None:
    """The same number of something else."""
    pattern = re.compile(
        rf"(?<=\d[ -])(?:{'|'.join([*_UNITS, *(u[:-1] for u in _UNITS), *_SIZES])})\b|(?<=\d)(?:{'|'.join(_SIZES)})\b|%"
    )

    def other(old: str) -> str:
        if old == "%":
            return " euro"
        kind = _SIZES if old in _SIZES else tuple(u.removesuffix("s") if not old.endswith("s") else u for u in _UNITS)
        return rng.choice([word for word in kind if word != old])

    return _changed(case, pattern, other, rng)


def date(case: Case, rng: random.Random) -> Case | None:
    """Another month or year."""
    pattern = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b(?= \d|,)|\b1[5-9]\d\d\b|\b20\d\d\b")

    def other(old: str) -> str:
        return (
            str(int(old) + rng.choice((3, 11, -7))) if old.isdigit() else rng.choice([m for m in _MONTHS if m != old])
        )

    return _changed(case, pattern, other, rng)


def negation(case: Case, rng: random.Random) -> Case | None:
    """A "not" more, or less."""
    if re.search(r"\b(?:not|cannot|never)\b|n't\b", case.answer) and rng.random() < 0.7:
        fewer = re.compile(r"(?<=can)not\b|\bnot |\bnever |n't\b")
        return _changed(case, fewer, lambda _: "", rng)
    return _changed(case, _AUXILIARY, lambda word: f"{word} not", rng)


def entity(case: Case, rng: random.Random) -> Case | None:
    """Another name: one from elsewhere, or another one of the same chunk."""
    near = sorted({m[0] for m in _NAME.finditer(case.chunks[0].text)} - set(re.findall(r"\w+", case.answer)))
    names = near if near and rng.random() < 0.5 else ["Firefox", "Berlin", "Oracle", "Napoleon", "Kubernetes"]
    other = [name for name in names if not _stems(name) & _stems(case.answer)]
    return _changed(case, _NAME, lambda _: rng.choice(other), rng) if other else None


def url(case: Case, rng: random.Random) -> Case:
    """A link that no document holds."""
    link = rng.choice(
        ("https://pay-now.example/login", "www.fast-help.example", "help@desk-support.example", "[here](//x.example/y)")
    )
    return case.saying(case.answer.replace(". [1]", f", see {link}. [1]", 1))


def swapped_chunk(case: Case, rng: random.Random) -> Case | None:
    """Another chunk under the quote, the same id under another marker, or a true quote about something else."""
    first, *rest = case.draft.citations
    other = case.chunks[2]
    if _stems(first.quote) <= _stems(other.text):
        return None
    kind = rng.randrange(3)
    if kind == 0:
        return case.saying(case.answer.replace("[1]", "[3]")).citing(
            first.model_copy(update={"marker": 3, "chunk_id": other.chunk_id}), *rest
        )
    if kind == 1:
        return case.citing(first.model_copy(update={"chunk_id": other.chunk_id}), *rest)
    moved = Citation(marker=3, chunk_id=other.chunk_id, quote=rng.choice(prose(other)))
    return case.saying(case.answer.replace("[1]", "[3]")).citing(moved, *rest)


def invented_chunk(case: Case, rng: random.Random) -> Case:
    """An id that was not retrieved."""
    first, *rest = case.draft.citations
    return case.citing(first.model_copy(update={"chunk_id": f"{rng.getrandbits(48):012x}"}), *rest)


def trimmed_quote(case: Case, rng: random.Random) -> Case | None:
    """A quote too short to prove anything, cut inside a word, or with its middle left out."""
    first, *rest = case.draft.citations
    words = first.quote.split()
    long = next((at for at, word in enumerate(words) if len(word) > 4 and word.isalpha() and at > 0), None)
    if long is None:
        return None
    forms = (words[0][:8], " ".join([*words[:long], words[long][:-2]]), " ".join(words[:3] + words[6:]))
    return case.citing(first.model_copy(update={"quote": rng.choice(forms)}), *rest)


def paraphrased_quote(case: Case, rng: random.Random) -> Case | None:
    """A quote in other words."""
    first, *rest = case.draft.citations
    words = first.quote.split()
    at = rng.randrange(1, len(words) - 1)
    forms = ([*words[:at], "really", *words[at:]], [*words[:at], *words[at + 1 :]], [*words[at:], *words[:at]])
    quote = " ".join(rng.choice(forms))
    if comparable(quote) in comparable(case.chunks[0].text):
        return None
    return case.citing(first.model_copy(update={"quote": quote}), *rest)


def added_sentence(case: Case, rng: random.Random) -> Case:
    """One sentence more: uncited, cited with what stands in another document, or flatly made up."""
    foreign = rng.choice([*prose(case.chunks[3]), *_LIES])
    return case.saying(f"{case.answer} {foreign}{rng.choice(('', ' [1]'))}")


def merged_facts(case: Case, rng: random.Random) -> Case | None:
    """The subject of one sentence with what another one says, both quoted."""
    chunk = case.chunks[0]
    halves = [
        (s, s[: m.start()].strip(), s[m.start() :])
        for s in prose(chunk)
        if (m := _AUXILIARY.search(s)) and m.start() < 60
    ]
    pairs = [
        (a, b, f"{subject} {predicate}")
        for a, subject, _ in halves
        for b, _, predicate in halves
        if a != b and not _PRONOUN.match(b) and _stems(subject) and not _stems(subject) & _stems(b)
    ]
    if not pairs:
        return None
    one, two, merged = rng.choice(pairs)
    if comparable(merged) in comparable(chunk.text):
        return None
    quotes = [Citation(marker=1, chunk_id=chunk.chunk_id, quote=quote) for quote in (one, two)]
    return case.saying(f"{merged} [1]").citing(*quotes)


CORRUPTIONS: Mapping[str, Corruption] = {
    made.__name__: made
    for made in (
        number,
        unit,
        date,
        negation,
        entity,
        url,
        swapped_chunk,
        invented_chunk,
        trimmed_quote,
        paraphrased_quote,
        added_sentence,
        merged_facts,
    )
}
