"""The store's schema as numbered steps. A released step never changes; add a new one."""

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
