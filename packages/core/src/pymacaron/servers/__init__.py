"""What listens on a port: Flask's development server, and gunicorn and granian with our settings."""
