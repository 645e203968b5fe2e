// The viewer: toolbar, rows of panels, and the state that they share.

const VIEW = { zoom: 1, centre: null, window: null, inverted: false, enlarged: null };
const fresh = () => ({ ...VIEW, opacity: {} });
const HABITS = { display: "positive", colours: {}, layout: "fit", shared: false, opacity: null };
const GAP = 10;
const SHARP_AFTER = 140; // ms without a change

class View {
  constructor(parent) {
    this.rows = [];
    this.progress = [];
    this.tool = "pan";
    this.leaving = new AbortController();
    this.buildToolbar();
    this.board = el("div", { class: "board" });
    this.root = el("div", { class: "viewer" }, this.toolbar, this.board);
    parent.append(this.root);
    const { signal } = this.leaving;
    handover().addEventListener("arrival", ({ detail }) => this.arrived(detail), { signal });
    window.addEventListener("resize", () => this.arrange(), { signal });
    this.root.addEventListener("fullscreenchange", () => this.arrange(), { signal });
    this.sizes = new ResizeObserver(() => {
      if (this.board.clientWidth !== this.arrangedWidth) this.arrange();
    });
    this.sizes.observe(this.board);
    // Panels far from the screen wait for the sharp drawing: a study may have dozens.
    this.sight = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) target.panel.seen = isIntersecting;
        this.redraw();
      },
      { rootMargin: "300px" },
    );
  }

  destroy() {
    this.leaving.abort();
    this.sizes.disconnect();
    this.sight.disconnect();
    clearTimeout(this.idle);
    clearTimeout(this.reporting);
    cancelAnimationFrame(this.frame);
    this.save();
    this.root.remove();
  }

  buildToolbar() {
    this.tools = choice(
      "Left drag",
      {
        pan: ["Pan", "Left drag moves the image (P)"],
        window: ["Window", "Left drag sets the window: across its width, down its centre (W). Right drag always does"],
      },
      (tool) => this.pick(tool),
    );
    this.common = slider("Opacity of all maps", {
      onmove: (x) => this.setOpacity(x),
      onset: () => this.report(),
    });
    this.colourMap = picker("Colour map", (name) => {
      this.habits.colours = { ...this.habits.colours, [this.habits.display]: name };
      this.changed();
    });
    this.display = choice(
      "Relevance shown",
      {
        positive: ["Positive only", "Colour what speaks for the label"],
        signed: ["Signed", "Colour what speaks for and against the label"],
      },
      (display) => this.changed((this.habits.display = display)),
    );
    this.shares = picker("Scale", (value) => this.changed((this.habits.shared = value === "shared")));
    this.annotation = picker("Show expert annotation", (shown) => this.annotate(shown));
    this.layout = picker("Layout", (layout) => {
      this.habits.layout = layout;
      this.state.enlarged = null;
      this.arrange();
    });
    this.inverts = button("Invert", "Swap black and white (I)", () => this.invert());
    this.readout = el("output", { class: "readout" });
    this.toolbar = el(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Viewer" },
      this.tools, this.inverts, this.common, this.colourMap, this.display, this.shares,
      this.annotation, this.layout,
      button("Reset view", "Whole image, default window (0)", () => this.reset()),
      button("Full screen", "Fill the screen, or return (F)", () => this.fullScreen()),
      this.readout,
    );
  }

  // ---- Data -------------------------------------------------------------------------------------

  update(data, setStateValue) {
    this.send = (value) => setStateValue("state", value);
    const text = JSON.stringify(data);
    if (text === this.dataText) return;
    this.dataText = text;
    if (!this.data || this.data.image.id !== data.image.id || this.data.key !== data.key) {
      this.save();
      this.load(data);
    }
    this.data = data;
    this.pixels = null;
    this.build(data.rows);
    this.takeProgress();
    this.arrived(data.image.id);
    this.refresh();
    this.arrange();
    // A state restored from earlier is news to the server; the default one is not.
    this.known ??= JSON.stringify(this.reportable(fresh(), HABITS));
    this.report();
  }

  load(data) {
    this.place = `${data.key}/${data.image.id}`;
    this.state = { ...fresh(), ...recall(this.place) };
    this.habits = { ...HABITS, ...recall("habits") };
    this.known = undefined;
  }

  save() {
    if (!this.place) return;
    remember(this.place, this.state);
    remember("habits", this.habits);
  }

  /** Keep what is there if only contents changed, so that focus and pictures stay. */
  build(rows) {
    const shape = (all) => JSON.stringify(all.map((r) => [r.label, r.panels.map((p) => p.title)]));
    const built = shape(rows);
    if (built !== this.built) {
      this.built = built;
      this.sight.disconnect();
      this.rows = rows.map(({ label, panels }) => this.buildRow(label, panels));
      this.board.replaceChildren(...this.rows.map((row) => row.node));
    }
    rows.forEach((spec, i) => {
      const row = this.rows[i];
      row.caption.textContent = spec.caption;
      row.annotations = spec.annotations.map((one) => ({ ...one, path: outline(one.curves) }));
      row.sources.textContent = spec.annotations.length
        ? `Annotation: ${[...new Set(spec.annotations.map((one) => one.source))].join(", ")}`
        : "";
      row.panels.forEach((panel, k) => panel.update(k ? spec.panels[k - 1] : null));
    });
  }

  buildRow(label, specs) {
    const row = { label, annotations: [] };
    row.caption = el("span", { class: "caption" });
    row.sources = el("span", { class: "sources" });
    row.panels = [null, ...specs].map((spec) => new Panel(this, row, spec));
    row.grid = el("div", { class: "panels" }, ...row.panels.map((panel) => panel.node));
    const head = el("h3", {}, el("span", {}, label), row.caption, row.sources);
    row.node = el("div", { class: "row", role: "group", "aria-label": label }, head, row.grid);
    for (const panel of row.panels) {
      panel.picture.panel = panel;
      this.sight.observe(panel.picture);
    }
    return row;
  }

  get panels() {
    return this.rows.flatMap((row) => row.panels);
  }

  parcel(id) {
    const parcel = handover().items.get(id);
    return parcel ? decoded(parcel) : null;
  }

  async arrived(id) {
    if (id === `progress/${this.data?.key}`) {
      this.takeProgress();
      for (const panel of this.panels) if (panel.spec) panel.explain();
    } else if (id === this.data?.image.id) {
      const pixels = await this.parcel(id);
      if (!pixels || id !== this.data.image.id) return;
      this.pixels = pixels;
      this.refresh();
    } else if (this.panels.some((panel) => panel.spec?.map === id)) this.refresh();
  }

  takeProgress() {
    this.progress = handover().items.get(`progress/${this.data.key}`)?.items ?? [];
  }

  progressOf({ row, title }) {
    return this.progress.find((one) => one.label === row.label && one.title === title);
  }

  // ---- State ------------------------------------------------------------------------------------

  get signed() {
    return this.habits.display === "signed";
  }

  get window() {
    return this.state.window ?? this.data.image.window;
  }

  get centre() {
    return this.state.centre ?? { row: this.data.image.rows / 2, column: this.data.image.columns / 2 };
  }

  get annotated() {
    return this.data.rows.some((row) => row.annotations.length);
  }

  get annotationShown() {
    return this.annotated ? (this.state.annotation ?? this.data.annotation) : "off";
  }

  get shared() {
    return this.habits.shared && this.data.rows.length > 1;
  }

  scaleOf({ title, scale }) {
    if (!this.shared) return scale;
    const same = this.data.rows.flatMap((row) => row.panels).filter((one) => one.title === title);
    return Math.max(...same.map((one) => one.scale ?? 0));
  }

  colourName(habits = this.habits) {
    const names = this.data.colours[habits.display];
    const wanted = habits.colours[habits.display];
    return wanted in names ? wanted : Object.keys(names)[0];
  }

  get colours() {
    const key = `${this.habits.display} ${this.colourName()}`;
    if (this.coloursKey !== key) {
      const stops = this.data.colours[this.habits.display][this.colourName()];
      this.coloursTable = colourTable(stops, this.signed);
      this.coloursKey = key;
    }
    return this.coloursTable;
  }

  opacityOf({ row, title }, state = this.state, habits = this.habits) {
    return state.opacity[row.label]?.[title] ?? habits.opacity ?? this.data.opacity;
  }

  /** Of one panel, or without one of all. */
  setOpacity(x, only) {
    if (only) (this.state.opacity[only.row.label] ??= {})[only.title] = x;
    else {
      this.habits.opacity = x;
      this.state.opacity = {};
    }
    for (const panel of this.panels) if (panel.spec) panel.slider.show(this.opacityOf(panel));
    this.redraw();
  }

  reportable(state = this.state, habits = this.habits) {
    const opacity = {};
    for (const panel of this.panels) {
      if (panel.spec)
        (opacity[panel.row.label] ??= {})[panel.title] = this.opacityOf(panel, state, habits);
    }
    return {
      image: this.data.image.id,
      opacity,
      window: state.window ?? this.data.image.window,
      inverted: state.inverted,
      display: habits.display,
      colour_map: this.colourName(habits),
      normalisation:
        habits.shared && this.data.rows.length > 1 ? "p99.5-across-labels" : "p99.5",
      annotation: this.annotated ? (state.annotation ?? this.data.annotation) : "off",
    };
  }

  /** Tell the server, a little later: it answers with a rerun of the page. */
  report() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      this.save();
      const value = this.reportable();
      if (JSON.stringify(value) === this.known) return;
      this.known = JSON.stringify(value);
      this.send(value);
    }, 120);
  }

  changed() {
    this.refresh();
    this.report();
  }

  // ---- What the reader does ---------------------------------------------------------------------

  pick(tool) {
    this.tool = tool;
    this.refresh();
  }

  annotate(shown) {
    if (!this.annotated) return;
    this.state.annotation = shown;
    this.changed();
  }

  invert() {
    this.state.inverted = !this.state.inverted;
    this.changed();
  }

  reset() {
    Object.assign(this.state, VIEW);
    this.arrange();
    this.changed();
  }

  /** Zoom so that the image coordinate `at` stays where it is. */
  zoomBy(factor, at = this.centre) {
    const before = this.state.zoom;
    const zoom = Math.min(20, Math.max(1, before * factor));
    const { row, column } = this.centre;
    this.state.zoom = zoom;
    this.moveTo(at.row + ((row - at.row) * before) / zoom, at.column + ((column - at.column) * before) / zoom);
  }

  panBy(dx, dy, { zoomed }) {
    const { row, column } = this.centre;
    this.moveTo(row - dy / (zoomed * this.data.image.pixel_aspect), column - dx / zoomed);
  }

  moveTo(row, column) {
    const { rows, columns } = this.data.image;
    // No further than the edge of the image at the edge of the panel.
    const within = (x, size) => {
      const half = size / (2 * this.state.zoom);
      return Math.min(size - half, Math.max(half, x));
    };
    this.state.centre = { row: within(row, rows), column: within(column, columns) };
    this.moved();
  }

  windowBy(dx, dy) {
    const [black, white] = this.window;
    const [low, high] = this.data.image.window;
    const step = (high - low) / 300;
    const width = Math.max(step, white - black + dx * step);
    const centre = (black + white) / 2 + dy * step;
    this.state.window = [centre - width / 2, centre + width / 2];
    this.moved();
  }

  /** The panel alone large in its row, or all as before. */
  enlarge(panel) {
    const name = JSON.stringify([panel.row.label, panel.title]);
    this.state.enlarged = this.state.enlarged === name ? null : name;
    this.arrange();
    panel.picture.focus({ preventScroll: true });
  }

  async fullScreen() {
    try {
      if (this.root.getRootNode().fullscreenElement) await document.exitFullscreen();
      else await this.root.requestFullscreen();
    } catch {
      this.readout.textContent = "This browser does not allow full screen here";
    }
  }

  point(at) {
    for (const panel of this.panels) panel.point(at);
  }

  press(event, panel) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] =
      { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
    if (dx !== undefined) {
      // At full view there is nothing to pan: the arrows scroll the page.
      if (event.shiftKey) this.windowBy(-15 * dx, -15 * dy);
      else if (this.state.zoom > 1) this.panBy(40 * dx, 40 * dy, panel);
      else return;
      this.report();
    } else {
      const turn = { off: "outline", outline: "fill", fill: "off" };
      const act = {
        "+": () => this.zoomBy(ZOOM_STEP),
        "=": () => this.zoomBy(ZOOM_STEP),
        "-": () => this.zoomBy(1 / ZOOM_STEP),
        0: () => this.reset(),
        a: () => this.annotate(turn[this.annotationShown]),
        f: () => this.fullScreen(),
        i: () => this.invert(),
        p: () => this.pick("pan"),
        w: () => this.pick("window"),
        Enter: () => this.enlarge(panel),
        Escape: () => this.state.enlarged && this.enlarge(this.large(panel.row)),
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      act();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- Looks ------------------------------------------------------------------------------------

  refresh() {
    const { state, habits, data } = this;
    this.tools.show(this.tool);
    this.root.dataset.tool = this.tool;
    this.inverts.setAttribute("aria-pressed", String(state.inverted));
    this.common.show(habits.opacity ?? data.opacity);
    const names = Object.keys(data.colours[habits.display]);
    this.colourMap.offer(Object.fromEntries(names.map((name) => [name, name])), this.colourName());
    this.display.show(habits.display);
    this.shares.hidden = data.rows.length < 2;
    this.shares.offer(
      { each: "each map", shared: "across labels" }, habits.shared ? "shared" : "each",
    );
    this.annotation.offer(
      this.annotated
        ? { off: "off", outline: "outline", fill: "outline and fill" }
        : { off: data.no_annotation },
      this.annotationShown,
    );
    this.annotation.select.disabled = !this.annotated;
    for (const row of this.rows) row.sources.hidden = this.annotationShown === "off";
    for (const panel of this.panels) panel.refresh();
    this.moved();
  }

  moved() {
    const [black, white] = this.window;
    const [centre, width] = [(black + white) / 2, white - black].map(figures);
    const zoom = Math.round(100 * this.state.zoom);
    this.readout.textContent = `Centre ${centre}  Width ${width}  Zoom ${zoom} %`;
    this.root.classList.toggle("zoomed", zoom > 100);
    this.redraw();
  }

  /** Roughly in the next frame, sharply when nothing has moved for a while. */
  redraw() {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      for (const panel of this.panels) panel.draw(false);
      this.save();
    }, SHARP_AFTER);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      for (const panel of this.panels) panel.draw(true);
    });
  }

  large(row) {
    const named = row.panels.find(
      ({ title }) => this.state.enlarged === JSON.stringify([row.label, title]),
    );
    return named ?? (this.habits.layout === "large" ? (row.panels[1] ?? row.panels[0]) : null);
  }

  arrange() {
    const width = this.board.clientWidth;
    if (!this.data || !width) return;
    this.arrangedWidth = width;
    const count = Math.max(...this.rows.map((row) => row.panels.length), 1);
    const half = Math.ceil(count / 2);
    this.layout.offer(
      { fit: "best fit", row: `row of ${count}`, grid: `2 × ${half} grid`, large: "one large" },
      this.habits.layout,
    );
    const { rows, columns, pixel_aspect: aspect } = this.data.image;
    const ratio = columns / (rows * aspect);
    // What a panel needs in height besides its picture, and what the screen has for one row below
    // the page's own header.
    const CHROME = 92;
    const above = this.toolbar.offsetHeight + (this.root.getRootNode().fullscreenElement ? 60 : 150);
    const room = Math.max(420, window.innerHeight - above);
    const size = (across, down) =>
      Math.floor(Math.min((width - GAP * (across - 1)) / across, (room / down - CHROME) * ratio));
    const [inRow, inGrid] = [size(count, 1), size(half, 2)];
    const wanted = { row: false, grid: true }[this.habits.layout] ?? inGrid > 1.3 * inRow;
    const across = wanted ? half : count;
    const each = Math.max(120, wanted ? size(half, 1.6) : inRow);
    for (const row of this.rows) {
      const main = this.large(row);
      row.grid.style.gridTemplateColumns = main ? "" : `repeat(${across}, ${each}px)`;
      row.grid.style.gridTemplateRows = "";
      for (const panel of row.panels) {
        panel.node.style.gridArea = "";
        panel.node.classList.toggle("small", each < 200 || Boolean(main && panel !== main));
        panel.enlarge.setAttribute("aria-pressed", String(panel === main));
        panel.resize(each, Math.round(each / ratio));
      }
      if (main) this.arrangeLarge(row, main, { width, room: room - CHROME, ratio });
    }
    this.moved();
  }

  /** One panel large, the others in one or two columns beside it. */
  arrangeLarge({ panels, grid }, main, { width, room, ratio }) {
    const others = panels.filter((panel) => panel !== main);
    const large = Math.floor(Math.min(width * 0.74, room * ratio));
    const fit = (across) => {
      const down = Math.ceil(others.length / across);
      const broad = (width - large - GAP * across) / across;
      return Math.floor(Math.min(broad, ((room + 40) / down - 76) * ratio));
    };
    const across = fit(2) > fit(1) ? 2 : 1;
    const small = Math.max(90, fit(across));
    const down = Math.ceil(others.length / across);
    grid.style.gridTemplateColumns = `${large}px repeat(${across}, ${small}px)`;
    grid.style.gridTemplateRows = `repeat(${down}, min-content) 1fr`;
    main.node.style.gridArea = `1 / 1 / ${down + 2} / 2`;
    main.resize(large, Math.round(large / ratio));
    others.forEach((panel, i) => {
      panel.node.style.gridArea = `${1 + Math.floor(i / across)} / ${2 + (i % across)}`;
      panel.resize(small, Math.round(small / ratio));
    });
  }
}

/** Curves of rows and columns as one path in image coordinates. */
function outline(curves) {
  const path = new Path2D();
  for (const curve of curves) {
    path.moveTo(curve[1], curve[0]);
    for (let i = 2; i < curve.length; i += 2) path.lineTo(curve[i + 1], curve[i]);
    path.closePath();
  }
  return path;
}

const views = new WeakMap();

export default function viewer({ data, parentElement, setStateValue }) {
  if (!views.has(parentElement)) views.set(parentElement, new View(parentElement));
  views.get(parentElement).update(data, setStateValue);
  return () => {
    views.get(parentElement)?.destroy();
    views.delete(parentElement);
  };
}
