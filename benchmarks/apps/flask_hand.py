"""The reference: Flask with pydantic, written by hand, which judges requests and responses."""

from __future__ import annotations

from dataset import ARTICLES, SECRET
from extras import EXTRAS, with_extras
from flask import Flask, Response, g, request
from models import Article, ArticleArguments, Articles, Greeting, ListArguments, Order
from pydantic import BaseModel, ValidationError

flask_app = Flask(__name__)
if EXTRAS:
    import jwt
    from flask_cors import CORS

    CORS(flask_app)

    @flask_app.before_request
    def authenticate() -> Response | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        try:
            g.claims = jwt.decode(text, SECRET, algorithms=["HS256"], audience="shop", issuer="shop")
        except jwt.InvalidTokenError:
            return Response(status=401)
        return None if scheme == "Bearer" else Response(status=401)


@flask_app.errorhandler(ValidationError)
def invalid(error: ValidationError) -> Response:
    return Response(error.json(include_url=False), 400, mimetype="application/json")


def written(model: BaseModel) -> Response:
    return Response(model.model_dump_json(exclude_none=True), mimetype="application/json")


@flask_app.get("/hello")
def greet() -> Response:
    return written(Greeting(text="Hello, world!"))


@flask_app.get("/articles/<number>")
def article(number: str) -> Response:
    given = {"limit": request.args["limit"]} if "limit" in request.args else {}
    arguments = ArticleArguments(number=number, tag=request.args.getlist("tag"), **given)
    return written(Article(**ARTICLES[arguments.number - 1]))


@flask_app.get("/articles")
def articles() -> Response:
    arguments = ListArguments(**request.args.to_dict())
    return written(Articles(articles=[Article(**one) for one in ARTICLES[: arguments.limit]]))


@flask_app.post("/orders")
def order() -> Response:
    return written(Order.model_validate_json(request.get_data()))


app = with_extras(flask_app)
