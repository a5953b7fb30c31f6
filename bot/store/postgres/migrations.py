"""The migrations of the store. They only go forward; a released one never changes.

The release before must run on the tables of this one: what it reads is dropped one release after nothing reads it.
"""

from typing import Any

from psycopg import AsyncConnection

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('citedesk migrations', 0))"
_IS_THERE = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'citedesk' AND tablename = 'migrations'"
# A change of a table waits this long for those who use it. The others wait behind it meanwhile.
_PATIENCE = "SET LOCAL lock_timeout = '10s'"


async def migrate(connection: AsyncConnection[Any]) -> None:
    """Bring the tables up to date. Of several processes that start at once, one does it."""
    if not await _pending(connection):
        return
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_PATIENCE)
        pending = await _pending(connection)
        await connection.execute("CREATE SCHEMA IF NOT EXISTS citedesk")
        await connection.execute("SET LOCAL search_path = citedesk")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        for name in pending:
            await connection.execute(_MIGRATIONS[name])
            await connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))


async def _pending(connection: AsyncConnection[Any]) -> list[str]:
    done = await applied(connection)
    return [name for name in _MIGRATIONS if name not in done]


async def applied(connection: AsyncConnection[Any]) -> tuple[str, ...]:
    """Return the migrations that a database has gone through; none if it holds no store."""
    # Not to_regclass: it would remember that there was no table before this process waited for another one to make it.
    if not await (await connection.execute(_IS_THERE)).fetchone():
        return ()
    rows = await (await connection.execute("SELECT name FROM citedesk.migrations ORDER BY name")).fetchall()
    return tuple(str(row[0]) for row in rows)


def known() -> tuple[str, ...]:
    """Return the migrations of this release, in their order."""
    return tuple(_MIGRATIONS)


# Keys and ids sort by their bytes, whatever the language of the database: `states` looks for keys by their beginning.
# `number` is the order in which rows came.
_FIRST_TABLES = """
CREATE FUNCTION citedesk.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('citedesk.clock', true), '')::timestamptz, statement_timestamp())
$$;

CREATE TABLE inbox (
    key text COLLATE "C" PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    received_at timestamptz NOT NULL DEFAULT citedesk.now(), due_at timestamptz NOT NULL DEFAULT citedesk.now(),
    payload text, attempts integer NOT NULL DEFAULT 0, lease_until timestamptz, owner text,
    posted text NOT NULL DEFAULT '', anchor text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);
CREATE INDEX inbox_waiting ON inbox (number) WHERE state = 'waiting';
CREATE INDEX inbox_dead ON inbox (received_at) WHERE state = 'dead';
CREATE TABLE outbox (LIKE inbox INCLUDING ALL) WITH (fillfactor = 70);

CREATE TABLE requests (
    request_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL DEFAULT citedesk.now(), tenant_id text NOT NULL,
    user_id text NOT NULL, outcome text NOT NULL, verdict text NOT NULL, trace text NOT NULL
);
CREATE INDEX requests_by_time ON requests (at, outcome);

CREATE TABLE feedback (
    request_id text COLLATE "C", user_id text COLLATE "C", number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT citedesk.now(), helpful boolean NOT NULL, reason text NOT NULL, note text NOT NULL,
    answer_hash text NOT NULL, PRIMARY KEY (request_id, user_id)
);
CREATE INDEX feedback_by_answer ON feedback (answer_hash) WHERE NOT helpful;
CREATE INDEX feedback_by_time ON feedback (at);

CREATE TABLE reviews (
    review_id text COLLATE "C" PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT citedesk.now(), tenant_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'approved', 'edited', 'rejected', 'expired', 'withdrawn')),
    review text NOT NULL, decided_at timestamptz, reminded_at timestamptz,
    claimed_by text, awaits_asker boolean NOT NULL, request_ids text[] NOT NULL, has_texts boolean NOT NULL
);
CREATE INDEX reviews_open ON reviews (tenant_id, at) WHERE state = 'open';
CREATE INDEX reviews_by_time ON reviews (at);
CREATE INDEX reviews_to_purge ON reviews (decided_at) WHERE has_texts;

CREATE TABLE review_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, review_id text COLLATE "C" NOT NULL REFERENCES reviews,
    at timestamptz NOT NULL DEFAULT citedesk.now(), user_id text NOT NULL, what text NOT NULL
);
CREATE INDEX review_events_by_review ON review_events (review_id, id);
CREATE FUNCTION citedesk.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'review_events is append-only'; END
$$;
CREATE TRIGGER review_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review_events
    FOR EACH STATEMENT EXECUTE FUNCTION citedesk.append_only();

CREATE TABLE review_cards (
    review_id text COLLATE "C" REFERENCES reviews, surface text COLLATE "C", channel text COLLATE "C",
    card_id text COLLATE "C", number bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (review_id, surface, channel, card_id)
);
CREATE INDEX review_cards_by_card ON review_cards (surface, channel, card_id);

CREATE TABLE curated_answers (
    curated_id text COLLATE "C" PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, tenant_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT citedesk.now(),
    state text NOT NULL CHECK (state IN ('live', 'stale', 'withdrawn')), answer text NOT NULL,
    embedder text NOT NULL, vector bytea NOT NULL
);
CREATE INDEX curated_answers_live ON curated_answers (tenant_id, embedder) WHERE state = 'live';

CREATE TABLE gaps (
    request_id text COLLATE "C" PRIMARY KEY, tenant_id text NOT NULL, at timestamptz NOT NULL DEFAULT citedesk.now(),
    user_id text NOT NULL, question text NOT NULL, reason text NOT NULL, nearest text[] NOT NULL,
    embedder text NOT NULL, vector bytea NOT NULL
);
CREATE INDEX gaps_of_tenant ON gaps (tenant_id, embedder, at);
CREATE INDEX gaps_by_time ON gaps (at);

CREATE TABLE posted (
    channel_id text COLLATE "C", message_id text COLLATE "C", request_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT citedesk.now(), PRIMARY KEY (channel_id, message_id)
);
CREATE INDEX posted_by_time ON posted (at);

CREATE TABLE turns (
    request_id text COLLATE "C" PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT citedesk.now(), channel_id text NOT NULL, thread_id text NOT NULL,
    user_id text NOT NULL, question text NOT NULL, answer text NOT NULL
);
CREATE INDEX turns_by_place ON turns (channel_id, thread_id, user_id, at);
CREATE INDEX turns_by_time ON turns (at);

CREATE TABLE people (user_id text COLLATE "C" PRIMARY KEY, name text NOT NULL);

CREATE TABLE threads (
    tenant_id text COLLATE "C", channel_id text COLLATE "C", thread_id text COLLATE "C", user_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT citedesk.now(), PRIMARY KEY (tenant_id, channel_id, thread_id)
);
"""

