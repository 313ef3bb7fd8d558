"""Acceptance tests in the style of unittest: `pym test` runs them with the others."""

from pymacaron_testing import PyMacaronTestCase

NOBODY = "00000000-0000-4000-8000-000000000000"


class TestStock(PyMacaronTestCase):
    def test_an_item_can_be_added(self):
        item = self.assertPostReturnJson("api/items", {"name": "Tea", "price": 1.5}, status=201)
        self.assertGetReturnDict(f"api/items/{item['id']}", {"name": "Tea", "price": 1.5})

    def test_what_is_not_there_cannot_be_taken_out(self):
        self.assertDeleteReturnError(f"api/items/{NOBODY}", 404, "UNKNOWN_ITEM")

    def test_a_limit_is_positive(self):
        self.assertGetReturnError("api/items?limit=0", 400, "INVALID_PARAMETER")
