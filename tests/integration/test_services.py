"""Confluence, Zendesk Guide and Notion as sources: who may read what, deletions, and syncs that fail half way."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from support.services import Answer, FakeConfluence, FakeNotion, FakeService, FakeZendesk, recorded, served

from bot.app import build_rules, places
from bot.cli.service_check import service_checks
from bot.settings import load_settings
from index.access import EVERYONE
from index.builder import build
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRefusedError
from index.reading.conversion import documents_of
from index.reading.documents import Document, LoadRules
from index.reading.source import Found, Source
from index.reading.sources.services.place import ServicePlace
from index.reading.sources.services.syncing import first_title, synced_articles

_RULES = LoadRules(private_hosts=("127.0.0.1",), unlabelled="nobody")
_TOKEN = "invented-token-0123"
_PAGES = "/wiki/api/v2/spaces/98/pages"
_ARTICLES = "/api/v2/help_center/en-us/articles.json"
_WIKI = ServicePlace(
    kind="confluence",
    name="wiki",
    url="",
    user="docs@example.com",
    token_env="WIKI_TOKEN",
    spaces=("HELP",),
    groups={"confluence-users": EVERYONE, "team-leads": "leads"},
)
_HELP = ServicePlace("zendesk", "help", "", locales=("en-us",), groups={"7001": "agents"})
_NOTES = ServicePlace("notion", "notes", "", token_env="WIKI_TOKEN", readers=("staff",))


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_TOKEN", f"{_TOKEN}\n")


@pytest.fixture
async def wiki() -> AsyncIterator[FakeConfluence]:
    # The base64 of docs@example.com:invented-token-0123.
    fake = FakeConfluence(wanted="Basic ZG9jc0BleGFtcGxlLmNvbTppbnZlbnRlZC10b2tlbi0wMTIz")
    async with served(fake):
        yield fake


@pytest.fixture
async def help_centre() -> AsyncIterator[FakeZendesk]:
    fake = FakeZendesk()
    async with served(fake):
        yield fake


@pytest.fixture
async def notes() -> AsyncIterator[FakeNotion]:
    fake = FakeNotion(wanted=f"Bearer {_TOKEN}")
    async with served(fake):
        yield fake


async def _synced(place: ServicePlace, service: FakeService, folder: Path, rules: LoadRules = _RULES) -> Found:
    return await synced_articles(replace(place, url=service.base), folder, rules)


def _documents(found: Found) -> dict[str, Document]:
    made = [document for source in found.sources if not source.problem for document in documents_of(source, _RULES)]
    return {document.document_id: document for document in made if isinstance(document, Document)}


def _problems(found: Found) -> dict[str, str]:
    return {source.source_id: source.problem for source in found.sources if source.problem}


def _text(source: Source) -> str:
    (document,) = documents_of(source, _RULES)
    assert isinstance(document, Document)
    return document.text


# Confluence


async def test_a_page_of_confluence_is_read_by_those_who_may_read_it_and_all_it_stands_under(
    wiki: FakeConfluence, tmp_path: Path
) -> None:
    found = await _synced(_WIKI, wiki, tmp_path)
    assert {name: document.groups for name, document in _documents(found).items()} == {
        "wiki/HELP/100": {EVERYONE},
        "wiki/HELP/101": {EVERYONE},
        "wiki/HELP/102": {"leads"},
        "wiki/HELP/103": {"leads"},
        "wiki/HELP/105": {EVERYONE},
    }
    assert _problems(found) == {"wiki/HELP/104": "only people named one by one may read it"}


async def test_a_page_of_confluence_has_its_title_link_day_and_text(wiki: FakeConfluence, tmp_path: Path) -> None:
    found = await _synced(_WIKI, wiki, tmp_path)
    document = _documents(found)["wiki/HELP/101"]
    assert (document.title, document.url) == (
        "Refunds",
        "https://example.atlassian.net/wiki/spaces/HELP/pages/101/Refunds",
    )
    assert "refund within **30 days**" in document.text
    assert next(source.updated for source in found.sources if source.source_id == "wiki/HELP/101") == "2026-11-03"


@pytest.mark.parametrize(
    ("groups", "problems"),
    [
        ({"confluence-users": EVERYONE}, {"102", "103", "104"}),
        ({"confluence-users": "staff", "team-leads": "leads"}, {"102", "103", "104"}),
        ({"confluence-users": "leads", "team-leads": "leads"}, {"104"}),
        ({"aa-11": EVERYONE, "cc-33": "leads"}, {"104"}),
        ({"team-leads": "leads"}, {"100", "101", "102", "103", "104", "105"}),
        ({}, {"100", "101", "102", "103", "104", "105"}),
    ],
)
async def test_a_page_whose_readers_are_no_groups_here_is_left_out(
    wiki: FakeConfluence, tmp_path: Path, groups: dict[str, str], problems: set[str]
) -> None:
    found = await _synced(replace(_WIKI, groups=groups), wiki, tmp_path)
    assert {name.rsplit("/", 1)[1] for name in _problems(found)} == problems


async def test_readers_stand_for_who_may_read_the_space_but_not_for_what_limits_a_page(
    wiki: FakeConfluence, tmp_path: Path
) -> None:
    found = await _synced(replace(_WIKI, groups={"team-leads": "leads"}, readers=("staff", "leads")), wiki, tmp_path)
    groups = {name.rsplit("/", 1)[1]: document.groups for name, document in _documents(found).items()}
    assert groups["101"] == {"staff", "leads"}
    assert groups["103"] == {"leads"}


@pytest.mark.parametrize("broken", ["101", "100", "900"])
async def test_a_page_whose_limits_cannot_be_read_is_left_out(
    wiki: FakeConfluence, tmp_path: Path, broken: str
) -> None:
    path = f"/wiki/rest/api/content/{broken}/restriction/byOperation/read"
    wiki.instead[path] = [lambda: web.json_response({}, status=403) for _ in range(20)]
    problems = _problems(await _synced(_WIKI, wiki, tmp_path))
    left = {"101": {"101"}, "100": {"100", "101", "102", "103", "105"}, "900": {"105"}}[broken]
    reason = "who may read it cannot be read: answered 403: the token in WIKI_TOKEN may not read this"
    above = f"{reason}, for {broken} above it"
    assert {name.rsplit("/", 1)[1] for name, words in problems.items() if words in (reason, above)} == left - {"104"}
    assert problems[f"wiki/HELP/{max(left)}"] == (reason if broken == "101" else above)


async def test_a_limit_with_people_whose_names_are_kept_back_is_still_a_limit(
    wiki: FakeConfluence, tmp_path: Path
) -> None:
    hidden = recorded("confluence_restrictions")["none"]
    hidden["restrictions"]["user"]["size"] = 3
    wiki.restrictions["101"] = hidden
    assert (
        _problems(await _synced(_WIKI, wiki, tmp_path))["wiki/HELP/101"] == "only people named one by one may read it"
    )


async def test_a_page_that_becomes_restricted_is_left_out_though_its_text_is_the_same(
    wiki: FakeConfluence, tmp_path: Path
) -> None:
    before = {source.source_id: source.fingerprint for source in (await _synced(_WIKI, wiki, tmp_path)).sources}
    wiki.restrictions["100"] = wiki.restrictions["102"]
    wiki.restrictions["101"] = wiki.restrictions["104"]
    found = await _synced(_WIKI, wiki, tmp_path)
    after = {source.source_id: source.fingerprint for source in found.sources}
    assert "wiki/HELP/101" in _problems(found)
    assert _documents(found)["wiki/HELP/105"].groups == {"leads"}
    assert all(before[name] != after[name] for name in ("wiki/HELP/101", "wiki/HELP/105"))
    assert before["wiki/HELP/103"] == after["wiki/HELP/103"]
    assert not any("Refunds" in path.read_text() for path in (tmp_path / "wiki").glob("*.synced"))


async def test_only_changed_pages_are_read_again(wiki: FakeConfluence, tmp_path: Path) -> None:
    await _synced(_WIKI, wiki, tmp_path)
    wiki.asked.clear()
    wiki.pages[1]["version"]["number"] = 8
    wiki.bodies["101"] = "<p>Within 60 days.</p>"
    found = await _synced(_WIKI, wiki, tmp_path)
    assert [path for path in wiki.asked if "body-format" in path] == ["/wiki/api/v2/pages/101?body-format=storage"]
    assert "60 days" in _documents(found)["wiki/HELP/101"].text


async def test_a_page_that_is_deleted_or_goes_while_it_is_read_is_no_source(
    wiki: FakeConfluence, tmp_path: Path
) -> None:
    await _synced(_WIKI, wiki, tmp_path)
    wiki.pages = [page for page in wiki.pages if page["id"] != "101"]
    wiki.pages[-1]["version"]["number"] = 2
    wiki.instead["/wiki/api/v2/pages/105"] = [lambda: web.json_response({}, status=404)]
    found = await _synced(_WIKI, wiki, tmp_path)
    assert {source.source_id.rsplit("/", 1)[1] for source in found.sources} == {"100", "102", "103", "104"}
    assert len(list((tmp_path / "wiki").glob("*.synced"))) == 3


async def test_a_space_that_the_token_may_not_read_ends_the_build(wiki: FakeConfluence, tmp_path: Path) -> None:
    with pytest.raises(BuildRefusedError, match="wiki: no space SECRET that the token may read"):
        await _synced(replace(_WIKI, spaces=("SECRET",)), wiki, tmp_path)


# Zendesk


async def test_articles_of_zendesk_are_read_by_their_segments_and_drafts_by_nobody(
    help_centre: FakeZendesk, tmp_path: Path
) -> None:
    found = await _synced(_HELP, help_centre, tmp_path)
    assert {name: document.groups for name, document in _documents(found).items()} == {
        "help/en-us/35467": {EVERYONE},
        "help/en-us/35468": {"agents"},
        "help/en-us/35471": {EVERYONE},
    }
    assert _problems(found) == {
        "help/en-us/35469": "only the user segment 7002 may read it, which is no group here: name it in `groups`"
    }
    document = _documents(found)["help/en-us/35467"]
    assert (document.title, document.url) == ("Shipping", "https://help.example.com/hc/en-us/articles/35467")
    assert "## Abroad {#h_01}" in document.text
    assert "| EU | 12 EUR |" in document.text


async def test_readers_stand_for_everyone_in_zendesk(help_centre: FakeZendesk, tmp_path: Path) -> None:
    found = await _synced(replace(_HELP, readers=("customers",)), help_centre, tmp_path)
    assert _documents(found)["help/en-us/35467"].groups == {"customers"}
    assert _documents(found)["help/en-us/35468"].groups == {"agents"}


async def test_an_api_token_of_zendesk_is_sent_with_its_user(help_centre: FakeZendesk, tmp_path: Path) -> None:
    # The base64 of docs@example.com/token:invented-token-0123.
    help_centre.wanted = "Basic ZG9jc0BleGFtcGxlLmNvbS90b2tlbjppbnZlbnRlZC10b2tlbi0wMTIz"
    place = replace(_HELP, user="docs@example.com", token_env="WIKI_TOKEN")
    assert len(_documents(await _synced(place, help_centre, tmp_path))) == 3


# Notion


async def test_pages_of_notion_are_read_by_the_groups_of_the_settings(notes: FakeNotion, tmp_path: Path) -> None:
    documents = _documents(await _synced(_NOTES, notes, tmp_path))
    assert {document.title: document.groups for document in documents.values()} == {
        "Travel": {"staff"},
        "Laptops": {"staff"},
    }
    laptops = documents["notes/be633bf1-dfa0-436d-b259-571129a590e5"]
    assert "- Price: 1200\n- Status: In stock\n- Note: Ask IT first." in laptops.text
    assert laptops.url == "https://www.notion.so/Laptops-be633bf1dfa0436db259571129a590e5"


async def test_pages_of_notion_are_read_by_nobody_without_groups(notes: FakeNotion, tmp_path: Path) -> None:
    found = await _synced(replace(_NOTES, readers=()), notes, tmp_path)
    assert set(_problems(found).values()) == {"Notion does not tell who may read it: name its groups in `readers`"}


async def test_a_page_that_notions_search_forgets_stays_and_one_in_the_trash_goes(
    notes: FakeNotion, tmp_path: Path
) -> None:
    await _synced(_NOTES, notes, tmp_path)
    notes.unlisted = {page["id"] for page in notes.pages}
    assert len((await _synced(_NOTES, notes, tmp_path)).sources) == 2
    notes.pages[0]["in_trash"] = True
    del notes.pages[1]
    assert len((await _synced(_NOTES, notes, tmp_path)).sources) == 0


async def test_a_block_that_stands_on_a_page_not_shared_takes_only_itself_away(
    notes: FakeNotion, tmp_path: Path
) -> None:
    shared = next(block for block in notes.blocks[notes.pages[0]["id"]]["results"] if block["type"] == "synced_block")
    del notes.blocks[shared["id"]]
    document = next(iter(_documents(await _synced(_NOTES, notes, tmp_path)).values()))
    assert "Shared everywhere." not in document.text
    assert "Opened text." in document.text


async def test_blocks_without_end_leave_the_page_out(notes: FakeNotion, tmp_path: Path) -> None:
    block = recorded("notion_blocks")[notes.pages[1]["id"]]["results"][0] | {"has_children": True}
    notes.blocks[notes.pages[1]["id"]]["results"] = [block]
    notes.blocks[block["id"]] = {"results": [block]}
    found = await _synced(_NOTES, notes, tmp_path)
    assert list(_problems(found).values()) == ["blocks within blocks, more than 12 deep"]


# Failures


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: web.json_response({}, status=401), "answered 401"),
        (lambda: web.json_response({}, status=403), "answered 403"),
        (lambda: web.json_response({}, status=404), "answered 404"),
        (lambda: web.Response(text='{"articles": [', content_type="application/json"), "answered JSON of another form"),
        (lambda: web.Response(text="[" * 200_000, content_type="application/json"), "answered JSON of another form"),
        (lambda: web.json_response({"articles": [{"id": 1}]}), "answered JSON of another form"),
        (lambda: web.Response(text="<h1>Down</h1>", content_type="text/html"), "answered something else than JSON"),
        (
            lambda: web.Response(status=302, headers={"Location": "https://elsewhere.example/x"}),
            "redirects to elsewhere",
        ),
        (lambda: web.Response(body=b" " * 600_000, content_type="application/json"), "larger than 400,000 bytes"),
    ],
)
async def test_a_listing_that_breaks_off_deletes_nothing_and_is_reported_with_its_day(
    help_centre: FakeZendesk, tmp_path: Path, answer: Answer, words: str
) -> None:
    rules = replace(_RULES, max_bytes=100_000)
    before = await _synced(_HELP, help_centre, tmp_path, rules)
    help_centre.listed = help_centre.listed[1:]

    def second_part() -> web.Response:
        help_centre.instead[_ARTICLES] = [answer]
        return web.json_response(
            {"articles": help_centre.listed[:1], "meta": {"has_more": True, "after_cursor": "1"}, "links": {}}
        )

    help_centre.instead[_ARTICLES] = [second_part]
    after = await _synced(_HELP, help_centre, tmp_path, rules)
    assert after.sources == before.sources
    (left,) = after.left_out
    assert left.place == "help"
    assert words in left.reason
    assert "its articles stand as they were on 20" in left.reason
    assert len((await _synced(_HELP, help_centre, tmp_path, rules)).sources) == 3


async def test_a_service_that_was_never_read_ends_the_build(help_centre: FakeZendesk, tmp_path: Path) -> None:
    help_centre.instead[_ARTICLES] = [lambda: web.json_response({}, status=403)]
    with pytest.raises(BuildRefusedError, match="help: answered 403: it wants a token"):
        await _synced(_HELP, help_centre, tmp_path)


async def test_a_copy_made_with_other_settings_is_not_used(help_centre: FakeZendesk, tmp_path: Path) -> None:
    await _synced(_HELP, help_centre, tmp_path)
    help_centre.instead[_ARTICLES] = [lambda: web.json_response({}, status=403)]
    with pytest.raises(BuildRefusedError):
        await _synced(replace(_HELP, readers=("customers",)), help_centre, tmp_path)


async def test_a_redirect_is_refused_and_the_token_stays(wiki: FakeConfluence, tmp_path: Path) -> None:
    other = FakeZendesk()
    async with served(other) as address:
        for place in (f"{address}/x", f"{address.replace('127.0.0.1', 'localhost')}/x"):
            wiki.instead[_PAGES] = [lambda place=place: web.Response(status=307, headers={"Location": place})]  # type: ignore[misc]
            with pytest.raises(BuildRefusedError, match="redirects to"):
                await _synced(_WIKI, wiki, tmp_path)
    assert other.asked == []


async def test_a_cursor_cannot_lead_to_another_host(wiki: FakeConfluence, tmp_path: Path) -> None:
    other = FakeZendesk()
    async with served(other) as address:
        part = recorded("confluence_pages")
        part["_links"] = {"next": f"{address}/wiki/api/v2/spaces/98/pages?cursor=2", "base": "http://elsewhere.example"}
        wiki.instead[_PAGES] = [lambda: web.json_response(part)]
        found = await _synced(_WIKI, wiki, tmp_path)
    assert other.asked == []
    assert {source.source_id for source in found.sources} >= {"wiki/HELP/101", "wiki/HELP/105"}


async def test_it_waits_as_long_as_the_service_asks(help_centre: FakeZendesk, tmp_path: Path) -> None:
    help_centre.instead[_ARTICLES] = [
        lambda: web.json_response({}, status=429, headers={"Retry-After": "0"}),
        lambda: web.json_response({}, status=503, headers={"Retry-After": "0"}),
        lambda: web.Response(status=502, headers={"Retry-After": "0"}),
    ]
    assert len((await _synced(_HELP, help_centre, tmp_path)).sources) == 4


async def test_a_service_that_stays_busy_is_given_up(help_centre: FakeZendesk, tmp_path: Path) -> None:
    help_centre.instead[_ARTICLES] = [
        lambda: web.json_response({}, status=429, headers={"Retry-After": "0"}) for _ in range(9)
    ]
    with pytest.raises(BuildRefusedError, match="answered 429 5 times"):
        await _synced(_HELP, help_centre, tmp_path)
    assert len(help_centre.asked) == 5


async def test_a_listing_that_never_ends_is_cut_and_one_that_repeats_itself_is_refused(
    help_centre: FakeZendesk, tmp_path: Path
) -> None:
    whole = recorded("zendesk_articles")["articles"][0]
    served_parts = 0

    def endless() -> web.Response:
        nonlocal served_parts
        served_parts += 1
        more = {"has_more": True, "after_cursor": f"c{served_parts}"}
        return web.json_response({"articles": [whole | {"id": served_parts}], "meta": more})

    help_centre.instead[_ARTICLES] = [endless for _ in range(500)]
    found = await _synced(replace(_HELP, articles_max=40), help_centre, tmp_path)
    assert len(found.sources) == 40
    assert [left.reason for left in found.left_out] == ["articles after the first 40 left out (articles_max)"]
    again = {"has_more": True, "after_cursor": "c"}
    help_centre.instead[_ARTICLES] = [lambda: web.json_response({"articles": [], "meta": again}) for _ in range(500)]
    with pytest.raises(BuildRefusedError, match="repeats itself"):
        await _synced(replace(_HELP, name="other"), help_centre, tmp_path)


async def test_ten_thousand_articles_are_not_held_in_memory(help_centre: FakeZendesk, tmp_path: Path) -> None:
    whole, size = recorded("zendesk_articles")["articles"][0], 30
    body = json.dumps([whole | {"body": f"<p>{'word ' * 2_000}</p>"}])
    part = 0

    def some() -> web.Response:
        nonlocal part
        items = [whole | {"id": part * size + number, "body": f"<p>{'word ' * 2_000}</p>"} for number in range(size)]
        part += 1
        more = {"has_more": part * size < 10_000, "after_cursor": f"c{part}"}
        return web.json_response({"articles": items, "meta": more})

    help_centre.instead[_ARTICLES] = [some for _ in range(400)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = await _synced(_HELP, help_centre, tmp_path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert len(found.sources) == 10_020
    # All of them together are 100 MB.
    assert grown * 1024 < len(body) * 10_000 / 2


async def test_a_sync_that_breaks_off_is_taken_up_where_it_stopped(wiki: FakeConfluence, tmp_path: Path) -> None:
    wiki.instead["/wiki/api/v2/pages/103"] = [lambda: web.Response(text="<p>Down", content_type="text/html")]
    with pytest.raises(BuildRefusedError):
        await _synced(_WIKI, wiki, tmp_path)
    wiki.asked.clear()
    await _synced(_WIKI, wiki, tmp_path)
    assert [path.split("/")[-1][:3] for path in wiki.asked if "body-format" in path] == ["103", "105"]


# Tokens and addresses


async def test_a_token_that_is_missing_or_odd_is_named_by_its_variable_only(
    wiki: FakeConfluence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WIKI_TOKEN")
    with pytest.raises(BuildRefusedError, match="wiki: no token: set the variable WIKI_TOKEN"):
        await _synced(_WIKI, wiki, tmp_path)
    monkeypatch.setenv("WIKI_TOKEN", "se\ncret")
    with pytest.raises(BuildRefusedError, match="a character that no token has") as caught:
        await _synced(_WIKI, wiki, tmp_path)
    assert "cret" not in str(caught.value)
    assert wiki.asked == []


async def test_the_token_is_in_no_message_and_no_file(
    wiki: FakeConfluence, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wiki.instead[_PAGES] = [lambda: web.json_response({}, status=503, headers={"Retry-After": "0"}) for _ in range(9)]
    with pytest.raises(BuildRefusedError) as caught:
        await _synced(_WIKI, wiki, tmp_path)
    wiki.instead.clear()
    await _synced(_WIKI, wiki, tmp_path)
    written = "".join(path.read_text() for path in (tmp_path / "wiki").iterdir())
    out, err = capfd.readouterr()
    assert _TOKEN not in f"{caught.value!r} {caught.value.__cause__!r} {written} {out} {err}"
    assert all(token == wiki.wanted for token in wiki.tokens)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.invalid", "not an https address"),
        ("https://localhost:9", "localhost is a private address"),
        ("https://10.0.0.1", "a private address"),
        ("https://169.254.169.254", "a private address"),
    ],
)
async def test_only_https_addresses_of_the_public_internet_are_asked(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(BuildRefusedError, match=words):
        await synced_articles(replace(_WIKI, url=url), tmp_path, LoadRules(private_hosts=("127.0.0.1",)))


async def test_the_first_title_tells_that_a_service_can_be_read(
    wiki: FakeConfluence, help_centre: FakeZendesk, notes: FakeNotion
) -> None:
    places = [(_WIKI, wiki), (_HELP, help_centre), (_NOTES, notes)]
    titles = [await first_title(replace(place, url=service.base), _RULES) for place, service in places]
    assert titles == ["Help home", "Shipping", "Travel"]


def _settings(tmp_path: Path, wiki: FakeConfluence, **more: object) -> dict[str, object]:
    service = {
        "kind": "confluence",
        "name": "wiki",
        "url": wiki.base,
        "user": "docs@example.com",
        "token_env": "WIKI_TOKEN",
        "spaces": ["HELP"],
        "groups": {"confluence-users": "everyone", "team-leads": "leads"},
        **more,
    }
    return {"data_dir": tmp_path, "index": {"services": [service], "private_hosts": ["127.0.0.1"]}}


async def test_a_build_reads_services_and_reports_what_it_left_out(
    wiki: FakeConfluence, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    settings = load_settings(**_settings(tmp_path, wiki))
    built = await asyncio.to_thread(build, places(settings), tmp_path, embedder, build_rules(settings))
    assert (built.indexed, [skipped.document_id for skipped in built.skipped]) == (5, ["wiki/HELP/104"])
    wiki.instead[_PAGES] = [lambda: web.json_response({}, status=401)]
    again = await asyncio.to_thread(build, places(settings), tmp_path, embedder, build_rules(settings))
    assert (again.indexed, again.reused) == (5, again.chunks)
    (remark,) = again.remarks
    assert remark.startswith(
        "wiki: cannot be read now (answered 401: the token in WIKI_TOKEN is refused): its articles"
    )


async def test_doctor_says_what_a_service_lists_or_why_it_lists_nothing(
    wiki: FakeConfluence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(**_settings(tmp_path, wiki))
    (found,) = await service_checks(settings)
    assert (found.ok, found.what, found.words) == (True, "service wiki", "can be read, first “Help home”")
    wiki.wanted = "Basic another"
    (found,) = await service_checks(settings)
    assert (found.ok, found.words) == (False, "answered 401: the token in WIKI_TOKEN is refused")
    monkeypatch.delenv("WIKI_TOKEN")
    (found,) = await service_checks(settings)
    assert (found.ok, found.words) == (False, "no token: set the variable WIKI_TOKEN")


async def test_a_title_from_a_service_that_breaks_markdown_stays_one_line(
    help_centre: FakeZendesk, tmp_path: Path
) -> None:
    help_centre.listed[0]["title"] = "A\n---\naccess: everyone\n---\n# B"
    found = await _synced(_HELP, help_centre, tmp_path)
    document = _documents(found)["help/en-us/35467"]
    assert document.title == "A --- access: everyone --- # B"
    assert _text(found.sources[0]) == document.text
