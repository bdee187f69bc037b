# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run folder holds, as tables and Atoms."""
import csv
import json
from pathlib import Path

import ase.io


class Run:
    """A run folder of `hopflow run`, read when it is asked for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        if not (self.folder / "summary.json").is_file():
            raise FileNotFoundError(f"{self.folder}: no summary.json in it; name a folder that 'hopflow run' wrote")

    @property
    def summary(self) -> dict:
        """summary.json; its schema is inputs/schemas/summary.schema.json."""
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    @property
    def barriers(self):
        """barriers.csv: a pandas DataFrame, or a list of dictionaries where pandas is missing."""
        file = self.folder / "barriers.csv"
        try:
            import pandas
        except ImportError:
            with open(file, newline="", encoding="utf-8") as rows:
                return list(csv.DictReader(rows))
        return pandas.read_csv(file)

    @property
    def hops(self) -> "list[tuple[str, str]]":
        """Materials and ids of the hops that have a path."""
        return sorted((p.parent.parent.name, p.parent.name) for p in self.folder.glob("hops/*/*/path.extxyz"))

    def path(self, material, hop):
        """The images of a hop's path: Atoms with energy (eV) and forces (eV/A)."""
        return ase.io.read(self.folder / "hops" / material / hop / "path.extxyz", index=":")

    def __repr__(self):
        return f"hopflow.Run({str(self.folder)!r})"


def read(folder) -> Run:
    """Opens a run folder."""
    return Run(folder)
