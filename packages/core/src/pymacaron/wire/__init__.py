"""Parameters on the wire: one codec for both directions, so that a client sends what a server reads."""

from pymacaron.wire.bounds import problem_of_json
from pymacaron.wire.budget import items_of
from pymacaron.wire.compiled import compile_codec, is_json, plain_reader
from pymacaron.wire.errors import Unreadable, Unsendable
from pymacaron.wire.jsontexts import read_json
from pymacaron.wire.pieces import ABSENT, EMPTY, ParameterCodec, Pieces
from pymacaron.wire.queries import join_cookies, join_query, split_cookies, split_query, unescape_query

__all__ = [
    "ABSENT",
    "EMPTY",
    "ParameterCodec",
    "Pieces",
    "Unreadable",
    "Unsendable",
    "compile_codec",
    "is_json",
    "items_of",
    "join_cookies",
    "join_query",
    "plain_reader",
    "problem_of_json",
    "read_json",
    "split_cookies",
    "split_query",
    "unescape_query",
]
