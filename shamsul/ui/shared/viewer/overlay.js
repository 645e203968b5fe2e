// What lies over a picture without being painted on it: measurements with their handles, the scale bar,
// letters at the sides, and how the film is turned.

const ROUND = [1, 2, 5]; // lengths of scale bars, times a power of ten
const BAR = 90; // CSS pixels that a scale bar has at most
const ROOMY = 320; // CSS pixels from which on a map has room for numbers
const LENGTH = { colour: "#ffe27a" };

class Overlay {
  constructor(view, panel) {
    Object.assign(this, { view, panel, shown: new Map() });
    this.lines = svg("svg", { class: "measures", role: "group", "aria-label": "Measurements" });
    this.sketch = new Measure(this, null);
    this.lines.append(this.sketch.node);
    this.sides = Object.fromEntries(
      ["left", "right", "top", "bottom"].map((side) => [side, el("b", { class: `side ${side}` })]),
    );
    this.lie = el("span", { class: "lie" });
    this.how = el("span", { class: "how-to" });
    this.bar = el("span", { class: "bar", hidden: Boolean(panel.spec) });
    this.lens = new Lens(view, panel);
    this.gaze = el("canvas", { class: "gaze", hidden: true, "aria-hidden": "true" });
    this.node = el(
      // On a map all of it is that of the radiograph again.
      "div", { class: "overlay", "aria-hidden": panel.spec ? "true" : null },
      this.gaze, ...Object.values(this.sides), el("div", { class: "told" }, this.lie, this.how), this.bar,
      this.lens.node, this.lines,
    );
  }

  /** Texts; lines and letters follow in `trace`. */
  refresh() {
    const { measurer, state } = this.view;
    this.lie.textContent = lieInWords(state);
    const how = MEASURES[measurer.kind]?.how;
    this.how.textContent = how && !this.panel.spec ? how + (measurer.kept ? "" : ". Not kept here") : "";
    const letters = sideLetters(state, this.view.data.image.sides);
    for (const [side, node] of Object.entries(this.sides)) node.textContent = letters[side];
  }

  /** Follow zoom, pan and whatever is being measured. */
  trace() {
    const { measurer } = this.view;
    const { width } = this.panel;
    if (!width) return;
    this.view.gaze.draw(this.panel, this.gaze);
    // On small maps lines show where it was measured; more would cover the map.
    this.node.classList.toggle("bare", Boolean(this.panel.spec) && width < ROOMY);
    const all = measurer.all;
    const ids = new Set(all.map(({ id }) => id));
    for (const [id, measure] of this.shown) {
      if (ids.has(id)) continue;
      measure.node.remove();
      this.shown.delete(id);
    }
    for (const one of all) {
      if (!this.shown.has(one.id)) {
        this.shown.set(one.id, new Measure(this, one));
        this.lines.append(this.shown.get(one.id).node);
      }
      this.shown.get(one.id).trace(one.kind, asPlaces(one.places), one);
    }
    const { sketch } = measurer;
    const mine = sketch?.panel.row === this.panel.row ? sketch : null;
    const places = mine ? [...mine.places, ...(mine.at ? [mine.at] : [])] : [];
    this.sketch.trace(mine?.kind, places);
    if (!this.panel.spec) this.scale();
  }

  /** A bar of a round length. */
  scale() {
    const { image } = this.view.data;
    const { length, unit, pixels } = scaleBar(image, this.panel.zoomed);
    this.bar.style.setProperty("--length", `${pixels}px`);
    const words = [`${length} ${unit}`, image.spacing_words].filter(Boolean).join(", ");
    if (this.bar.textContent !== words) this.bar.textContent = words;
  }
}

/** The longest round length that fits: as many of a unit, and in CSS pixels. */
function scaleBar({ spacing }, zoomed) {
  const each = spacing ? zoomed / spacing[1] : zoomed; // CSS pixels of a millimetre or a column
  const power = 10 ** Math.floor(Math.log10(BAR / each));
  const length = ROUND.map((x) => x * power).findLast((x) => x * each <= 1.001 * BAR);
  const figure = Number(length.toPrecision(1));
  return { length: figure, unit: spacing ? "mm" : "px", pixels: length * each };
}

/** One measurement on one picture: its lines, its number, and a handle at each end. */
class Measure {
  /** `one` is null for what is being measured, whose ends cannot be moved yet. */
  constructor(overlay, one) {
    Object.assign(this, { overlay, one });
    this.rim = svg("path", { class: "rim" });
    this.line = svg("path", { stroke: LENGTH.colour });
    this.text = svg("text", { "aria-hidden": true });
    this.node = svg("g", { class: "measure" }, this.rim, this.line, this.text);
    this.ends = Array.from({ length: 4 }, (_, end) => this.handle(end));
    this.node.append(...this.ends);
  }

  handle(end) {
    const { view, panel } = this.overlay;
    const { measurer } = view;
    const node = svg("circle", { class: "end", r: 5 });
    if (!this.one?.own) return node;
    node.classList.add("grip");
    // By keyboard on the radiograph only: on each map again would be much to pass.
    if (!panel.spec) {
      node.setAttribute("role", "button");
      node.setAttribute("tabindex", 0);
    }
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      node.setPointerCapture(event.pointerId);
      node.focus({ preventScroll: true });
    });
    node.addEventListener("pointermove", (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      measurer.moveEnd(this.one, end, panel.imageAt(event));
    });
    for (const name of ["pointerup", "pointercancel", "blur"]) {
      node.addEventListener(name, () => measurer.settle());
    }
    node.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event.key);
      const step = event.shiftKey ? 1 : STEP;
      const place = asPlaces(this.one.places)[end];
      if (arrow) measurer.moveEnd(this.one, end, panel.stepped(place, arrow, step));
      else if (event.key === "Enter") measurer.settle();
      else if (event.key === "Escape") measurer.drop();
      else if (["Delete", "Backspace"].includes(event.key)) {
        panel.picture.focus({ preventScroll: true });
        measurer.remove(this.one);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return node;
  }

  trace(kind, places, one) {
    if (one) this.one = one;
    const { panel, view } = this.overlay;
    const at = places.map((place) => panel.placeOf(place));
    const path = pairs(kind, at).map(([from, to]) => `M${from.x} ${from.y}L${to.x} ${to.y}`).join("");
    for (const line of [this.rim, this.line]) line.setAttribute("d", path);
    const words = view.measurer.words(kind, places);
    this.text.textContent = words;
    const last = at[kind === "angle" ? 1 : 0];
    this.place(last, words);
    this.ends.forEach((node, i) => {
      node.style.display = at[i] ? "" : "none";
      if (!at[i]) return;
      node.setAttribute("cx", at[i].x);
      node.setAttribute("cy", at[i].y);
      if (!one || panel.spec) return;
      const how = "Arrows move it, Enter keeps it, Delete removes the measurement";
      const name = `End ${i + 1} of ${at.length} of ${view.measurer.sentence(one)}. ${how}`;
      node.setAttribute("aria-label", name);
    });
  }

  /** The number stands beside the first end, within the picture. */
  place(at, words) {
    if (!at || !words) return;
    const { width } = this.overlay.panel;
    const room = 6.6 * words.length;
    const x = Math.max(4, Math.min(at.x, width - room));
    this.text.setAttribute("x", x);
    this.text.setAttribute("y", Math.max(14, at.y - 9));
  }
}
