// The keys of a page: a dialog that tells them, and those that press the bar's buttons.

/** Buttons of the page, outside of components, by what Streamlit makes of their keys. */
const PRESSED_BY = {
  "[": ".st-key-case-before button",
  PageUp: ".st-key-case-before button",
  "]": ".st-key-case-after button",
  PageDown: ".st-key-case-after button",
  u: ".st-key-dock [role=radio][aria-checked=false]:first-child",
};

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function within(root) {
  const found = root.activeElement;
  return found?.shadowRoot ? within(found.shadowRoot) : found;
}

/** Whether what has the focus takes the key for itself. */
function writing() {
  const at = within(document);
  return Boolean(at?.matches?.("input, textarea, select, [contenteditable]"));
}

class Keys {
  constructor(parent) {
    this.button = el("button", { class: "ask", type: "button", title: "Keys (?)", "aria-label": "Keys" }, "?");
    this.dialog = el("dialog", { "aria-label": "Keys" });
    this.button.onclick = () => this.open();
    parent.append(this.button, this.dialog);
    this.leaving = new AbortController();
    addEventListener("keydown", (event) => this.press(event), { signal: this.leaving.signal });
  }

  destroy() {
    this.leaving.abort();
    this.button.remove();
    this.dialog.remove();
  }

  update({ groups }) {
    const shut = el("button", { type: "button" }, "Close");
    shut.onclick = () => this.dialog.close();
    const line = ([keys, does]) =>
      el("tr", {}, el("td", {}, ...keys.map((key) => el("kbd", {}, key))), el("td", {}, does));
    const group = ({ title, keys }) =>
      el("section", {}, el("h3", {}, title), el("table", {}, ...keys.map(line)));
    this.dialog.replaceChildren(el("div", { class: "groups" }, ...groups.map(group)), shut);
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing()) return;
    if (event.key === "?") this.open();
    else {
      const button = document.querySelector(PRESSED_BY[event.key] ?? ":not(*)");
      if (!button || button.disabled || event.repeat || this.dialog.open) return;
      button.click();
    }
    event.preventDefault();
  }
}

const mounted = new WeakMap();

export default function ({ data, parentElement }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new Keys(parentElement));
  mounted.get(parentElement).update(data);
  return () => {
    mounted.get(parentElement)?.destroy();
    mounted.delete(parentElement);
  };
}
