"""One function for each operation of apis/helloworld.yaml."""

from pymacaron import apipool


def say_hello(name):
    """Answer GET /v1/hello."""
    return apipool.helloworld.Hello(message=f"Hello {name}!")


def greet(person):
    """Answer POST /v1/greetings: `person` is a model that inherits `greeting()` from its x-parent."""
    return apipool.helloworld.Hello(message=person.greeting())


def die():
    """Answer GET /v1/die: what is raised here goes to the log, and not to the caller."""
    raise RuntimeError("I was asked to fail")
