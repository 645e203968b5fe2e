// What one component leaves in the page for another: parcels and progress texts by id. The two
// components are separate modules, hence the global.
function hub() {
  return (globalThis.shamsulHub ??= Object.assign(new EventTarget(), { items: new Map() }));
}

/** Leave something that is there from now on, or no more, and say so if it has changed. */
function tell(name, item) {
  const { items } = hub();
  const text = JSON.stringify(item);
  if ((items.get(name)?.text ?? "null") === text) return;
  if (item) items.set(name, { ...item, text });
  else items.delete(name);
  hub().dispatchEvent(new CustomEvent(name));
}
