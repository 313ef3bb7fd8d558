"""Models in Amazon DynamoDB: the store, what its attributes look like, and its tables."""
