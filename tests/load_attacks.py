#!/usr/bin/env python3
"""The attacks of `load.py`, and its healthy client. Each runs in a process of its own.

usage: tests/load_attacks.py healthy|ATTACK PORT SECONDS

The healthy client prints its times as JSON. An attack prints a line when its time is over, and keeps its connections until its standard
input ends.
"""
import http.client
import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

GET = b"GET %s HTTP/1.1\r\nhost: h\r\n\r\n"


def connect(port, data=b"", receive_buffer=None):
    """Opens a connection and sends the first bytes."""
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", port))
    client.sendall(data)
    client.setblocking(False)
    return client


def is_open(client):
    """Whether the server has not closed a connection. Discards the bytes that it has sent."""
    try:
        while data := client.recv(1 << 16):
            pass
        return bool(data)
    except BlockingIOError:
        return True
    except OSError:
        return False


def hold(count, data, then=None, reads=True, receive_buffer=None):
    """Opens connections, and holds them to the end. `then` makes the bytes that each client sends later, once a second."""

    def attack(port, seconds):
        end, clients = time.monotonic() + seconds, []
        for _ in range(count):
            try:
                clients.append(connect(port, data, receive_buffer))
            except OSError:
                break
        live, turn = clients, 0
        while time.monotonic() < end:
            time.sleep(min(1, max(0, end - time.monotonic())))
            live = [client for client in live if not reads or is_open(client)]
            for client in live if then else []:
                try:
                    client.send(then(turn))
                except OSError:
                    pass
            turn += 1
        return clients

    return attack


def second_head(turn):
    return b"GET /hello HTTP/1.1\r\nhost: h\r\nx-a: " if turn == 0 else b"x"


def flood(count, first, more, limit=None):
    """Sends `more` again and again on each connection, as fast as the server reads. Never reads, beyond a small buffer."""

    def attack(port, seconds):
        end, clients = time.monotonic() + seconds, {}
        poll = select.poll()
        for number in range(count):
            client = connect(port, first, 4096)
            clients[client.fileno()] = [client, more(number), 0, b""]
            poll.register(client, select.POLLOUT)
        open_count = count
        while open_count and time.monotonic() < end:
            for fd, event in poll.poll(100):
                state = clients[fd]
                client, chunks, sent, rest = state
                try:
                    if event & (select.POLLHUP | select.POLLERR):
                        raise ConnectionResetError
                    if not rest:
                        rest = next(chunks, b"")
                    if not rest or (limit and sent > limit):
                        poll.unregister(client)
                        continue
                    done = client.send(rest)
                    state[2:] = sent + done, rest[done:]
                except BlockingIOError:
                    pass
                except OSError:
                    poll.unregister(client)
                    open_count -= 1
        return [state[0] for state in clients.values()]

    return attack


def repeat(data):
    def chunks(_number):
        while True:
            yield data

    return chunks


# HTTP/2 (RFC 9113).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
SETTINGS_EMPTY = frame(SETTINGS, 0, 0)
NO_WINDOW = frame(SETTINGS, 0, 0, (4).to_bytes(2) + (0).to_bytes(4))
ACK = frame(SETTINGS, 1, 0)


def literal(name, value):
    """A header without compression."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def head(path=b"/hello", method=0x82):
    """The headers of a request: the method (0x82 is GET, 0x83 is POST), the scheme, the path and the host."""
    return bytes([method, 0x86]) + literal(b":path", path) + literal(b":authority", b"h")


def rapid_reset(_number):
    stream = 1
    while stream < 1 << 30:
        frames = b""
        for _ in range(100):
            frames += frame(HEADERS, 5, stream, head()) + frame(RST_STREAM, 0, stream, (8).to_bytes(4))
            stream += 2
        yield frames


def continuation(_number):
    yield frame(HEADERS, 1, 1, head())
    while True:
        yield frame(CONTINUATION, 0, 1, literal(b"x-a", b"x" * 100) * 100)


def header_bomb(_number):
    # A header of 4,000 bytes in the table of HPACK, and many references to it.
    value = b"x" * 4000
    entry = bytes([0x40, 1]) + b"x" + bytes([0x7F]) + varint(len(value) - 127) + value
    stream = 1
    while stream < 1 << 30:
        yield frame(HEADERS, 5, stream, head() + entry + bytes([0xBE]) * 12_000)
        stream += 2


def varint(number):
    encoded = b""
    while number >= 128:
        encoded += bytes([number % 128 + 128])
        number //= 128
    return encoded + bytes([number])


def streams(path, count):
    return b"".join(frame(HEADERS, 5, 2 * number + 1, head(path)) for number in range(count))


def empty_data(_number):
    yield frame(HEADERS, 4, 1, head(b"/upload", 0x83))
    while True:
        yield frame(DATA, 0, 1) * 1000


def leave(port, seconds):
    """Clients that send a request and close the connection, with and without a reset.

    They come at a fixed rate, because Lodger accepts them faster: without a rate it had 23,000 a second, and `axum::serve` 350.
    """
    begun_at, begun = time.monotonic(), 0
    while (late := time.monotonic() - begun_at) < seconds:
        time.sleep(max(0, begun / LEAVING_PER_SECOND - late))
        client = connect(port, GET % b"/large")
        if begun % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        begun += 1
    return []


def half_close(port, seconds):
    """Clients that close their half after the request. hyper treats that as leaving, under both servers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(10)
            client.sendall(GET % b"/hello")
            client.shutdown(socket.SHUT_WR)
            client.recv(1 << 16)
    return []


