"""Reads the locale files and fills their sentences in. Does not know who shows them, or where."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from services.session.domain.rubric import Phrase


class MissingTextError(KeyError):
    """A locale file has no such key, or the sentence asks for a word that was not given."""


class Texts:
    """The sentences of one language, by dotted key."""

    def __init__(self, language: str, entries: Mapping[str, str]) -> None:
        self.language = language
        self._entries = entries

    def say(self, key: str, **params: object) -> str:
        """The sentence of `key` with `{name}` slots filled.

        Raises:
            MissingTextError: add the key to services/session/locales, or pass the missing word.
        """
        try:
            return self._entries[key].format_map(params)
        except KeyError as error:
            raise MissingTextError(f"{self.language}.json: {key}: no {error}") from error

    def phrase(self, phrase: Phrase) -> str:
        """The sentence that a domain phrase stands for."""
        return self.say(phrase.key, **dict(phrase.params))


@lru_cache(maxsize=8)
def texts(language: str) -> Texts:
    """The texts that ship with the service in `language`, `ko` or `en`.

    Raises:
        FileNotFoundError: no locale file for that language.
    """
    source = files("services.session").joinpath(f"locales/{language}.json").read_text("utf-8")
    return Texts(language, json.loads(source))
