"""Ports of the loopback interface, and who takes what is sent to one."""
import socket
import threading


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver(threading.Thread):
    """Keeps every datagram."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.datagrams = []
        self.start()

    def run(self):
        while True:
            self.datagrams.append(self.socket.recv(65536).decode())

    def lines(self):
        return [line for datagram in list(self.datagrams) for line in datagram.splitlines()]
