"""Reads the table of forbidden topics into the guard's policy. Does not know how a guard works."""

import re
from importlib.resources import files
from typing import Any

import yaml

from services.session.domain.guard import GuardPolicy
from services.session.domain.topics import ProductNames, Topic, compile_topic, compile_words


class TopicTableError(ValueError):
    """The table cannot be used; the message names the entry and what to change."""


def read_policy(text: str | None = None) -> GuardPolicy:
    """The policy of the table that ships with the service, or of `text` in the same form.

    Raises:
        TopicTableError: not YAML, a missing field, or an entry that is no regular expression.
    """
    source = files("services.session").joinpath("data/forbidden_topics.yaml").read_text("utf-8")
    table = _parse(source if text is None else text)
    try:
        product = ProductNames(*(_anywhere(table["product"][name]) for name in ("nouns", "work")))
        topics = tuple(_topic(entry, product) for entry in table["topics"])
        return GuardPolicy(topics=topics, leaks=compile_words(table["leaks"]))
    except (KeyError, TypeError, re.error) as error:
        raise TopicTableError(
            f"forbidden topics: {error!r}; compare with the comment at the file's head"
        ) from error


def _parse(text: str) -> dict[str, Any]:
    try:
        table = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TopicTableError(f"forbidden topics: not YAML: {error}") from error
    if not isinstance(table, dict):
        raise TopicTableError("forbidden topics: the file must hold product, leaks and topics")
    return table


def _topic(entry: dict[str, Any], product: ProductNames) -> Topic:
    if not entry["sources"]:
        raise TopicTableError(f"forbidden topics: {entry['id']} names no source; write the law or `policy`")
    return compile_topic(
        entry["id"],
        entry["sources"],
        words=entry.get("words", ()),
        pairs=[(pair["subject"], pair["matter"]) for pair in entry.get("pairs", ())],
        exceptions=entry.get("except", ()),
        product=product if entry.get("product") else None,
    )


def _anywhere(entries: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(entries), re.IGNORECASE)
