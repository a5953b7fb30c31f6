"""Write pip's settings of this machine as one pip.conf, for the image's build: `pip_settings.py FOLDER`.

FOLDER then holds `pip.conf` and `certificates`. The folders of packages in the settings are printed, one a line.
"""

import configparser
import re
import shutil
import ssl
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

# Where the build mounts the certificates.
_CERTIFICATES = "/run/secrets/certificates"
_NOT_FOR_A_BUILD = {"constraint", "require-virtualenv", "user", "target", "prefix", "cache-dir"}


def main() -> None:
    """Write the files that the command line asks for."""
    folder = Path(sys.argv[1])
    settings = _settings()
    certificates = settings.get("cert") or ssl.get_default_verify_paths().cafile
    if certificates and Path(certificates).is_file():
        settings["cert"] = _CERTIFICATES
        shutil.copyfile(certificates, folder / "certificates")
    else:
        (folder / "certificates").touch()
    file = configparser.RawConfigParser()
    file["global"] = settings
    with (folder / "pip.conf").open("w", encoding="utf-8") as out:
        file.write(out)
    words = " ".join(settings.get(key, "") for key in ("index-url", "extra-index-url", "find-links")).split()
    folders = {Path(word.removeprefix("file://")) for word in words if word.startswith(("/", "file:///"))}
    print("\n".join(sorted(str(_whole(place)) for place in folders if place.is_dir())))


def _settings() -> dict[str, str]:
    """Return pip's settings; a variable of the environment wins over a file."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found = [
        match.groups() for line in listed.stdout.splitlines() if (match := re.match(r"(.*?)\.([\w-]+)=(.*)", line))
    ]
    ordered = sorted(found, key=lambda setting: setting[0] == ":env:")
    return {key: literal_eval(value) for _, key, value in ordered if key not in _NOT_FOR_A_BUILD}


def _whole(index: Path) -> Path:
    """Return the folder of an index with its files, which lie beside `simple`."""
    return index.parent if index.name == "simple" else index


if __name__ == "__main__":
    main()
