"""Bytes that a chunk takes on disk, by file: of the question sets' documents, and of further folders.

usage: python tests/bench/snapshot_size.py [DATA_DIR [FOLDER ...]]     (default ../shared/data)
Each set is also written with the inverted file of a large index, which is not used below `exact_chunks`.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.corpora import corpora
from support.models import shared_embedder

from index.ann import SearchRules
from index.builder import BuildRules, build
from index.snapshot import SnapshotFolder


def main() -> None:
    """Print a table for each folder of documents."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    found = [corpus.documents for corpus in corpora(data)]
    for documents in [*found, data / "plausible-docs" / "docs", *map(Path, sys.argv[2:])]:
        if documents.is_dir():
            with tempfile.TemporaryDirectory() as folder:
                _print_sizes(documents, Path(folder))


def _print_sizes(documents: Path, folder: Path) -> None:
    for rules in (SearchRules(), SearchRules(exact_chunks=1)):
        build([documents], folder, shared_embedder(), BuildRules(search=rules))
        path, manifest = SnapshotFolder(folder).newest_intact()
        sizes = {file.name: file.stat().st_size / manifest.chunk_count for file in path.iterdir()}
        print(
            f"{documents}: {manifest.chunk_count} chunks, {manifest.search.kind}, {sum(sizes.values()):,.0f} bytes each"
        )
        print(", ".join(f"{name} {size:,.0f}" for name, size in sorted(sizes.items(), key=lambda item: -item[1])))


if __name__ == "__main__":
    main()
