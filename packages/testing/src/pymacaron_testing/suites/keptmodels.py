"""The models by which a store is tested: a document, and the classes that its models inherit from."""

from __future__ import annotations

__all__ = ["CLASSES", "DOCUMENT"]

DOCUMENT = """
openapi: 3.1.0
info: {title: Kept, version: "1"}
paths: {}
components:
  schemas:
    Profile:
      type: object
      x-persist: pym_suite_kept.KeptProfile
      properties:
        profile_id: {type: string}
        city: {type: string}
        age: {type: [integer, "null"]}
        score: {type: number}
        day: {type: string, format: date}
        moment: {type: string, format: date-time}
        token: {type: string, format: uuid}
        took: {type: string, format: duration}
        packed: {type: string, format: byte}
        raw: {type: string, format: binary}
        friends: {type: array, items: {$ref: "#/components/schemas/Friend"}}
        anything: {}
    Friend:
      type: object
      properties:
        name: {type: string}
        since: {type: string, format: date-time}
        key: {type: string, format: byte}
        weight: {type: number}
    Event:
      type: object
      x-persist: pym_suite_kept.KeptEvent
      properties:
        room: {type: string}
        at: {type: string, format: date-time}
        kind: {type: string}
        rank: {type: integer}
    Counter:
      type: object
      x-parent: pym_suite_kept.KeptCounter
      properties:
        name: {type: string}
        count: {type: integer}
        version: {type: integer}
"""
CLASSES = """
from pymacaron.store import PersistentModel


class KeptProfile(PersistentModel):
    api_name = "kept"
    model_name = "Profile"
    table_name = "suite-profiles"
    primary_key = "profile_id"
    indexes = {"by-city": ("city", "age")}


class KeptEvent(PersistentModel):
    table_name = "suite-events"
    primary_key = ("room", "at")
    indexes = {"by-kind": "kind", "by-rank": ("room", "rank")}


class KeptCounter(PersistentModel):
    table_name = "suite-counters"
    primary_key = "name"
    version_attribute = "version"
"""
