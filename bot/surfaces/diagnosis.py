"""What `citedesk doctor` says of one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was checked."""

    what: str
    ok: bool
    words: str
