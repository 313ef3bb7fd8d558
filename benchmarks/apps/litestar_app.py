"""The shop on Litestar."""

from typing import Annotated

from dataset import ARTICLES
from litestar import Litestar, get, post
from litestar.params import Parameter
from models import Article, Articles, Greeting, Order

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Tag = Annotated[str, Parameter(max_length=20)]


@get("/hello", sync_to_thread=False)
def greet() -> Greeting:
    return Greeting(text="Hello, world!")


@get("/articles/{number:int}", sync_to_thread=False)
def article(number: int, limit: Limit = 10, tag: list[Tag] | None = None) -> Article:
    return Article(**ARTICLES[number - 1])


@get("/articles", sync_to_thread=False)
def articles(limit: Limit = 100) -> Articles:
    return Articles(articles=[Article(**one) for one in ARTICLES[:limit]])


@post("/orders", status_code=200, sync_to_thread=False)
def order(data: Order) -> Order:
    return data


app = Litestar([greet, article, articles, order], openapi_config=None)
