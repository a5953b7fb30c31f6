"""Find the fields of settings by their names, through nested tables and lists (pure)."""

import types
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

KeyPath = tuple[str | int, ...]
_LISTS = (tuple, list, frozenset)
_NEAR, _NEAR_ELSEWHERE = 0.6, 0.8


def dotted(path: KeyPath) -> str:
    """Return the name of a setting as messages and the documentation write it."""
    return ".".join(map(str, path))


def alternatives(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - an annotation can be anything
    """Yield the types that a value may have."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from alternatives(part)
    else:
        yield annotation


def inner(annotation: Any, key: str | int) -> Any:  # noqa: ANN401
    """Return the annotation of what stands below a key; None if nothing can."""
    for part in alternatives(annotation):
        if _is_model(part):
            if key in part.model_fields:
                return part.model_fields[key].annotation
        elif get_origin(part) is dict:
            return get_args(part)[1]
        elif get_origin(part) in _LISTS and isinstance(key, int):
            return get_args(part)[0]
    return None


def annotation_of(annotation: Any, path: KeyPath) -> Any:  # noqa: ANN401
    """Return the annotation of a setting; None if there is no such setting."""
    for key in path:
        annotation = inner(annotation, key)
    return annotation


def is_secret(annotation: Any) -> bool:  # noqa: ANN401
    """Tell whether a setting holds a secret."""
    return SecretStr in alternatives(annotation)


def is_path(annotation: Any) -> bool:  # noqa: ANN401
    """Tell whether a setting is the path of a file or folder."""
    return Path in alternatives(annotation)


def takes_nothing(annotation: Any) -> bool:  # noqa: ANN401
    """Tell whether a setting may have no value."""
    return types.NoneType in alternatives(annotation)


def holds_others(annotation: Any) -> bool:  # noqa: ANN401
    """Tell whether a setting is a list or a table."""
    return any(_is_model(part) or get_origin(part) in {dict, *_LISTS} for part in alternatives(annotation))


def resolved(annotation: Any, names: Sequence[str], values: Any) -> KeyPath | None:  # noqa: ANN401
    """Return the path that names lead to, in any case; None if there is no such setting.

    `values` are the settings known so far: their keys give a table its spelling, and a member of a list is named by its
    `name` or its number.
    """
    path: KeyPath = ()
    for name in names:
        key = _key(annotation, name, values)
        annotation = None if key is None else inner(annotation, key)
        if key is None or annotation is None:
            return None
        path += (key,)
        values = values[key] if _holds(values, key) else None
    return path


def _key(annotation: Any, name: str, values: Any) -> str | int | None:  # noqa: ANN401
    for part in alternatives(annotation):
        if _is_model(part):
            return next((field for field in part.model_fields if field == name.lower()), None)
        if get_origin(part) is dict:
            known = values if isinstance(values, Mapping) else {}
            return next((str(key) for key in known if _plain(str(key)) == _plain(name)), name)
        if get_origin(part) in _LISTS:
            return _number(name, values)
    return None


def _number(name: str, values: Any) -> int | None:  # noqa: ANN401
    """Return the number of the member of a list that has this name or number."""
    members = values if isinstance(values, list | tuple) else ()
    for number, member in enumerate(members):
        own = member.get("name") if isinstance(member, Mapping) else None
        if name == str(number) or (own and _plain(str(own)) == _plain(name)):
            return number
    return None


def _plain(name: str) -> str:
    # The names of variables have no hyphens.
    return name.lower().replace("-", "_")


def _holds(values: Any, key: str | int) -> bool:  # noqa: ANN401
    if isinstance(values, Mapping):
        return key in values
    return isinstance(key, int) and isinstance(values, list | tuple) and key < len(values)


def _is_model(part: Any) -> bool:  # noqa: ANN401
    return isinstance(part, type) and issubclass(part, BaseModel)


def names_of(model: type[BaseModel], prefix: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the paths of all settings that have a name of their own: keys of tables, not what lists or tables hold."""
    for name, field in model.model_fields.items():
        nested = next(filter(_is_model, alternatives(field.annotation)), None)
        if nested is not None:
            yield from names_of(nested, (*prefix, name))
        else:
            yield (*prefix, name)


def nearest(model: type[BaseModel], path: KeyPath, *, surely: bool = False) -> KeyPath | None:
    """Return the setting that is probably meant by one that does not exist; None if no name is near.

    A key of the same table comes first, then the same or a near key of another one. `surely` leaves out names that are
    only somewhat alike, such as `user` and `server`.
    """
    *table, name = path
    near_from, alike_from = (_NEAR_ELSEWHERE, 1.0) if surely else (_NEAR, _NEAR_ELSEWHERE)
    siblings = next(filter(_is_model, alternatives(annotation_of(model, tuple(table)))), None)
    if siblings and (near := get_close_matches(str(name), siblings.model_fields, 1, near_from)):
        return (*table, near[0])
    known = list(names_of(model))
    written = dotted(path).replace(".", "_")
    by_name = {"_".join(map(str, one)): one for one in known}
    if near := get_close_matches(written, by_name, 1, _NEAR_ELSEWHERE):
        return by_name[near[0]]
    by_key = {str(one[-1]): one for one in reversed(known)}
    near = get_close_matches(str(name), by_key, 1, alike_from)
    return by_key[near[0]] if near else None
