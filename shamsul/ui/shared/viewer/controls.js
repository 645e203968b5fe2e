// Small helpers for the page. Data only ever becomes text or attributes, never HTML.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function button(name, hint, onclick) {
  return el("button", { type: "button", title: hint, onclick }, name);
}

// Drawn in a square of 16 pixels, with lines.
const ICONS = {
  play: "M4.5 2.5v11l8.5-5.5z",
  pause: "M5 3v10M11 3v10",
  pan: "M8 1.5v13M1.5 8h13M8 1.5L6 3.5M8 1.5l2 2M8 14.5l-2-2M8 14.5l2-2M1.5 8l2-2M1.5 8l2 2M14.5 8l-2-2M14.5 8l-2 2",
  window: "M8 2a6 6 0 1 0 .01 0M8 2v12M8 4.5h3.5M8 7h5M8 9.5h5M8 12h3.5",
  invert: "M2 2h12v12h-12zM2 14L14 2M5 14l9-9M9 14l5-5M12 14l2-2",
  polygon: "M3 12.5L4.5 4l6.5-2 2.5 6.5-5 5z",
  box: "M2.5 4h11v8h-11z",
  point: "M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4",
  mine: "M1.5 8c3-5.5 10-5.5 13 0c-3 5.5-10 5.5-13 0M8 6a2 2 0 1 0 .01 0",
  reset: "M3 3v4h4M3.3 7a5.2 5.2 0 1 1 .3 3.5",
  screen: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  wipe: "M2 3h12v10h-12zM8 1v14",
  ruler: "M1 11 11 1l4 4L5 15zM4 8l2 2M6.5 5.5l1.5 1.5M9 3l2 2",
  angle: "M14 13H2L11 3M6.5 13a6 6 0 0 0-1.6-3.5",
  cardiothoracic_ratio: "M1 4h14M1 2v4M15 2v4M4 11h7M4 9v4M11 9v4",
  magnify: "M10.5 10.5 15 15M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0zM5 7h4M7 5v4",
  actual: "M3 5l2-2v10M8 6v.5M8 10v.5M11 5l2-2v10",
  turn: "M13 8a5 5 0 1 1-2-4M11 1v3H8",
  mirror: "M8 1v14M6 4 1 12h5zM10 4l5 8h-5z",
  snapshot: "M1 5h3l1.5-2h5L12 5h3v8H1zM10.5 9a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
};

function icon(name) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ class: "icon", viewBox: "0 0 16 16", "aria-hidden": true })) {
    node.setAttribute(key, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  node.append(path);
  return node;
}

function iconButton(name, label, hint, onclick) {
  const node = button(icon(name), hint, onclick);
  node.setAttribute("aria-label", label);
  node.classList.add("iconic");
  return node;
}

/** Buttons of which one is pressed; those that have an icon show it instead of their name. */
function choice(name, options, onpick) {
  const buttons = Object.entries(options).map(([value, [text, hint]]) => {
    const act = () => onpick(value);
    const one = value in ICONS ? iconButton(value, text, `${text}. ${hint}`, act) : button(text, hint, act);
    one.dataset.value = value;
    return one;
  });
  const node = el("div", { class: "choice", role: "group", "aria-label": name }, ...buttons);
  node.show = (value) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.value === value));
  };
  return node;
}

function picker(name, onpick, visible = name) {
  const select = el("select", { "aria-label": name, title: name, onchange: () => onpick(select.value) });
  const node = el("label", { class: "field" }, el("span", { "aria-hidden": "true" }, visible), select);
  node.offer = (options, value) => {
    const offered = JSON.stringify(options);
    if (select.dataset.offered !== offered) {
      select.dataset.offered = offered;
      select.replaceChildren(
        ...Object.entries(options).map(([key, text]) => el("option", { value: key }, text)),
      );
    }
    select.value = value;
  };
  node.select = select;
  return node;
}

/** Percentage slider: `onmove` at every step of the thumb, `onset` when it is let go. */
function slider(name, { visible = name, title, onmove, onset }) {
  const shown = el("output", { "aria-hidden": "true" });
  const input = el("input", {
    type: "range", min: 0, max: 100, step: 1, "aria-label": name, title,
    oninput: () => {
      node.show(input.value / 100);
      onmove(input.value / 100);
    },
    onchange: onset,
  });
  const node = el(
    "label", { class: "field slider" }, el("span", { "aria-hidden": "true" }, visible), input, shown,
  );
  node.show = (fraction) => {
    const percent = Math.round(fraction * 100);
    input.value = percent;
    input.setAttribute("aria-valuetext", `${percent} %`);
    shown.textContent = `${percent} %`;
  };
  return node;
}

/** Three significant digits, without exponents where a person would not use them. */
function figures(x) {
  const size = Math.abs(x);
  if (size >= 1000) return size < 1e6 ? String(Math.round(x)) : x.toExponential(2);
  if (size && size < 0.001) return x.toExponential(1);
  return String(Number(x.toPrecision(3)));
}

/** What outlives a page switch and a reload, as far as the browser lets us. */
const memory = new Map();

function remember(name, value) {
  memory.set(name, value);
  try {
    sessionStorage.setItem(`shamsul/${name}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the map serves until the page is left.
  }
}

function recall(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return JSON.parse(sessionStorage.getItem(`shamsul/${name}`)) ?? {};
  } catch {
    return {};
  }
}
