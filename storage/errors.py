"""What can go wrong in storage, told apart by what the caller can do about it."""


class StorageError(Exception):
    """The database refused or could not be used; nothing of the attempted write is kept."""


class Conflict(StorageError):
    """An expectation failed: somebody else wrote in between. Decide again on fresh reads."""


class DatabaseBusy(StorageError):
    """Another program holds the file longer than we wait."""


class DatabaseFull(StorageError):
    """The disk is full or cannot be written."""
