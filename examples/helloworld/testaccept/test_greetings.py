"""Acceptance tests in the style of unittest: `pym test` runs them with the others."""

from pymacaron_testing import PyMacaronTestCase


class TestHello(PyMacaronTestCase):
    def test_it_says_hello(self):
        self.assertGetReturnDict("v1/hello?name=Ada", {"message": "Hello Ada!"})

    def test_it_greets_a_person(self):
        self.assertPostReturnDict("v1/greetings", {"name": "Ada", "language": "fr"}, {"message": "Bonjour Ada!"})

    def test_a_name_is_needed(self):
        self.assertPostReturnError("v1/greetings", {}, 400, "INVALID_PARAMETER")

    def test_it_greets_in_the_background(self):
        self.assertGetReturnDict("v1/async?name=Ada", {"message": "Ada will be greeted"})

    def test_it_fails_in_the_background(self):
        self.assertGetReturnDict("v1/asyncdie", {"message": "a worker will fail"})

    def test_it_runs(self):
        self.assertHasPing()
        self.assertHasVersion()
