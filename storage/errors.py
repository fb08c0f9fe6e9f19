"""What can go wrong in storage, told apart by what the caller can do about it."""


class StorageError(Exception):
    """The database refused or could not be used; nothing of the attempted write is kept."""


class Conflict(StorageError):
    """An expectation failed: somebody else wrote in between. Decide again on fresh reads."""


class DatabaseBusy(StorageError):
    """Another program holds the file longer than we wait."""


class DatabaseFull(StorageError):
    """The disk is full or cannot be written."""


class DatabaseDamaged(StorageError):
    """The file is torn, cut short or overwritten: what is left is read no further. A backup has to be restored."""


class DatabaseForeign(StorageError):
    """The file is not a database of this program."""


class OlderProgramRunning(StorageError):
    """The schema is to be brought to this program's, while an instance that knows the old one only is running on it."""


class DatabaseUnsuited(StorageError):
    """The folder cannot hold a write-ahead log (a network folder, most often)."""
