"""The shop on FastAPI."""

from typing import Annotated

from dataset import ARTICLES
from fastapi import FastAPI, Path, Query
from models import Article, Articles, Greeting, Limit, Order, Tag

app = FastAPI()


@app.get("/hello")
async def greet() -> Greeting:
    return Greeting(text="Hello, world!")


@app.get("/articles/{number}")
async def article(
    number: Annotated[int, Path(ge=1)], tag: Annotated[list[Tag], Query(default_factory=list)], limit: Limit = 10
) -> Article:
    return Article(**ARTICLES[number - 1])


@app.get("/articles")
async def articles(limit: Limit = 100) -> Articles:
    return Articles(articles=[Article(**one) for one in ARTICLES[:limit]])


@app.post("/orders")
async def order(order: Order) -> Order:
    return order
