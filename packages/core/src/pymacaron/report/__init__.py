"""What operators are told: crash reports, slow calls, the line of each request, metrics."""
