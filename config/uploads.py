"""How large a post with files may be before anything of it is read."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# Up to so many times the largest file, beside what is typed, the form itself says that a file is
# too large.
TIMES = 4


class Bounded(FileUploadHandler):
    """Refuses what is far too large before it is written to the disk: whoever sends it need not
    have signed in. Comes before the handlers that keep files."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - as Django calls it
        content_length: int,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        typed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > typed + TIMES * settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig("The post is far larger than any file may be.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
