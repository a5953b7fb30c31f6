"""Tenants that are apart: workspaces and directories with documents, reviewers and admins of their own.

Every other tenant that is served belongs to the top level of the settings.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.section import Section
from bot.settings import AccessSettings, IndexSettings, Settings, embedders_dir, ids_of, is_workspace
from bot.store.port import Store
from bot.store.records import ALL_TENANTS, Scope
from bot.store.scoped import ScopedStore
from index.errors import SettingsError

_Table = TypeVar("_Table", bound=Section)
# What a tenant does not set of these is empty, never that of the top level: it would open one team's documents, or its
# power over them, to another.
_OWN_OF_INDEX = ("paths", "services", "access", "links", "private_hosts")
_OWN_OF_ACCESS = ("groups", "reviewers", "admins", "slack_groups", "entra_groups", "public_channels")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant that is apart, and the settings that hold for it."""

    name: str
    ids: frozenset[str]
    settings: Settings

    def has(self, surface: str) -> bool:
        """Tell whether people of this tenant can ask in a chat product."""
        return any(is_workspace(tenant_id) == (surface == "slack") for tenant_id in self.ids)

    def stored_in(self, store: Store) -> Store:
        """Return the store as this tenant sees it."""
        return ScopedStore(store, self.scope, self.name)

    @property
    def scope(self) -> Scope:
        """What this tenant sees of the store."""
        return Scope(ids=self.ids, others=False)


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The tenants that are apart, and what the top level of the settings sees of the store."""

    tenants: tuple[Tenant, ...] = ()
    top: Scope = ALL_TENANTS

    def name_of(self, tenant_id: str) -> str | None:
        """Return the name of a tenant's table; "" for the top level, None for a tenant whose table is gone."""
        own = next((tenant.name for tenant in self.tenants if tenant_id in tenant.ids), None)
        return "" if own is None and self.top.has(tenant_id) else own

    def top_store(self, store: Store) -> Store:
        """Return the store as the top level sees it."""
        return store if self.top == ALL_TENANTS else ScopedStore(store, self.top)


ALONE = Tenancy()


async def tenancy_of(settings: Settings, store: Store) -> Tenancy:
    """Return the tenants of the settings, and store that they are apart. Raises SettingsError, StoreError."""
    tenants = tenants_of(settings)
    if tenants:
        await store.own_tenants.put(frozenset[str]().union(*(tenant.ids for tenant in tenants)))
    return Tenancy(tenants, scope_of_top_level(settings, await store.own_tenants.ids()))


def tenants_of(settings: Settings) -> tuple[Tenant, ...]:
    """Return the tenants that are apart. Raises SettingsError if the top level serves one of them, too."""
    served = _ids_of_top_level(settings)
    found = tuple(_tenant(settings, name) for name in settings.tenants)
    for tenant in found:
        if both := served & tenant.ids:
            raise SettingsError(
                f"setting tenants.{tenant.name}: {min(both)} is named in slack.workspaces or teams.tenant_id, too, "
                "so remove it in one place"
            )
    return found


def named(settings: Settings, name: str) -> Tenant:
    """Return a tenant by its name or one of its ids. Raises SettingsError."""
    for tenant in tenants_of(settings):
        if name == tenant.name or name in tenant.ids:
            return tenant
    known = ", ".join(settings.tenants) or "none"
    raise SettingsError(f"there is no table [tenants.{name[:40]}] in the settings; there are: {known}")


def own_settings(settings: Settings, name: str) -> Settings:
    """Return the settings that hold for a tenant; without a name those of the top level. Raises SettingsError."""
    return named(settings, name).settings if name else settings


async def seen_by(settings: Settings, store: Store, name: str) -> Store:
    """Return the store as a tenant sees it; without a name, as the top level does. Raises SettingsError, StoreError."""
    if name:
        return named(settings, name).stored_in(store)
    return Tenancy((), scope_of_top_level(settings, await store.own_tenants.ids())).top_store(store)


def scope_of_top_level(settings: Settings, apart: Collection[str]) -> Scope:
    """Return what the top level sees of the store. `apart` are the ids of all that are or ever were apart.

    What a tenant has stored stays unseen when its table is removed, until the top level names it.
    """
    return Scope(
        ids=frozenset(apart).union(*(tenant.ids for tenant in tenants_of(settings))) - _ids_of_top_level(settings)
    )


def _ids_of_top_level(settings: Settings) -> frozenset[str]:
    teams = {settings.teams.tenant_id} if settings.teams.tenant_id else set()
    return settings.slack.workspaces | teams


def _tenant(settings: Settings, name: str) -> Tenant:
    own, top = settings.tenants[name], settings
    index = _with(_emptied(top.index, IndexSettings(), _OWN_OF_INDEX), own.index)
    slack = {n: getattr(own.slack, n, None) for n in ("reviewers_channel", "digest_channel")}
    ids = ids_of(name, own)
    directory = next((tenant_id for tenant_id in ids if not is_workspace(tenant_id)), None)
    teams = {n: getattr(own.teams, n, None) for n in ("reviewers_conversation", "digest_conversation")}
    values: Mapping[str, Any] = {
        "data_dir": top.data_dir / "tenants" / name,
        "snapshots": top.snapshots.model_copy(
            update={"url": top.snapshots.url and f"{top.snapshots.url}/tenants/{name}"}
        ),
        "index": index.model_copy(update={"embedders_dir": embedders_dir(top)}),
        "access": _with(_emptied(top.access, AccessSettings(), _OWN_OF_ACCESS), own.access),
        "channels": own.channels,
        "slack": top.slack.model_copy(update={**slack, "prompts": own.slack.prompts if own.slack else ()}),
        "teams": top.teams.model_copy(update={**teams, "tenant_id": directory}),
        "limits": _with(top.limits, own.limits),
        "review": _with(top.review, own.review),
        "digest": _with(top.digest, own.digest),
        "language": own.language or top.language,
        "llm": own.llm or top.llm,
        "judge": own.judge or top.judge,
        "tenants": {},
    }
    return Tenant(name, ids, top.model_copy(update=values))


def _emptied(table: _Table, default: _Table, names: Collection[str]) -> _Table:
    """Return a table in which these keys have their defaults, which are empty."""
    return table.model_copy(update={name: getattr(default, name) for name in names})


def _with(table: _Table, own: _Table | None) -> _Table:
    """Return a table with the keys that `own` sets."""
    return table.model_copy(update={name: getattr(own, name) for name in own.model_fields_set}) if own else table
