"""The same service written with Litestar."""

from litestar import Litestar, get
from pydantic import BaseModel


class Hello(BaseModel):
    """A greeting."""

    message: str


@get("/hello")
async def hello() -> Hello:
    """Greet by a model."""
    return Hello(message="Hello world!")


app = Litestar([hello])
