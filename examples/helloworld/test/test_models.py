"""Unit tests: code of the service, without a server."""

from helloworld.models import Speaker


def test_a_speaker_greets_in_its_language():
    speaker = Speaker()
    speaker.name, speaker.language = "Ada", "fr"
    assert speaker.greeting() == "Bonjour Ada!"
