"""What models of apis/helloworld.yaml inherit by x-parent."""

GREETINGS = {"en": "Hello", "fr": "Bonjour", "sv": "Hej"}


class Speaker:
    """Somebody who has a name and a language."""

    def greeting(self):
        """Return a greeting in the speaker's language."""
        return f"{GREETINGS[self.language]} {self.name}!"
