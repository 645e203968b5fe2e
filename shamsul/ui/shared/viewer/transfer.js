// Invisible component that leaves what it carries for the viewer: bytes (see packing.py) or JSON.

const CAPACITY = 32e6; // bytes kept for viewers that come back, oldest dropped first

/** Parcels are named by their content: one that is there already may be in use, decoded. */
function unwrap(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return hub().items.get(header.id) ?? { ...header, payload: bytes.slice(4 + length) };
}

function keep(item) {
  const { items } = hub();
  items.delete(item.id);
  items.set(item.id, item);
  let total = 0;
  for (const [id, { payload }] of [...items].reverse()) {
    total += payload?.length ?? 0;
    if (payload && total > CAPACITY) items.delete(id);
  }
}

export default function transfer({ data, parentElement }) {
  const place = parentElement.closest('[data-testid="stElementContainer"]');
  if (place) place.style.display = "none";
  const item = data instanceof Uint8Array ? unwrap(data) : data;
  const announce = () => hub().dispatchEvent(new CustomEvent("arrival", { detail: item.id }));
  keep(item);
  announce();
  return () => {
    // Progress ends with the work; parcels stay for the reader who comes back.
    if (item.payload) return;
    hub().items.delete(item.id);
    announce();
  };
}
