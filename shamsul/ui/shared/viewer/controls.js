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

/** Buttons of which one is pressed. */
function choice(name, options, onpick) {
  const buttons = Object.entries(options).map(([value, [text, hint]]) => {
    const one = button(text, hint, () => onpick(value));
    one.dataset.value = value;
    return one;
  });
  const node = el("div", { class: "choice", role: "group", "aria-label": name }, ...buttons);
  node.show = (value) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.value === value));
  };
  return node;
}

function picker(name, onpick) {
  const select = el("select", { "aria-label": name, onchange: () => onpick(select.value) });
  const node = el("label", { class: "field" }, el("span", { "aria-hidden": "true" }, name), select);
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
