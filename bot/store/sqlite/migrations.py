"""The migrations of the store. A released migration never changes; add a new one."""

import json

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("citedesk")


@migrations(name="001_first_tables")
def first_tables(db: Database) -> None:
    """Create the tables of the first release."""
    db.execute(
        "CREATE TABLE inbox (key TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('received', 'done')), "
        "received_at TEXT NOT NULL, payload TEXT) STRICT"
    )
    db.execute(
        "CREATE TABLE requests (request_id TEXT PRIMARY KEY, at TEXT NOT NULL, tenant_id TEXT NOT NULL, "
        "user_id TEXT NOT NULL, outcome TEXT NOT NULL, verdict TEXT NOT NULL, trace TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX requests_by_time ON requests(at)")
    db.execute(
        "CREATE TABLE reviews (review_id TEXT PRIMARY KEY, at TEXT NOT NULL, tenant_id TEXT NOT NULL, "
        "state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'edited', 'rejected')), "
        "review TEXT NOT NULL, card_channel TEXT, card_id TEXT, decided_at TEXT) STRICT"
    )
    db.execute(
        "CREATE TABLE review_events (id INTEGER PRIMARY KEY, review_id TEXT NOT NULL REFERENCES reviews(review_id), "
        "at TEXT NOT NULL, user_id TEXT NOT NULL, what TEXT NOT NULL) STRICT"
    )
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER review_events_no_{change.lower()} BEFORE {change} ON review_events "
            "BEGIN SELECT RAISE(ABORT, 'review_events is append-only'); END"
        )
    db.execute(
        "CREATE TABLE feedback (request_id TEXT NOT NULL, user_id TEXT NOT NULL, at TEXT NOT NULL, "
        "helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)), PRIMARY KEY (request_id, user_id)) STRICT, WITHOUT ROWID"
    )


@migrations(name="002_outbox_and_desk")
def outbox_and_desk(db: Database) -> None:
    """Add leases and dead letters to the inbox, the outbox, threads, complaints, curated answers and gaps."""
    for table in ("inbox_next", "outbox"):
        db.execute(
            f"CREATE TABLE {table} (key TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('waiting', 'done', "
            "'dead')), received_at TEXT NOT NULL, due_at TEXT NOT NULL, payload TEXT, attempts INTEGER NOT NULL "
            "DEFAULT 0, lease_until TEXT, owner TEXT) STRICT"
        )
    # The first release stored the event of Slack as payload: convert those that are not answered yet.
    db.execute(
        "INSERT INTO inbox_next (key, state, received_at, due_at, payload) SELECT key, "
        "CASE state WHEN 'received' THEN 'waiting' ELSE 'done' END, received_at, received_at, "
        "CASE state WHEN 'received' THEN json_object('text', json_extract(payload, '$.event.text'), "
        "'message_id', json_extract(payload, '$.event.ts'), 'where', json_object('surface', 'slack', "
        "'tenant_id', coalesce(json_extract(payload, '$.team_id'), ''), "
        "'user_id', json_extract(payload, '$.event.user'), 'channel_id', json_extract(payload, '$.event.channel'), "
        "'thread_id', coalesce(json_extract(payload, '$.event.thread_ts'), json_extract(payload, '$.event.ts')), "
        "'private', json(CASE json_extract(payload, '$.event.channel_type') WHEN 'im' THEN 'true' ELSE 'false' END))) "
        "END FROM inbox"
    )
    db.execute("DROP TABLE inbox")
    db.execute("ALTER TABLE inbox_next RENAME TO inbox")
    for table in ("inbox", "outbox"):
        db.execute(f"CREATE INDEX {table}_waiting ON {table}(due_at) WHERE state = 'waiting'")
    db.execute(
        "CREATE TABLE threads (tenant_id TEXT NOT NULL, channel_id TEXT NOT NULL, thread_id TEXT NOT NULL, "
        "user_id TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (tenant_id, channel_id, thread_id, user_id)) "
        "STRICT, WITHOUT ROWID"
    )
    _widen_reviews(db)
    db.execute("ALTER TABLE feedback ADD COLUMN reason TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE feedback ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE feedback ADD COLUMN answer_hash TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX feedback_by_answer ON feedback(answer_hash) WHERE helpful = 0")
    db.execute(
        "CREATE TABLE curated_answers (curated_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, at TEXT NOT NULL, "
        "state TEXT NOT NULL CHECK (state IN ('live', 'stale', 'withdrawn')), answer TEXT NOT NULL, "
        "embedder TEXT NOT NULL, vector BLOB NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE gaps (request_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, at TEXT NOT NULL, "
        "user_id TEXT NOT NULL, question TEXT NOT NULL, reason TEXT NOT NULL, nearest TEXT NOT NULL, "
        "embedder TEXT NOT NULL, vector BLOB NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX gaps_by_time ON gaps(at)")


