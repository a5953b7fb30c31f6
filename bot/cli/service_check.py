"""The part of `citedesk doctor` that asks each indexed service for its first article."""

import asyncio
from collections.abc import Sequence

from bot.app import build_rules, services
from bot.settings import Settings
from bot.surfaces.product import Diagnosis
from index.reading.documents import LoadRules
from index.reading.sources.services.place import ServicePlace


async def service_checks(settings: Settings) -> Sequence[Diagnosis]:
    """Return a result for each service: what it lists first, or why it lists nothing."""
    rules = build_rules(settings).load
    return [await _check(place, rules) for place in services(settings)]


async def _check(place: ServicePlace, rules: LoadRules) -> Diagnosis:
    # Imported late: only services need the HTTP client and the parsers.
    from index.reading.fetching.client import RefusedError, UnreachableError  # noqa: PLC0415
    from index.reading.sources.services.syncing import first_title  # noqa: PLC0415

    what = f"service {place.name}"
    try:
        async with asyncio.timeout(rules.seconds):
            title = await first_title(place, rules)
    except TimeoutError:
        return Diagnosis(what, ok=False, words=f"no article within {rules.seconds:g} s: check its address")
    except (RefusedError, UnreachableError) as error:
        return Diagnosis(what, ok=False, words=str(error))
    if title is None:
        return Diagnosis(what, ok=False, words="lists no article: may its token read any?")
    return Diagnosis(what, ok=True, words=f"can be read, first “{title}”")
