"""What the checks look at: settings, the machine, what the platforms answered, and a snapshot of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from bot.doctor.asking import Answers
from bot.settings import Settings
from storage.connection import Snapshot
from storage.database_file import files_folder


@dataclass(frozen=True, slots=True)
class Context:
    """``environ`` and ``dotenv`` are where the settings came from; ``now`` is the machine's clock (epoch).

    ``telegram``, ``zalo``, ``public``, ``own`` and ``snapshot`` are None where there is nothing to ask, or for a group that does not
    need them.
    """

    settings: Settings
    environ: Mapping[str, str]
    dotenv: Path
    now: int
    encoding: str = "utf-8"
    holder: str | None = None
    """The running instance that holds the database (process@machine), None when there is none."""

    telegram: Answers | None = None
    zalo: Answers | None = None
    public: Answers | None = None
    own: Answers | None = None
    """What the running bot says of itself."""

    snapshot: Snapshot | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """All THIDUA_ names that are set, with where: ``environment`` or the file's name."""

    @property
    def read(self) -> Snapshot:
        """The snapshot of a group that needs the database."""
        if self.snapshot is None:
            raise ValueError("this group has no snapshot")
        return self.snapshot

    @property
    def database(self) -> Path:
        return self.settings.database.absolute()

    @property
    def files(self) -> Path:
        return files_folder(self.database)

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.now, self.settings.zone).date()
