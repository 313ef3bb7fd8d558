"""The shop on connexion, from the same document."""

from pathlib import Path

import yaml
from connexion import FlaskApp

folder = Path(__file__).parent / "shop"
document = yaml.safe_load((folder / "apis" / "shop.yaml").read_text())
for operations in document["paths"].values():
    for operation in operations.values():
        operation["operationId"] = operation.pop("x-bind-server").replace("handlers.", "shop.handlers.")

app = FlaskApp(__name__, specification_dir=str(folder))
app.add_api(document, validate_responses=True)
