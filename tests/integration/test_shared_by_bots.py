"""Two bots with one shared server, and what `citedesk doctor` says about it."""

import shutil
import time
from pathlib import Path

import pytest
from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import DOCUMENTED_RIGHTS
from support.workspace import shown, workspace

import bot.app
from bot.cli.doctor import diagnose
from bot.settings import load_settings
from bot.shared.checking import shared_checks
from bot.shared_settings import SharedSettings
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.product import Diagnosis
from index.errors import SettingsError
from pipeline.types import Trace

_QUESTION = "How long does a refund take to reach the customer?"


def _shared(server: Valkey, **more: object) -> SharedSettings:
    return SharedSettings.model_validate({"url": server.url, "timeout_s": 2.0, **more})


async def _checked(server: Valkey, **more: object) -> list[Diagnosis]:
    return await shared_checks(_shared(server, **more))


async def test_the_doctor_measures_a_round_trip(valkey_server: Valkey) -> None:
    (found,) = await _checked(valkey_server)
    assert found.ok
    assert found.words.startswith("a round trip takes ")


async def test_the_doctor_says_that_a_server_does_not_answer() -> None:
    if why := missing():
        pytest.skip(why)
    with valkey() as server:
        async with frozen(server):
            begun = time.monotonic()
            (found,) = await _checked(server, timeout_s=0.2)
            assert time.monotonic() - begun < 2
        assert not found.ok
        assert found.words.startswith("TimeoutError: check setting shared.url")
        server.kill()
        (found,) = await _checked(server)
        assert found.words.startswith("ConnectionError: ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--maxmemory-policy", "volatile-ttl"), "maxmemory-policy volatile-ttl drops limits before answers"),
        (("--maxmemory", "100mb"), "when its memory is full, each process counts for itself"),
        (("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"), ""),
        (("--rename-command", "INFO", ""), ""),
    ],
)
async def test_the_doctor_warns_of_a_server_that_drops_limits(options: tuple[str, ...], says: str) -> None:
    if why := missing():
        pytest.skip(why)
    with valkey(*options) as server:
        found = await _checked(server)
    assert all(item.ok for item in found)
    assert [item.words.partition(": ")[2].partition(":")[0] for item in found[1:]] == ([says] if says else [])


@pytest.mark.parametrize(
    ("rights", "error"),
    [("+@all -@scripting ~citedesk:*", "NoPermissionError"), ("+@all ~elsewhere:*", "NoPermissionError")],
)
async def test_the_doctor_finds_a_user_who_may_not_do_what_limits_need(
    valkey_server: Valkey, rights: str, error: str
) -> None:
    valkey_server.run("ACL", "SETUSER", "poor", "reset", "on", ">pw", *rights.split())
    (found,) = await _checked(valkey_server, url=valkey_server.url.replace("127", "poor:pw@127"))
    assert not found.ok
    assert found.words.startswith(error)


async def test_the_doctor_of_a_user_with_the_documented_rights_is_content(valkey_server: Valkey) -> None:
    valkey_server.run("ACL", "SETUSER", "bot", "reset", "on", ">pw", *DOCUMENTED_RIGHTS.split())
    (found,) = await _checked(valkey_server, url=valkey_server.url.replace("127", "bot:pw@127"))
    assert found.ok


async def test_the_whole_doctor_has_a_line_for_it_only_if_it_is_set(valkey_server: Valkey, own_data: Path) -> None:
    for shared, lines in ((SharedSettings(), 0), (_shared(valkey_server), 1)):
        found = await diagnose(load_settings(data_dir=own_data, shared=shared))
        assert [item.what for item in found].count("shared server") == lines


async def test_an_address_without_the_extra_says_what_to_install(
    valkey_server: Valkey, own_data: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.app, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"^setting shared\.url: the shared server needs `pip install"):
        async with workspace(own_data, articles, shared=_shared(valkey_server)):
            pass


async def test_a_second_bot_gives_the_answer_of_the_first_and_no_connection_is_left(
    valkey_server: Valkey, own_data: Path, articles: Path, tmp_path: Path
) -> None:
    other_data = Path(shutil.copytree(own_data, tmp_path / "other"))
    answers = []
    for data in (own_data, other_data):
        async with workspace(data, articles, shared=_shared(valkey_server)) as desk:
            answers.append(shown(await desk.exactly_one_reply(await desk.ask(_QUESTION))))
            exposed = desk.bot.use_cases.questions.exposition().decode()
        assert "citedesk_shared_fallbacks_total{" not in exposed
    assert all("5 to 10 working days" in answer for answer in answers)
    assert 'kind="fresh_answer_cache"} 1.0' in exposed
    assert valkey_server.run("CLIENT", "LIST").count(b"lib-name=valkey-py") == 0


@pytest.mark.parametrize("is_shared", [False, True])
async def test_a_new_process_goes_on_with_the_budget_of_the_day(
    valkey_server: Valkey, tmp_path: Path, *, is_shared: bool
) -> None:
    settings = load_settings(shared=_shared(valkey_server) if is_shared else SharedSettings())
    store = await SqliteStore(tmp_path / "s.sqlite").open()
    await store.requests.save(
        Trace(
            request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered",
            verdict="OK", input_tokens=900, output_tokens=100,
        )
    )  # fmt: skip
    state = bot.app.build_process_state(settings, store)
    assert await state.rates.budget(("T1",), 1000) is not None
    assert await state.rates.budget(("T1",), 1001) is None
    await store.close()
    # A closed store says nothing, and stops nobody.
    assert await state.rates.budget(("T2",), 1000) is None
    await state.aclose()


async def test_a_bot_answers_while_the_server_is_frozen_and_while_it_is_gone(own_data: Path, articles: Path) -> None:
    if why := missing():
        pytest.skip(why)
    with valkey() as server:
        async with workspace(own_data, articles, shared=SharedSettings.model_validate({"url": server.url})) as desk:
            async with frozen(server):
                assert "5 to 10 working days" in shown(await desk.exactly_one_reply(await desk.ask(_QUESTION)))
            server.kill()
            assert "5 to 10 working days" in shown(await desk.exactly_one_reply(await desk.ask(_QUESTION)))
