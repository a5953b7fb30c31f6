"""Keep fetched pages below the index, with what is needed to ask for them again."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


class CachedPage(BaseModel):
    """What is known about a page in the cache. `seen` is the day it was last reached, as YYYY-MM-DD."""

    model_config = ConfigDict(frozen=True)

    url: str
    suffix: str
    seen: str
    etag: str | None = None
    modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The request headers with which a server answers 304 if the page is unchanged."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class PageCache:
    """A folder with two files a page: its body, and a CachedPage."""

    folder: Path

    def read(self, page: str) -> CachedPage | None:
        """Return what is known about a page; None if the cache does not hold it whole."""
        try:
            cached = CachedPage.model_validate_json(self._file(page, ".json").read_bytes())
        except (OSError, ValidationError):
            return None
        return cached if self.body(page, cached).is_file() else None

    def body(self, page: str, cached: CachedPage) -> Path:
        """Return the file of a page's body."""
        return self._file(page, cached.suffix)

    def write(self, page: str, cached: CachedPage, body: bytes | None = None) -> None:
        """Keep a page; without a body the one in the cache stays."""
        if body is not None:
            self.body(page, cached).write_bytes(body)
        self._file(page, ".json").write_text(cached.model_dump_json(), encoding="utf-8")

    def forget(self, page: str) -> None:
        """Remove what is known about a page."""
        self._file(page, ".json").unlink(missing_ok=True)

    def _file(self, page: str, suffix: str) -> Path:
        return self.folder / (sha256(page.encode(errors="surrogatepass")).hexdigest()[:32] + suffix)
