// Where a page stands when one comes to it: a list where one left it, anything else at its top.

const KEPT = "shamsul-places";

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

// What is drawn bit by bit is not high enough at once, nor for good: until the reader moves.
function goTo(main, top) {
  globalThis.shamsulScrolling.end?.abort();
  const end = (globalThis.shamsulScrolling.end = new AbortController());
  let put;
  const move = () => {
    main.scrollTop = top;
    put = main.scrollTop;
  };
  // As a search in the page or a screen reader does; a page that grows less high moves by itself.
  const moved = () => {
    const least = Math.min(put, main.scrollHeight - main.clientHeight);
    if (main.scrollTop < least - 2 || main.scrollTop > put + 2) end.abort();
  };
  main.addEventListener("scroll", moved, { signal: end.signal });
  const growing = new ResizeObserver(move);
  for (const child of main.children) growing.observe(child);
  end.signal.addEventListener("abort", () => growing.disconnect());
  for (const kind of ["wheel", "pointerdown", "keydown", "touchstart"]) {
    document.addEventListener(kind, () => end.abort(), { capture: true, signal: end.signal });
  }
  move();
}

export default function ({ data }) {
  const main = document.querySelector('[data-testid="stMain"]');
  if (!main) return;
  const hub = (globalThis.shamsulScrolling ??= { place: "" });
  if (hub.place !== data.place) {
    hub.place = data.place;
    goTo(main, data.list ? (kept()[data.place] ?? 0) : 0);
  }
  // Before what was clicked takes the list away.
  const leave = () => {
    if (!data.list || hub.place !== data.place) return;
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept(), [data.place]: main.scrollTop }));
  };
  document.addEventListener("click", leave, true);
  return () => {
    document.removeEventListener("click", leave, true);
    if (hub.place === data.place) hub.place = "";
  };
}