@migrations(name="003_posted_messages")
def posted_messages(db: Database) -> None:
    """Add `posted`, which message answers which request, and `people`, the display names."""
    db.execute("CREATE TABLE people (user_id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID")
    db.execute(
        "CREATE TABLE posted (channel_id TEXT NOT NULL, message_id TEXT NOT NULL, request_id TEXT NOT NULL, "
        "at TEXT NOT NULL, PRIMARY KEY (channel_id, message_id)) STRICT, WITHOUT ROWID"
    )


@migrations(name="004_cards_of_every_product")
def cards_of_every_product(db: Database) -> None:
    """Let a review have one card in each chat product."""
    db.execute(
        "CREATE TABLE review_cards (review_id TEXT NOT NULL REFERENCES reviews(review_id), surface TEXT NOT NULL, "
        "channel TEXT NOT NULL, card_id TEXT NOT NULL, PRIMARY KEY (review_id, surface)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO review_cards SELECT review_id, coalesce(json_extract(review, '$.conversation.surface'), 'slack'), "
        "card_channel, card_id FROM reviews WHERE card_id IS NOT NULL"
    )
    for column in ("card_channel", "card_id"):
        db.execute(f"ALTER TABLE reviews DROP COLUMN {column}")


@migrations(name="005_turns")
def turns(db: Database) -> None:
    """Add `turns`: questions and answers for products in which a bot cannot read a conversation."""
    db.execute(
        "CREATE TABLE turns (request_id TEXT PRIMARY KEY, at TEXT NOT NULL, channel_id TEXT NOT NULL, "
        "thread_id TEXT NOT NULL, user_id TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX turns_by_place ON turns(channel_id, thread_id, user_id, at)")


@migrations(name="006_payloads_by_product")
def payloads_by_product(db: Database) -> None:
    """Move the fields of waiting messages that only one chat product reads into their `payload`."""
    waiting = db.execute("SELECT key, payload FROM outbox WHERE state = 'waiting'").fetchall()
    for key, payload in waiting:
        message = json.loads(payload)
        body = message.pop("body", [])
        fields = {name: message.pop(name, "") for name in ("response_url", "service_url", "apologise_to", "session")}
        before = [{"text": part["text"], "blocks": part["body"]} for part in message.pop("before", [])]
        message["surface"] = message.get("surface", "slack")
        message["progress_id"] = message.pop("stream_id", "")
        if message["surface"] == "teams":
            message["payload"] = {"activity": body[0] if body else {}, "service_url": fields["service_url"]}
        else:
            del fields["service_url"]
            message["payload"] = {"blocks": body, "before": before, **fields}
        db.execute("UPDATE outbox SET payload = ? WHERE key = ?", [json.dumps(message), key])


@migrations(name="007_codes_of_the_second_reader")
def codes_of_the_second_reader(db: Database) -> None:
    """Give stored findings of the checks that are gone the codes of those that took their place."""
    for gone, now in (("WEAK_SUPPORT", "NOT_STATED"), ("INJECTION", "LEAK")):
        for table, column, before in (("requests", "trace", ""), ("reviews", "review", '"code":')):
            old, new = f'{before}"{gone}"', f'{before}"{now}"'
            db.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)",  # noqa: S608
                [old, new, old],
            )


@migrations(name="008_threads_of_one_asker")
def threads_of_one_asker(db: Database) -> None:
    """Let a thread have one row: its asker, or nobody if several people asked in it."""
    db.execute(
        "CREATE TABLE threads_next (tenant_id TEXT NOT NULL, channel_id TEXT NOT NULL, thread_id TEXT NOT NULL, "
        "user_id TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (tenant_id, channel_id, thread_id)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO threads_next SELECT tenant_id, channel_id, thread_id, "
        "CASE count(*) WHEN 1 THEN min(user_id) ELSE '' END, min(at) FROM threads GROUP BY 1, 2, 3"
    )
    db.execute("DROP TABLE threads")
    db.execute("ALTER TABLE threads_next RENAME TO threads")


@migrations(name="009_every_card_of_a_review")
def every_card_of_a_review(db: Database) -> None:
    """Let a review have several cards in one chat product: reminders, and cards in several conversations."""
    db.execute("ALTER TABLE review_cards RENAME TO review_cards_before")
    db.execute(
        "CREATE TABLE review_cards (review_id TEXT NOT NULL REFERENCES reviews(review_id), surface TEXT NOT NULL, "
        "channel TEXT NOT NULL, card_id TEXT NOT NULL, PRIMARY KEY (review_id, surface, channel, card_id)) STRICT"
    )
    db.execute("INSERT INTO review_cards SELECT review_id, surface, channel, card_id FROM review_cards_before")
    db.execute("DROP TABLE review_cards_before")


