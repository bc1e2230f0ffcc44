"""What is promised and not yet done: rows that Celery workers keep."""
