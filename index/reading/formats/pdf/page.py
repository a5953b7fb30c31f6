"""What stands on a page of a PDF, as values: words, ruling lines, and whether there is a picture.

Coordinates are in points from the upper left corner of the page as it is read; `y` is a baseline and grows downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


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
    width: float
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
    """Return words as text."""
    return "".join(word.text if word.glued or not n else f" {word.text}" for n, word in enumerate(words))
