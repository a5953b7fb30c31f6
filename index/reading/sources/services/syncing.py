"""Keep a copy of a service's articles below the index, so that a build reads only what changed.

A sync that fails changes nothing: the articles of the last one stand. Only a whole listing makes an article deleted.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.fetching.client import Client, RefusedError, UnreachableError, opened_client
from index.reading.formats.synced import SyncedArticle
from index.reading.source import Found, LeftOut, Source, file_source, printable
from index.reading.sources.services.confluence import confluence
from index.reading.sources.services.notion import notion
from index.reading.sources.services.place import Kind, ServicePlace
from index.reading.sources.services.port import Article, GoneError, Service
from index.reading.sources.services.zendesk import zendesk

SUFFIX = ".synced"
_STATE = "state.json"
# A reply may hold several articles.
_REPLY_FACTOR = 4
_SERVICES: dict[Kind, Callable[[Client, ServicePlace], Service]] = {
    "confluence": confluence,
    "notion": notion,
    "zendesk": zendesk,
}


class _Kept(BaseModel):
    """An article of the last sync: the file with its text, or the problem why there is none."""

    model_config = ConfigDict(frozen=True)

    key: str
    file: str
    url: str | None
    updated: str | None
    problem: str


class _State(BaseModel):
    """The result of a sync that succeeded. `synced` is its day, `place` the settings that it ran with."""

    model_config = ConfigDict(frozen=True)

    place: str
    synced: str
    articles: list[_Kept]
    is_cut: bool


def articles_at(
    place: ServicePlace, folder: Path, rules: LoadRules, checkpoint: Callable[[], None] = lambda: None
) -> Found:
    """Return the articles of a service; `folder` is where all services are kept.

    `checkpoint` is called before each article, and may raise to end the sync. Raises BuildRefusedError if they cannot
    be read and there is no copy of an earlier sync with the same settings.
    """
    return asyncio.run(synced_articles(place, folder, rules, checkpoint))


async def synced_articles(
    place: ServicePlace, folder: Path, rules: LoadRules, checkpoint: Callable[[], None] = lambda: None
) -> Found:
    """Return the articles of a service, as `articles_at` does."""
    copy = _Copy(folder / place.name, place, rules)
    copy.folder.mkdir(parents=True, exist_ok=True)
    last = copy.last()
    try:
        state = await _synced(copy, last, checkpoint)
    except (RefusedError, UnreachableError) as error:
        if last is None:
            raise BuildRefusedError(f"{place.name}: {error}") from error
        remark = f"cannot be read now ({error}): its articles stand as they were on {last.synced}"
        return Found(tuple(copy.sources(last)), (LeftOut(place.name, remark),))
    copy.save(state)
    remark = f"articles after the first {place.articles_max:,} left out (articles_max)"
    return Found(tuple(copy.sources(state)), (LeftOut(place.name, remark),) if state.is_cut else ())


async def first_title(place: ServicePlace, rules: LoadRules) -> str | None:
    """Return the title of the first article that a service lists. Raises RefusedError or UnreachableError."""
    async with opened_client(rules) as client, aclosing(_SERVICES[place.kind](client, place).articles(())) as articles:
        return await anext((article.title async for article in articles), None)


async def _synced(copy: "_Copy", last: _State | None, checkpoint: Callable[[], None]) -> _State:
    rules = replace(copy.rules, max_bytes=copy.rules.max_bytes * _REPLY_FACTOR)
    known = [article.key for article in last.articles] if last else []
    kept: dict[str, _Kept] = {}
    is_cut = False
    async with opened_client(rules) as client:
        service = _SERVICES[copy.place.kind](client, copy.place)
        async with aclosing(service.articles(known)) as articles:
            async for article in articles:
                checkpoint()
                if is_cut := len(kept) >= copy.place.articles_max and article.key not in kept:
                    break
                if made := await copy.kept(article, service):
                    kept[article.key] = made
    today = datetime.now(UTC).date().isoformat()
    return _State(place=copy.fingerprint, synced=today, articles=list(kept.values()), is_cut=is_cut)


@dataclass(frozen=True, slots=True)
class _Copy:
    """The folder with the articles of one service: a file each, named by what makes it another, and the state."""

    folder: Path
    place: ServicePlace
    rules: LoadRules

    @property
    def fingerprint(self) -> str:
        """The settings that decide which articles there are and who may read them."""
        place = self.place
        parts = (place.kind, place.url, place.spaces, place.locales, place.readers, sorted(place.groups.items()))
        return sha256(repr(parts).encode()).hexdigest()

    def last(self) -> _State | None:
        """Return the state of the last sync; None if there is none with these settings."""
        try:
            state = _State.model_validate_json((self.folder / _STATE).read_bytes())
        except (OSError, ValidationError):
            return None
        return state if state.place == self.fingerprint else None

    async def kept(self, article: Article, service: Service) -> _Kept | None:
        """Return an article whose text is in the folder; None if it was deleted since it was listed."""
        file, problem = _file(article), article.problem
        if not problem and not (self.folder / file).exists():
            try:
                self._write(file, article, service, await article.body())
            except GoneError:
                return None
            except RefusedError as error:
                problem = str(error)
        return _Kept(key=article.key, file=file, url=article.url, updated=article.updated, problem=problem)

    def _write(self, file: str, article: Article, service: Service, body: str) -> None:
        held = SyncedArticle(
            form=service.form,
            title=article.title,
            url=article.url,
            updated=article.updated,
            groups=sorted(article.readers),
            body=body,
        )
        self._replace(file, held.model_dump_json())

    def save(self, state: _State) -> None:
        """Keep the state of a sync, and remove the files that it does not name."""
        self._replace(_STATE, state.model_dump_json())
        named = {_STATE, *(article.file for article in state.articles if not article.problem)}
        for path in self.folder.iterdir():
            if path.name not in named:
                path.unlink()

    def sources(self, state: _State) -> Iterator[Source]:
        """Yield the articles of a state as sources."""
        for article in state.articles:
            source_id = f"{self.place.name}/{article.key}"
            if article.problem:
                yield self._problem(source_id, article)
            else:
                source = file_source(self.folder / article.file, self.folder, source_id, self.rules, article.url)
                yield replace(source, updated=article.updated)

    def _problem(self, source_id: str, article: _Kept) -> Source:
        parts = (self.rules.fingerprint, source_id, article.problem)
        fingerprint = sha256("\0".join(parts).encode(errors="replace")).hexdigest()
        name = printable(source_id)
        return Source(name, self.folder, self.folder, fingerprint, SUFFIX, article.url, printable(article.problem))

    def _replace(self, file: str, text: str) -> None:
        part = self.folder / f"{file}.part"
        part.write_text(text, encoding="utf-8", errors="replace")
        part.replace(self.folder / file)


def _file(article: Article) -> str:
    """Return the name of an article's file, which changes whenever the article or its readers do."""
    parts = (article.key, article.version, article.title, article.url or "", *sorted(article.readers))
    return sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:40] + SUFFIX
