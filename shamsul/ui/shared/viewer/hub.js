// What one component leaves in the page for another: parcels and progress texts by id. The two
// components are separate modules, hence the global.
function hub() {
  return (globalThis.shamsulHub ??= Object.assign(new EventTarget(), { items: new Map() }));
}
