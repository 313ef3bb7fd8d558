"""Load: one operation asked at a fixed rate, and how long its replies took."""
