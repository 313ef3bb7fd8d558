"""The code of the helloworld service."""
