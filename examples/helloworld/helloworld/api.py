"""One function for each operation of apis/helloworld.yaml."""

import logging

from pymacaron import apipool
from pymacaron_async import asynctask

log = logging.getLogger(__name__)


def say_hello(name):
    """Answer GET /v1/hello."""
    return apipool.helloworld.Hello(message=f"Hello {name}!")


def greet(person):
    """Answer POST /v1/greetings: `person` is a model that inherits `greeting()` from its x-parent."""
    return apipool.helloworld.Hello(message=person.greeting())


def die():
    """Answer GET /v1/die: what is raised here goes to the log, and not to the caller."""
    raise RuntimeError("I was asked to fail")


@asynctask
def write_greeting(name):
    """Do in a worker what a caller need not wait for."""
    log.info("Hello %s, from the background!", name)


@asynctask
def fail():
    """Fail in a worker."""
    raise RuntimeError("I was asked to fail in the background")


def greet_later(name):
    """Answer GET /v1/async: in a request, a call of a task queues it."""
    write_greeting(name)
    return apipool.helloworld.Hello(message=f"{name} will be greeted")


def die_later():
    """Answer GET /v1/asyncdie: what the task raises goes to the log of the worker."""
    fail()
    return apipool.helloworld.Hello(message="a worker will fail")
