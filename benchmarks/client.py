"""A browser's part of Streamlit's protocol, without a browser: one session of one reader."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

#: Larger messages are radiographs and maps.
_LARGEST = 64 * 2**20


class Session:
    """A connected page of the app.

    Parameters
    ----------
    address : str
        Of the app, ``host:port``.
    page : str
        Name of a page, as in its address.
    query : str
        What comes after the question mark.
    """

    def __init__(self, address: str, page: str, query: str) -> None:
        self._address, self._page, self._query = address, page, query
        self._messages: dict[str, ForwardMsg] = {}
        self._states: dict[str, str] = {}
        self._page_hash = ""
        self._changed = asyncio.Condition()
        #: By component's name: what it was last told, its widget and its fragment.
        self.components: dict[str, tuple[dict[str, Any], str, str]] = {}
        self.bytes_received = 0

    async def __aenter__(self) -> "Session":
        self._socket: ClientConnection = await connect(
            f"ws://{self._address}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://{self._address}",  # type: ignore[arg-type]
            max_size=_LARGEST,
        )
        self._listening = asyncio.create_task(self._listen())
        await self.rerun()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await self._socket.close()

    async def rerun(self, fragment: str = "") -> None:
        """Ask for a run of the page, or of one of its fragments."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.fragment_id = fragment
        if self._page_hash:
            state.page_script_hash = self._page_hash
        else:
            state.page_name = self._page
        state.cached_message_hashes.extend(self._messages)
        for widget, value in self._states.items():
            state.widget_states.widgets.add(id=widget, json_value=value)
        await self._socket.send(message.SerializeToString())

    async def set_state(self, component: str, name: str, value: object) -> None:
        """What a component's JavaScript does with ``setStateValue``."""
        _, widget, fragment = self.components[component]
        self._states[widget] = json.dumps({name: value})
        await self.rerun(fragment)

    async def until(
        self, component: str, holds: Callable[[dict[str, Any]], bool], seconds: float = 60.0
    ) -> dict[str, Any]:
        """What a component is told, as soon as a condition holds for it.

        Raises
        ------
        TimeoutError
            If it does not.
        """

        def there() -> bool:
            return component in self.components and holds(self.components[component][0])

        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(there)
        return self.components[component][0]

    async def _listen(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            self.bytes_received += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                metadata = message.metadata
                message = self._messages[message.ref_hash]
                message.metadata.CopyFrom(metadata)
                kind = message.WhichOneof("type")
            elif message.hash and message.metadata.cacheable:
                self._messages[message.hash] = message
            if kind == "navigation":
                self._page_hash = message.navigation.page_script_hash
            elif kind == "delta":
                await self._take(message)

    async def _take(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if element.WhichOneof("type") != "bidi_component":
            return
        component = element.bidi_component
        text = component.json or component.mixed.json
        if not text:
            return
        async with self._changed:
            name = component.component_name.rpartition(".")[2]
            self.components[name] = (
                json.loads(text),
                component.id,
                message.delta.fragment_id,
            )
            self._changed.notify_all()
