"""The deploy pipeline: from a commit to a release that is proven live."""
