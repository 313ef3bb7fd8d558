"""The shop on flask-openapi3."""

from dataset import ARTICLES
from flask import Response
from flask_openapi3 import Info, OpenAPI
from models import Article, Articles, Greeting, Limit, ListArguments, Number, Order, Tag
from pydantic import BaseModel

app = OpenAPI(__name__, info=Info(title="shop", version="1"))


class ArticlePath(BaseModel):
    number: Number


class ArticleQuery(BaseModel):
    limit: Limit = 10
    tag: list[Tag] = []


def written(model: BaseModel) -> Response:
    return Response(model.model_dump_json(exclude_none=True), mimetype="application/json")


@app.get("/hello")
def greet() -> Response:
    return written(Greeting(text="Hello, world!"))


@app.get("/articles/<number>")
def article(path: ArticlePath, query: ArticleQuery) -> Response:
    return written(Article(**ARTICLES[path.number - 1]))


@app.get("/articles")
def articles(query: ListArguments) -> Response:
    return written(Articles(articles=[Article(**one) for one in ARTICLES[: query.limit]]))


@app.post("/orders")
def order(body: Order) -> Response:
    return written(body)
