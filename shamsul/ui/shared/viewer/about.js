// What a panel tells about its map when asked: a button, and what it opens over the picture.

class About {
  /** `panel` is the panel's node: Escape closes from anywhere in it. */
  constructor(title, panel) {
    const name = `About the ${title} map`;
    const glyph = el("span", { "aria-hidden": "true" }, "i");
    this.button = button(glyph, name, () => this.show(this.node.hidden));
    this.button.classList.add("asks");
    this.button.setAttribute("aria-label", name);
    this.node = el("div", {
      class: "about", role: "dialog", "aria-label": name, tabindex: -1, hidden: true,
    });
    this.show(false);
    const close = (event) => {
      if (event.key !== "Escape" || this.node.hidden) return;
      this.show(false);
      this.button.focus();
      event.preventDefault();
      event.stopPropagation();
    };
    // Before the picture, to which Escape means something else.
    panel.addEventListener("keydown", close, { capture: true });
  }

  show(open) {
    this.node.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    // So that it is read out, and the arrows scroll it.
    if (open) this.node.focus({ preventScroll: true });
  }

  /** Null: there is nothing to tell. `scaled` says how the map's colours are scaled, if it is there. */
  update(about, scaled) {
    this.button.hidden = !about;
    const text = JSON.stringify([about, scaled]);
    if (text === this.text) return;
    this.text = text;
    if (!about) return this.show(false);
    this.node.replaceChildren(
      el("p", {}, about.reading),
      listed([...(scaled ? [["Colour scale", scaled]] : []), ...about.facts]),
      listed(about.parameters),
      el("p", {}, about.link ? reference(about.citation, about.link) : about.citation),
    );
  }
}

function listed(pairs) {
  const lines = pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return el("dl", { hidden: !lines.length }, ...lines);
}

function reference(citation, address) {
  const title = "Opens in a new tab";
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", title }, citation);
}
