"""A mail server that takes every letter at once and remembers its Message-ID: python -m bench.sink.

Says its port on a line, and for each line that it is given how many letters it has taken and how
many Message-IDs it has seen.
"""

import asyncio
import re
import sys

MESSAGE_ID = re.compile(rb"^message-id: *(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
taken: list[bytes] = []


class Talk(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line, self.heard, self.is_letter = transport, b"", False
        self.line.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.heard += data
        while True:
            end = b"\r\n.\r\n" if self.is_letter else b"\r\n"
            said, found, rest = self.heard.partition(end)
            if not found:
                return
            self.heard = rest
            if self.is_letter:
                head = MESSAGE_ID.search(said)
                taken.append(head[1] if head else b"")
            self.answer(said[:4].upper())

    def answer(self, command: bytes) -> None:
        if self.is_letter:
            self.is_letter = False
        elif command == b"DATA":
            self.is_letter = True
            self.line.write(b"354 go on\r\n")
            return
        elif command == b"QUIT":
            self.line.write(b"221 bye\r\n")
            self.line.close()
            return
        self.line.write(b"250 taken\r\n")


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(len(taken), len(set(taken)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
