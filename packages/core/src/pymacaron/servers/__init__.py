"""What listens on a port: Flask's development server, and gunicorn with our settings."""
