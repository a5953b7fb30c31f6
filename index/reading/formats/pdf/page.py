"""What stands on a page of a PDF, as values: words, ruling lines, and whether there is a picture.

Coordinates are in points from the upper left corner of the page as it is read; `y` is a baseline and grows downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from unicodedata import bidirectional

_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a blank. A `glued` word follows the word before it without a blank."""

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool = False
    mono: bool = False
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal ruling line."""

    left: float
    right: float
    y: float


@dataclass(frozen=True, slots=True)
class Bar:
    """An upright ruling line."""

    x: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its words by the direction in which they are read, the main one first.

    `bottom` is the lower edge in the file's coordinates.
    """

    number: int
    height: float
    words: tuple[tuple[Word, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    bars: tuple[Bar, ...] = ()
    pictured: bool = False
    bottom: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one baseline in one column."""

    words: tuple[Word, ...]
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", joined(self.words))

    @property
    def left(self) -> float:
        """The x of the first letter."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """The x at which the last word ends."""
        return max(word.right for word in self.words)

    @property
    def y(self) -> float:
        """The baseline of the largest word."""
        return max(self.words, key=lambda word: word.size).y

    @property
    def size(self) -> float:
        """The type size of most letters."""
        sizes: dict[float, int] = {}
        for word in self.words:
            sizes[word.size] = sizes.get(word.size, 0) + len(word.text)
        return max(sizes, key=lambda size: sizes[size])

    @property
    def bold(self) -> bool:
        """Whether every word is bold."""
        return all(word.bold for word in self.words)


def joined(words: Sequence[Word]) -> str:
    """Return words, which come from left to right, as text in the order in which they are read."""
    if any(bidirectional(letter) in _RIGHT_TO_LEFT for word in words for letter in word.text):
        words = _from_the_right(words)
    return "".join(word.text if word.glued or not n else f" {word.text}" for n, word in enumerate(words))


def _from_the_right(words: Sequence[Word]) -> list[Word]:
    """Return the words of a line from the right to the left, but Latin words and numbers among them as they stand."""
    found: list[Word] = []
    run = 0
    for word in reversed(words):
        latin = all(bidirectional(letter) not in _RIGHT_TO_LEFT for letter in word.text)
        run = run + 1 if latin else 0
        found.insert(len(found) - run + 1 if latin else len(found), replace(word, glued=False))
    return found