def tool(*command):
    """A program of others, which runs for the time of the attack."""

    def attack(port, seconds):
        arguments = [part.format(url=f"http://127.0.0.1:{port}", seconds=int(seconds)) for part in command]
        subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds + 60)
        return []

    return attack


LEAVING_PER_SECOND = 2000
SLOW = ("slowhttptest", "-c", "1000", "-r", "500", "-i", "1", "-l", "{seconds}", "-p", "3")
POST = b"POST /upload HTTP/1.1\r\nhost: h\r\ncontent-length: 100000000\r\n\r\n"
MB = 1
DEFAULT_BOUND = 300 * MB


@dataclass
class Attack:
    name: str
    title: str
    run: Callable
    # Whether the server has to close the connections.
    closes: bool = True
    max_memory: int = DEFAULT_BOUND


ATTACKS = [
    Attack("silent", "10,000 silent connections", hold(10_000, b"")),
    Attack("idle", "10,000 idle connections after a response", hold(10_000, GET % b"/hello"), closes=False),
    Attack("slow-heads", "slowhttptest: 1,000 slow heads", tool(*SLOW, "-H", "-u", "{url}/hello"), closes=False),
    Attack("second-heads", "500 slow second heads", hold(500, GET % b"/hello", second_head)),
    Attack("slow-bodies", "slowhttptest: 1,000 slow bodies", tool(*SLOW, "-B", "-s", "8192", "-u", "{url}/upload"), closes=False),
    Attack("stalled-bodies", "1,000 bodies that stop", hold(1000, POST + b"x" * 1000)),
    Attack("slow-reads", "slowhttptest: 1,000 slow readers", tool(*SLOW, "-X", "-w", "8", "-y", "16", "-n", "5", "-z", "8", "-u", "{url}/large"), closes=False, max_memory=1600),
    # The kernel takes the whole response, so that the connections look idle to the server.
    Attack("no-window", "2,000 readers of 1 MB with no window", hold(2000, GET % b"/large", reads=False, receive_buffer=4096), closes=False, max_memory=2300),
    Attack("endless", "500 readers of an endless body with no window", hold(500, GET % b"/endless", reads=False, receive_buffer=4096)),
    Attack("pipeline", "20 clients pipeline 100,000 requests, read nothing", flood(20, b"", repeat((GET % b"/hello") * 100), 100_000 * len(GET % b"/hello"))),
    Attack("headers", "500 endless heads", flood(500, b"GET / HTTP/1.1\r\n", repeat(b"x-a: " + b"x" * 1000 + b"\r\n"))),
    Attack("rapid-reset", "HTTP/2: rapid reset", flood(20, PREFACE + SETTINGS_EMPTY, rapid_reset)),
    Attack("continuation", "HTTP/2: endless CONTINUATION", flood(20, PREFACE + SETTINGS_EMPTY, continuation)),
    Attack("settings", "HTTP/2: SETTINGS flood", flood(20, PREFACE, repeat(SETTINGS_EMPTY * 1000))),
    Attack("ping", "HTTP/2: PING flood", flood(20, PREFACE + SETTINGS_EMPTY, repeat(frame(PING, 0, 0, b"x" * 8) * 1000))),
    Attack("empty-data", "HTTP/2: empty DATA frames", flood(20, PREFACE + SETTINGS_EMPTY, empty_data), closes=False),
    Attack("header-bomb", "HTTP/2: header list bombs", flood(20, PREFACE + SETTINGS_EMPTY, header_bomb)),
    Attack("h2-no-window", "HTTP/2: 5 clients with 200 streams of 1 MB, no window", hold(5, PREFACE + NO_WINDOW + ACK + streams(b"/large", 200)), closes=False, max_memory=1300),
    Attack("h2-no-read", "HTTP/2: 20 clients with 200 endless streams, read nothing", hold(20, PREFACE + frame(SETTINGS, 0, 0, (4).to_bytes(2) + (0x7FFFFFFF).to_bytes(4)) + frame(WINDOW_UPDATE, 0, 0, (0x7FFF0000).to_bytes(4)) + streams(b"/endless", 200), reads=False, receive_buffer=4096), max_memory=600),
    Attack("leave", "clients that leave in the middle", leave, closes=False),
    Attack("half-close", "clients that close their half", half_close, closes=False),
    Attack("wrk", "wrk: 256 connections", tool("wrk", "-t1", "-c256", "-d{seconds}s", "{url}/hello"), closes=False),
    Attack("h2load", "h2load: 50 connections, 100 streams", tool("h2load", "-t1", "-c50", "-m100", "-D{seconds}", "{url}/hello"), closes=False),
]  # fmt: skip


def healthy(port, seconds):
    """Sends a request every 5 milliseconds, on a new connection after 20. Returns the times in milliseconds."""
    times, failed, end = [], 0, time.monotonic() + seconds
    client = None
    while time.monotonic() < end:
        begun = time.perf_counter()
        try:
            if client is None or len(times) % 20 == 0:
                client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            client.request("GET", "/hello")
            assert client.getresponse().read() == b"hello"
        except (OSError, http.client.HTTPException):
            failed, client = failed + 1, None
            continue
        times.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.005)
    times.sort()
    at = lambda share: times[int(len(times) * share)] if times else float("inf")
    return {"p50": at(0.5), "p99": at(0.99), "failed": failed, "count": len(times)}


def main():
    name, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if name == "healthy":
        print(json.dumps(healthy(port, seconds)))
        return
    attack = next(attack for attack in ATTACKS if attack.name == name)
    clients = attack.run(port, seconds)
    print("done", flush=True)
    sys.stdin.read()
    del clients


if __name__ == "__main__":
    main()
