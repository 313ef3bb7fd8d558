"""The shop's models as one writes them by hand with pydantic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Tag = Annotated[str, Field(max_length=20)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Number = Annotated[int, Field(ge=1)]


class Greeting(BaseModel):
    text: str


class Article(BaseModel):
    number: Number
    title: str = Field(min_length=1, max_length=80)
    price: float = Field(ge=0)
    tags: list[Tag] | None = None


class Articles(BaseModel):
    articles: list[Article]


class Address(BaseModel):
    street: str = Field(min_length=1)
    town: str = Field(min_length=1)
    country: str = Field(pattern="^[A-Z]{2}$")
    postcode: str | None = None


class Line(BaseModel):
    article: Number
    count: Limit
    price: float = Field(ge=0)
    remark: str | None = Field(default=None, max_length=200)


class Order(BaseModel):
    id: UUID
    buyer: str = Field(min_length=1, max_length=80)
    email: str | None = None
    placed: datetime
    state: Literal["new", "paid", "sent", "void"]
    ship_to: Address
    bill_to: Address | None = None
    lines: list[Line] = Field(min_length=1, max_length=100)


class ArticleArguments(BaseModel):
    number: Number
    limit: Limit = 10
    tag: list[Tag] = []


class ListArguments(BaseModel):
    limit: Limit = 100
