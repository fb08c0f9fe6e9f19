"""Languages: catalogues, numbers, dates and plurals. Everything a person reads passes through `Language.text`."""

from bot.language.catalogue import CATALOGUES, Language, languages

__all__ = ["CATALOGUES", "Language", "languages"]
