"""Read secrets from a folder that has one file for each, named as its setting: `slack.bot_token`.

That is the folder of `secrets_dir`, and $CREDENTIALS_DIRECTORY, where systemd puts the credentials of a unit. With
`LoadCredential=citedesk:FOLDER` systemd begins the name of each file of a folder with `citedesk_`.
"""

from pathlib import Path

from pydantic import BaseModel

from bot.configuration.fields import annotation_of, dotted, is_secret, nearest, resolved
from bot.configuration.origins import Kind, Merged, Origin
from index.errors import SettingsError
from index.secret_files import read_secret

CREDENTIALS = "CREDENTIALS_DIRECTORY"
SECRETS_DIR = "secrets_dir"
_OF_A_FOLDER = "citedesk_"


def add_secrets(merged: Merged, model: type[BaseModel], folder: Path, kind: Kind) -> None:
    """Let the secrets in a folder win over what is merged. Files with other names are left alone.

    Raises SettingsError if the folder or a secret cannot be read, or a name is almost that of a secret.
    """
    for file in _files(folder, kind):
        path = resolved(model, _names(file), merged.values)
        if path and is_secret(annotation_of(model, path)):
            merged.put(path, read_secret(file, f"setting {dotted(path)}"), Origin(kind, str(file)))
        else:
            _refuse_a_near_name(model, file)


def _files(folder: Path, kind: Kind) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if _names(file)[0] and not file.is_dir())
    except OSError as error:
        # The variable is inherited from whatever unit has started this process.
        if kind == "credential":
            return []
        raise SettingsError(f"setting {SECRETS_DIR}: {folder} cannot be read: {error.strerror}") from None


def _names(file: Path) -> list[str]:
    """Return the names that lead to a setting; the first one of a hidden file is empty."""
    return file.name.removeprefix(_OF_A_FOLDER).split(".")


def _refuse_a_near_name(model: type[BaseModel], file: Path) -> None:
    names = tuple(_names(file))
    near = nearest(model, names) if len(names) > 1 else None
    if near and is_secret(annotation_of(model, near)):
        raise SettingsError(f"{file}: there is no secret of this name; did you mean {dotted(near)}?")
