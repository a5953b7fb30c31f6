"""The parts of the index in PostgreSQL that need no database."""

import numpy as np
import pytest
from pydantic import SecretStr

from bot.app import index_database
from bot.settings import IndexSettings, Settings, StoreSettings
from index.errors import SettingsError
from index.pgvector.candidates import PLAN_RULES
from index.pgvector.database import Database
from index.pgvector.local_files import RowIds
from index.pgvector.upload import stored
from index.readable import Readable


def test_rows_are_found_by_their_ids_and_ids_of_other_snapshots_are_left_out() -> None:
    rng = np.random.default_rng(1)
    ids = rng.permutation(np.arange(0, 3000, 3))
    rows = RowIds(ids, np.argsort(ids).astype(np.int32))
    sought = rng.integers(-5, 3010, 500)
    row_of = {number: row for row, number in enumerate(ids.tolist())}
    assert rows.rows(sought).tolist() == [row_of[number] for number in sought.tolist() if number in row_of]
    assert rows.rows(ids).tolist() == list(range(1000))
    assert rows.rows(np.array([], dtype=np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("readable", "total", "is_exact"),
    [
        (2_000, 1_000_000, True),
        (10_000, 1_000_000, True),
        (50_000, 1_000_000, True),
        (100_000, 1_000_000, False),
        (1_000_000, 1_000_000, False),
        (1_100, 1_100, True),
        (8_000, 8_000, False),
        (70_000, 10_000_000, False),
        (10_000, 100_000, True),
    ],
)
def test_the_readable_chunks_are_compared_while_they_are_few_for_the_index(
    readable: int, total: int, *, is_exact: bool
) -> None:
    assert PLAN_RULES.is_exact(Readable(total, readable)) == is_exact


@pytest.mark.parametrize(("text", "kept"), [("a\0b", "a\ufffdb"), ("half \ud83d", "half ?"), ("größe 語", "größe 語")])
def test_a_text_is_stored_as_postgresql_takes_it(text: str, kept: str) -> None:
    assert stored(text) == kept


def test_an_index_in_a_database_needs_the_address_of_one() -> None:
    url = SecretStr("postgresql://nobody@127.0.0.1/nothing")
    files, pgvector = IndexSettings(), IndexSettings(vectors="pgvector")
    assert index_database(Settings(index=files, store=StoreSettings())) is None
    with pytest.raises(SettingsError, match=r"index\.database_url or store\.url"):
        index_database(Settings(index=pgvector, store=StoreSettings()))
    assert index_database(Settings(index=pgvector, store=StoreSettings(url=url))) is not None


def test_an_address_that_is_none_is_refused_without_being_quoted() -> None:
    with pytest.raises(ValueError, match=r"begins with postgresql://") as error:
        IndexSettings(database_url=SecretStr("mysql://user:hidden@host"))
    assert "hidden" not in str(error.value)


def test_a_database_connects_on_its_first_use_only() -> None:
    Database("postgresql://nobody@127.0.0.1:1/nothing").close()