@migrations(name="010_withdrawn_reviews")
def withdrawn_reviews(db: Database) -> None:
    """Rebuild `reviews` with the state `withdrawn`, because SQLite cannot change a CHECK."""
    db.execute(
        "CREATE TABLE reviews_next (review_id TEXT PRIMARY KEY, at TEXT NOT NULL, tenant_id TEXT NOT NULL, "
        "state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'edited', 'rejected', 'expired', 'withdrawn')), "
        "review TEXT NOT NULL, decided_at TEXT, reminded_at TEXT) STRICT"
    )
    db.execute(
        "INSERT INTO reviews_next SELECT review_id, at, tenant_id, state, review, decided_at, reminded_at FROM reviews"
    )
    db.execute("DROP TABLE reviews")
    db.execute("ALTER TABLE reviews_next RENAME TO reviews")
    db.execute("CREATE INDEX reviews_open ON reviews(at) WHERE state = 'open'")


@migrations(name="011_copies_of_messages")
def copies_of_messages(db: Database) -> None:
    """Keep in the outbox which copy of a message counts, and the first message that it is made of."""
    for column in ("posted", "anchor"):
        db.execute(f"ALTER TABLE outbox ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


@migrations(name="012_shared_state")
def shared_state(db: Database) -> None:
    """Add what several processes of a larger installation share."""
    db.execute(
        "CREATE TABLE replicas (owner TEXT PRIMARY KEY, started_at TEXT NOT NULL, seen_at TEXT NOT NULL, "
        "version TEXT NOT NULL, snapshot TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE installations (app TEXT NOT NULL, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, "
        "at TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (app, tenant_id, user_id)) STRICT"
    )
    db.execute("CREATE TABLE sign_in_states (state TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT, WITHOUT ROWID")


@migrations(name="013_turns_of_tenants")
def turns_of_tenants(db: Database) -> None:
    """Add whose job it is, so that tenants take turns, and the tenants that are apart."""
    for table, place in (("inbox", "$.where.tenant_id"), ("outbox", "$.tenant_id")):
        db.execute(f"ALTER TABLE {table} ADD COLUMN tenant_id TEXT NOT NULL DEFAULT ''")
        db.execute(
            f"UPDATE {table} SET tenant_id = coalesce(json_extract(payload, ?), '') "  # noqa: S608
            "WHERE state = 'waiting' AND json_valid(payload)",
            [place],
        )
        db.execute(f"CREATE INDEX {table}_turns ON {table}(tenant_id, received_at) WHERE state = 'waiting'")
        db.execute(f"CREATE INDEX {table}_at_work ON {table}(tenant_id) WHERE lease_until IS NOT NULL")
        db.execute(f"DROP INDEX {table}_waiting")
    db.execute("CREATE TABLE own_tenants (tenant_id TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID")


@migrations(name="014_ended_jobs")
def ended_jobs(db: Database) -> None:
    """Let jobs that ended long ago be found without reading all."""
    for table in ("inbox", "outbox"):
        db.execute(f"CREATE INDEX {table}_ended ON {table}(received_at) WHERE state != 'waiting'")


@migrations(name="015_builds")
def builds(db: Database) -> None:
    """Add `builds`, the queue of orders to build the index."""
    db.execute(
        "CREATE TABLE builds (key TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')), "
        "received_at TEXT NOT NULL, due_at TEXT NOT NULL, payload TEXT, attempts INTEGER NOT NULL DEFAULT 0, "
        "lease_until TEXT, owner TEXT, tenant_id TEXT NOT NULL DEFAULT '') STRICT"
    )
    db.execute("CREATE INDEX builds_turns ON builds(tenant_id, received_at) WHERE state = 'waiting'")
    db.execute("CREATE INDEX builds_at_work ON builds(tenant_id) WHERE lease_until IS NOT NULL")
    db.execute("CREATE INDEX builds_ended ON builds(received_at) WHERE state != 'waiting'")


@migrations(name="016_forgotten_people")
def forgotten_people(db: Database) -> None:
    """Let a line of a review's history lose who it was, and nothing else."""
    db.execute("DROP TRIGGER review_events_no_update")
    db.execute(
        "CREATE TRIGGER review_events_no_update BEFORE UPDATE ON review_events WHEN NEW.user_id != 'forgotten' "
        "OR (NEW.id, NEW.review_id, NEW.at, NEW.what) IS NOT (OLD.id, OLD.review_id, OLD.at, OLD.what) "
        "BEGIN SELECT RAISE(ABORT, 'review_events is append-only'); END"
    )


def _widen_reviews(db: Database) -> None:
    """Rebuild `reviews` with the state `expired`, because SQLite cannot change a CHECK."""
    db.execute(
        "CREATE TABLE reviews_next (review_id TEXT PRIMARY KEY, at TEXT NOT NULL, tenant_id TEXT NOT NULL, "
        "state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'edited', 'rejected', 'expired')), "
        "review TEXT NOT NULL, card_channel TEXT, card_id TEXT, decided_at TEXT, reminded_at TEXT) STRICT"
    )
    db.execute("INSERT INTO reviews_next SELECT *, NULL FROM reviews")
    db.execute("DROP TABLE reviews")
    db.execute("ALTER TABLE reviews_next RENAME TO reviews")
    db.execute("CREATE INDEX reviews_open ON reviews(at) WHERE state = 'open'")
