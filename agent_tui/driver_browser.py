"""Textual's driver behind ``agent-tui serve``, which asks the terminal in the browser as that of a real one is asked."""

from __future__ import annotations

from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver, _ExitInput

from agent_tui.driver import Asking
from agent_tui.widgets.answers import Answers


class BrowserDriver(Asking, WebDriver):
    """The driver."""

    @property
    def may_ask(self) -> bool:
        """Always: ``TERM`` is of where the server was started."""
        return True

    def start_application_mode(self) -> None:
        """As ever, and ask."""
        super().start_application_mode()
        self.ask()

    def run_input_thread(self) -> None:
        """Read packets and pass on their keys, until it is told to end."""
        parser = XTermParser(debug=self._debug)
        answered = Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        packets = ByteStream()
        try:
            for data in self._input_reader:
                keys = ""
                for kind, payload in packets.feed(data) if data else ():
                    if kind == "D":
                        more, told = answered.feed(decode(payload))
                        keys += more
                        self.hear(told)
                    else:
                        self._on_meta(kind, payload)
                if not data and not answered.surely:
                    keys = answered.flush()
                for event in (*(parser.feed(keys) if keys else ()), *parser.tick()):
                    self.process_message(event)
        except _ExitInput:
            pass
        finally:
            self._input_reader.close()
