// What one does with a film besides moving it: measure, magnify, turn, choose a window, keep a picture.

class Tools {
  constructor(view) {
    this.view = view;
    view.measurer = new Measurer(view);
    const keys = { ruler: "L", angle: "G", [RATIO]: "T" };
    const offered = Object.entries(MEASURES).map(([kind, { name, how }]) => [kind, [name, `${how} (${keys[kind]})`]]);
    this.kinds = choice("Measure", Object.fromEntries(offered), (kind) => this.take(kind));
    this.list = new MeasurementList(view);
    this.magnifier = iconButton("magnify", "Magnifier", "Lens under the pointer (M)", () => this.magnify());
    // In the bar; the rest is in its menu.
    this.measures = el("div", { class: "measuring" }, this.kinds, this.list.node, this.magnifier);
    this.actual = iconButton(
      "actual", "One to one", "One pixel of the film as one of the screen (N)", () => this.oneToOne(),
    );
    this.turn = iconButton("turn", "Rotate", "Rotate by 90° (Q)", () => this.lie(turnQuarter(view.state)));
    this.mirror = iconButton("mirror", "Mirror", "Left becomes right (H)", () => this.lie(mirror(view.state)));
    this.snapshot = iconButton("snapshot", "Snapshot", "", () => saveSnapshot(view, view.panels));
    this.windows = picker("Window preset", (index) => this.pickWindow(view.data.image.windows[index]), "Window");
    this.windows.select.title = "The file's windows, and those that suit its values (V: the next one)";
    this.node = el(
      "div", { class: "tools", role: "group", "aria-label": "Tools" },
      this.windows, this.actual, this.turn, this.mirror, this.snapshot,
    );
  }

  show() {
    const { view } = this;
    const { image } = view.data;
    this.kinds.show(view.tool);
    this.magnifier.setAttribute("aria-pressed", String(Boolean(view.magnifying)));
    this.mirror.setAttribute("aria-pressed", String(view.state.mirrored));
    this.showWindow();
    this.snapshot.disabled = image.burned_in;
    this.snapshot.title = image.burned_in
      ? "Not for this film: its file says that text in the picture may identify the patient"
      : "Save a PNG of all panels; S on a picture saves that one";
    this.list.show();
    for (const panel of view.panels) panel.overlay.refresh();
  }

  /** Which preset the window is; called while it is dragged. */
  showWindow() {
    const { windows } = this.view.data.image;
    const now = windows.findIndex((one) => this.isShown(one));
    const names = Object.fromEntries(windows.map(({ name }, i) => [i, name]));
    this.windows.offer(now < 0 ? { ...names, own: "Own" } : names, now < 0 ? "own" : String(now));
  }

  trace() {
    for (const panel of this.view.panels) if (panel.seen) panel.overlay.trace();
  }

  /** A tool in hand, or put back. */
  take(kind) {
    this.view.measurer.drop();
    this.view.pick(this.view.tool === kind ? "pan" : kind);
  }

  magnify() {
    this.view.magnifying = !this.view.magnifying;
    for (const panel of this.view.panels) panel.overlay.lens.draw();
    this.show();
  }

  oneToOne(panel = this.view.panels.reduce((a, b) => (b.width > a.width ? b : a))) {
    const { view } = this;
    const fitted = panel.zoomed / view.state.zoom;
    view.state.zoom = Math.min(MOST_ZOOM, 1 / (fitted * devicePixelRatio));
    view.moveTo(view.centre.row, view.centre.column);
    view.report();
  }

  lie(lie) {
    this.view.measurer.drop();
    Object.assign(this.view.state, lie);
    this.view.arrange();
    this.view.changed();
  }

  isShown({ black, white }) {
    const [low, high] = this.view.window;
    const near = 1e-6 * (white - black);
    return Math.abs(low - black) <= near && Math.abs(high - white) <= near;
  }

  pickWindow(preset) {
    if (!preset) return;
    this.view.setWindow([preset.black, preset.white]);
    this.view.report();
  }

  nextWindow() {
    const { windows } = this.view.data.image;
    this.pickWindow(windows[(windows.findIndex((one) => this.isShown(one)) + 1) % windows.length]);
  }

  /** A key on a picture; gives whether it was one of a tool. */
  key(event, panel) {
    const { view } = this;
    if (view.measurer.key(event, panel)) return true;
    const act = {
      l: () => this.take("ruler"),
      g: () => this.take("angle"),
      t: () => this.take(RATIO),
      m: () => this.magnify(),
      n: () => this.oneToOne(panel),
      q: () => this.lie(turnQuarter(view.state)),
      h: () => this.lie(mirror(view.state)),
      v: () => this.nextWindow(),
      s: () => view.data.image.burned_in || saveSnapshot(view, [panel]),
    }[event.key.toLowerCase()];
    act?.();
    return Boolean(act);
  }
}

/** What has been measured, each with its author and a way to remove it. */
class MeasurementList {
  constructor(view) {
    this.view = view;
    this.count = el("summary", { title: "What has been measured on this film" });
    this.items = el("ul");
    this.note = el("p");
    this.node = el(
      "details", { class: "measurements" }, this.count, el("div", {}, this.items, this.note),
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.node.open) return;
      this.node.open = false;
      this.count.focus();
      event.stopPropagation();
    });
  }

  show() {
    const { measurer, data } = this.view;
    const all = measurer.all;
    // Its place stays: pictures must not move while something is measured.
    this.node.classList.toggle("empty", !all.length);
    if (!all.length) this.node.open = false;
    this.count.textContent = String(all.length);
    this.count.setAttribute("aria-label", `Measurements: ${all.length}`);
    const { spacing, spacing_words: words } = data.image;
    this.note.textContent = [
      spacing ? `Lengths in mm, ${words}.` : "Lengths in pixels: the file tells no spacing.",
      measurer.kept ? "" : "Measurements are not kept here: they are gone with the page.",
    ].join(" ");
    this.items.replaceChildren(...all.map((one) => this.item(one)));
  }

  item(one) {
    const { measurer } = this.view;
    const text = measurer.sentence(one);
    const remove = button("×", `Remove ${text}`, () => measurer.remove(one));
    remove.setAttribute("aria-label", `Remove ${text}`);
    return el("li", {}, el("span", {}, one.own ? text : `${text} (${one.author})`), ...(one.own ? [remove] : []));
  }
}