_SHARED_STATE = """
CREATE TABLE replicas (
    owner text COLLATE "C" PRIMARY KEY, started_at timestamptz NOT NULL DEFAULT citedesk.now(),
    seen_at timestamptz NOT NULL DEFAULT citedesk.now(), version text NOT NULL, snapshot text NOT NULL
);

CREATE TABLE installations (
    app text COLLATE "C", tenant_id text COLLATE "C", user_id text COLLATE "C",
    number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT citedesk.now(), payload text NOT NULL,
    PRIMARY KEY (app, tenant_id, user_id)
);

CREATE TABLE sign_in_states (state text COLLATE "C" PRIMARY KEY, until timestamptz NOT NULL);
"""

# How many rows of each table of a store in a file are copied here; `ended_at` when all are, and are checked.
_STORE_COPY = """
CREATE TABLE store_copy (source text PRIMARY KEY, rows jsonb NOT NULL DEFAULT '{}', ended_at timestamptz);
"""

# The topics are those of `bot.store.shared`. PostgreSQL sends equal signals of a transaction once.
_SIGNALS = """
CREATE FUNCTION citedesk.signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('citedesk', TG_ARGV[0] || ' ');
    RETURN NULL;
END $$;
CREATE TRIGGER inbox_signal AFTER INSERT ON inbox FOR EACH STATEMENT EXECUTE FUNCTION citedesk.signal('inbox');
CREATE TRIGGER outbox_signal AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION citedesk.signal('outbox');
CREATE TRIGGER curated_signal AFTER INSERT OR UPDATE OR DELETE ON curated_answers
    FOR EACH STATEMENT EXECUTE FUNCTION citedesk.signal('curated');
"""

_ENDED_JOBS = """
CREATE INDEX inbox_ended ON inbox (received_at) WHERE state != 'waiting';
CREATE INDEX outbox_ended ON outbox (received_at) WHERE state != 'waiting';
"""

# The release before adds jobs without a tenant; they take their turn as those of one more.
_TURNS_OF_TENANTS = """
ALTER TABLE inbox ADD tenant_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE outbox ADD tenant_id text COLLATE "C" NOT NULL DEFAULT '';
UPDATE inbox SET tenant_id = coalesce(payload::jsonb #>> '{where,tenant_id}', '') WHERE state = 'waiting';
UPDATE outbox SET tenant_id = coalesce(payload::jsonb ->> 'tenant_id', '') WHERE state = 'waiting';
CREATE INDEX inbox_turns ON inbox (tenant_id, number) WHERE state = 'waiting';
CREATE INDEX outbox_turns ON outbox (tenant_id, number) WHERE state = 'waiting';
-- With this index a tenant's next job would be looked for among the jobs of all. The release before sorts instead.
DROP INDEX inbox_waiting;
DROP INDEX outbox_number_idx;
CREATE INDEX inbox_at_work ON inbox (tenant_id) WHERE lease_until IS NOT NULL;
CREATE INDEX outbox_at_work ON outbox (tenant_id) WHERE lease_until IS NOT NULL;

CREATE TABLE own_tenants (
    tenant_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL DEFAULT citedesk.now()
);
"""

_BUILDS = """
CREATE TABLE builds (LIKE inbox INCLUDING ALL);
"""

# A line of a review's history may lose who it was, and nothing else.
_FORGOTTEN_PEOPLE = """
DROP TRIGGER review_events_append_only ON review_events;
CREATE TRIGGER review_events_append_only BEFORE DELETE OR TRUNCATE ON review_events
    FOR EACH STATEMENT EXECUTE FUNCTION citedesk.append_only();
CREATE TRIGGER review_events_only_forget BEFORE UPDATE ON review_events FOR EACH ROW
    WHEN (NEW.user_id != 'forgotten' OR (NEW.id, NEW.review_id, NEW.at, NEW.what) IS DISTINCT FROM
        (OLD.id, OLD.review_id, OLD.at, OLD.what))
    EXECUTE FUNCTION citedesk.append_only();
"""

_MIGRATIONS = {
    "001_first_tables": _FIRST_TABLES,
    "002_shared_state": _SHARED_STATE,
    "003_store_copy": _STORE_COPY,
    "004_signals": _SIGNALS,
    "005_ended_jobs": _ENDED_JOBS,
    "006_turns_of_tenants": _TURNS_OF_TENANTS,
    "007_builds": _BUILDS,
    "008_forgotten_people": _FORGOTTEN_PEOPLE,
}
