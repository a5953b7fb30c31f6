"""What an admin should know about rules: groups without members, documents without a rule, patterns without effect."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from bot.settings import AccessSettings, Settings
from bot.surfaces.wording import counted
from index import snapshot_tables
from index.access import EVERYONE, NOBODY, matches
from index.errors import IndexUnavailableError
from index.reading.names import names_of, relative
from index.snapshot import CHUNKS, SnapshotFolder

_SETTINGS = "access.groups, access.slack_groups or access.entra_groups"


def live_warnings(settings: Settings) -> list[str]:
    """Return the warnings about the live snapshot; none without a snapshot."""
    folder = SnapshotFolder(settings.data_dir)
    try:
        name = folder.newest_intact()[1].name
    except IndexUnavailableError:
        return []
    tables = folder.path(name) / CHUNKS
    warnings = access_warnings(settings, snapshot_tables.documents_by_group(tables))
    return [*warnings, *pattern_warnings(settings, snapshot_tables.document_names(tables))]


def access_warnings(settings: Settings, named: Mapping[str, int]) -> list[str]:
    """Return warnings about access; `named` holds the groups that documents name, with the number of documents."""
    ruled = {group for groups in settings.index.access.values() for group in groups}
    wanted = {*named, *ruled} - {EVERYONE, NOBODY}
    known = _with_members(settings.access)
    return [*(_empty(group, named, known) for group in sorted(wanted - known)), *_unlabelled(settings, named)]


def pattern_warnings(settings: Settings, ids: Collection[str]) -> list[str]:
    """Return a warning for each pattern of the settings that matches no document; `ids` are their names."""
    names = names_of(ids)
    patterns = {"index.access": [*settings.index.access], "index.links": [*settings.index.links]}
    return [
        f"the pattern `{pattern}` in {setting} matches no document{_meant(pattern, names)}"
        for setting, rules in patterns.items()
        for pattern in rules
        if not _matches_one(relative(pattern), names)
    ]


def _matches_one(pattern: str, names: Collection[str]) -> bool:
    return any(matches(name, [pattern]) for name in names)


def _meant(pattern: str, names: Collection[str]) -> str:
    """Return how to write the pattern so that it matches, if it begins too far up or has other capitals."""
    parts = relative(pattern).split("/")
    shorter = ["/".join(parts[number:]) for number in range(1, len(parts))]
    if found := next((own for own in shorter if own.strip("*?/") and _matches_one(own, names)), None):
        return f": an id begins below the folder that is indexed, so write `{found}`"
    if found := next((name for name in names if matches(name.casefold(), [relative(pattern).casefold()])), None):
        return f": capitals count, and there is `{found}`"
    return ""


def _with_members(access: AccessSettings) -> set[str]:
    return {group for group, members in access.groups.items() if members} | {
        *access.slack_groups,
        *access.entra_groups,
    }


def _empty(group: str, named: Mapping[str, int], known: set[str]) -> str:
    count = named.get(group, 0)
    naming = f"{counted(count, 'document names', 'documents name')}" if count else "a rule in index.access names"
    nearest = get_close_matches(group, [*sorted(known), EVERYONE], 1)
    meant = f"if you mean `{nearest[0]}`, write that; else " if nearest else ""
    return f"nobody is in the group `{group}`, which {naming}: {meant}set its members in {_SETTINGS}"


def _unlabelled(settings: Settings, named: Mapping[str, int]) -> Iterator[str]:
    is_chosen = "unlabelled" in settings.index.model_fields_set
    if settings.access.has_groups and settings.index.unlabelled == EVERYONE and not is_chosen:
        yield (
            "groups are set, and a document without an access rule can be read by everyone "
            f"({counted(named.get(EVERYONE, 0), 'document is', 'documents are')} for everyone now): set "
            'index.unlabelled to "nobody" to hide documents without a rule, or to "everyone" if this is meant'
        )
