"""The shop as a PyMacaron service."""

from pathlib import Path

from extras import EXTRAS, with_extras

from pymacaron import create_app

app = with_extras(create_app(Path(__file__).parent / "shop", env="extras" if EXTRAS else None))
