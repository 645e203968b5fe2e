// The viewer: rows of panels and the state that they share.

const SHARP_AFTER = 140; // ms without a change
const BELOW = 8; // CSS pixels left free below the pictures

class View extends ReaderState {
  constructor(parent) {
    super();
    this.rows = [];
    this.progress = [];
    this.parcels = new Map();
    this.tool = "pan";
    this.leaving = new AbortController();
    this.drawer = new Drawer(this);
    this.tools = new Tools(this);
    this.gaze = new GazeLayer(this);
    this.toolbar = new Toolbar(this);
    this.board = el("div", { class: "board" });
    this.root = el("div", { class: "viewer" }, this.toolbar.node, this.board);
    parent.append(this.root);
    const { signal } = this.leaving;
    hub().addEventListener("arrival", ({ detail }) => this.arrived(detail), { signal });
    hub().addEventListener("leaving", () => this.drawer.close(), { signal });
    hub().addEventListener("dock", () => this.arrange(), { signal });
    hub().addEventListener("linked", ({ detail }) => this.join(detail), { signal });
    addEventListener("keyup", (event) => this.release(event.key), { signal });
    addEventListener("blur", () => this.release("b"), { signal });
    window.addEventListener("resize", () => this.arrange(), { signal });
    this.root.addEventListener("fullscreenchange", () => this.arrange(), { signal });
    this.sizes = new ResizeObserver(() => {
      if (this.board.clientWidth !== this.arrangedWidth || this.top !== this.arrangedTop) this.arrange();
    });
    this.sizes.observe(this.board);
    // What comes and goes above the pictures changes the page's height, and where they begin.
    const page = document.querySelector(".block-container");
    if (page) this.sizes.observe(page);
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
    this.gaze.stop();
    this.sizes.disconnect();
    this.sight.disconnect();
    clearTimeout(this.idle);
    clearTimeout(this.reporting);
    cancelAnimationFrame(this.frame);
    this.save();
    this.root.remove();
    if (hub().film === this) tell("film", null);
  }

  // ---- Data -------------------------------------------------------------------------------------

  update(data, setStateValue) {
    this.send = (value) => setStateValue("state", value);
    this.post = (value) => setStateValue("outbox", value);
    const text = JSON.stringify(data);
    if (text === this.dataText) return;
    this.dataText = text;
    const another = this.data?.image.id !== data.image.id || this.data.key !== data.key;
    if (another) {
      this.save();
      this.load(data);
      this.pixels = this.sent = null;
      this.drawer.drop();
      this.measurer.leave();
    }
    this.data = data;
    this.root.classList.toggle("beside", Boolean(data.beside));
    if (data.beside) {
      this.root.setAttribute("role", "group");
      this.root.setAttribute("aria-label", data.beside);
    }
    this.drawer.update(data.drawing);
    this.gaze.update(data.gaze);
    const shown = new Set([data.image.id, ...data.rows.flatMap((r) => r.panels.map((p) => p.map))]);
    this.parcels = new Map([...this.parcels].filter(([id]) => shown.has(id)));
    this.build(data.rows);
    // What comes beside a film is seen as that one is, not the other way round.
    if (another && data.beside && hub().film) this.join(hub().film);
    this.takeProgress();
    if (!this.pixels) this.arrived(data.image.id);
    this.refresh();
    this.arrange();
    // What was restored from an earlier visit is news to the server.
    this.report();
  }

  /** Keep what is there if only contents changed, so that focus and pictures stay. */
  build(rows) {
    const shape = (all) => JSON.stringify(all.map((r) => [r.label, r.panels.map((p) => p.title)]));
    const built = shape(rows);
    if (built !== this.built) {
      this.built = built;
      this.drawer.drop();
      this.measurer.drop();
      this.sight.disconnect();
      this.rows = rows.map(({ label, panels }) => this.buildRow(label, panels));
      this.board.replaceChildren(...this.rows.map((row) => row.node));
    }
    rows.forEach((spec, i) => {
      const row = this.rows[i];
      row.caption.textContent = row.caption.title = spec.caption;
      row.annotations = drawable(spec.annotations);
      row.token = spec.token;
      row.panels.forEach((panel, k) => panel.update(k ? spec.panels[k - 1] : null));
    });
  }

  buildRow(label, specs) {
    const row = { label, annotations: [] };
    row.caption = el("span", { class: "caption" });
    row.sources = el("span", { class: "sources" });
    row.takeBack = button("Remove my drawings", `Remove your drawings of ${label}`, () =>
      this.drawer.takeBack(row),
    );
    row.takeBack.setAttribute("aria-label", `Remove my drawings of ${label}`);
    row.panels = [null, ...specs].map((spec) => new Panel(this, row, spec));
    row.grid = el("div", { class: "panels" }, ...row.panels.map((panel) => panel.node));
    row.legend = new Legend(label);
    const head = el(
      "h3", {}, el("span", { class: "name" }, label), row.caption, row.legend.node, row.sources, row.takeBack,
    );
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

  get mostPanels() {
    return Math.max(1, ...this.rows.map((row) => row.panels.length));
  }

  /** Held here too, since the page keeps only what came last. */
  parcel(id) {
    const parcel = this.parcels.get(id) ?? hub().items.get(id);
    if (!parcel) return null;
    this.parcels.set(id, parcel);
    return decoded(parcel);
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
    } else if (id === "pointed") this.redraw();
    else if (id === "answers" && this.drawer.joins) this.refresh();
    else if (this.panels.some((panel) => panel.spec?.map === id)) this.refresh();
    else if (hub().items.get(id)?.payload) this.unpack(id);
  }

  /** What is not shown yet, when there is nothing else to do. */
  unpack(id) {
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    idle(() => {
      const parcel = hub().items.get(id);
      if (parcel) decoded(parcel);
    });
  }

  takeProgress() {
    this.progress = hub().items.get(`progress/${this.data.key}`)?.items ?? [];
  }

  progressOf({ row, title }) {
    return this.progress.find((one) => one.label === row.label && one.title === title);
  }

  /** Tell the server, which answers with a rerun: at once, but not at every step of a held key. */
  report() {
    clearTimeout(this.reporting);
    const wait = Math.max(0, (this.sentAt ?? 0) + 300 - performance.now());
    this.reporting = setTimeout(() => {
      this.save();
      const value = this.reportable();
      const text = JSON.stringify(value);
      if (text === (this.sent ?? JSON.stringify(this.reportable(fresh(), HABITS)))) return;
      this.sent = text;
      this.sentAt = performance.now();
      this.send(value);
    }, wait);
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

  pickHabit(habit) {
    Object.assign(this.habits, habit);
    this.changed();
  }

  pickColours(name) {
    this.pickHabit({ colours: { ...this.habits.colours, [this.habits.display]: name } });
  }

  pickLayout(layout) {
    this.pickHabit({ layout });
    this.restore();
  }

  /** One film, with this map or without one; what was looked at before is wiped against. */
  pickMain(index) {
    const count = this.mostPanels;
    if (index >= count) return;
    const before = this.habits.layout === "large" ? this.mainIndex : 0;
    const other = before === index ? this.habits.other : before;
    Object.assign(this.habits, { layout: "large", main: index, other });
    this.state.enlarged = null;
    this.arrange();
    this.changed();
  }

  get mainIndex() {
    return Math.min(this.habits.main ?? 1, this.mostPanels - 1);
  }

  wipe(on = !this.habits.wipe) {
    this.pickHabit({ wipe: on, layout: on ? "large" : this.habits.layout });
    this.arrange();
  }

  /** Where the divider stands on a panel, and what is beyond it; null where it is not wiped. */
  wipeOf(panel) {
    if (!this.habits.wipe || this.large(panel.row) !== panel || !panel.spec) return null;
    const { panels } = panel.row;
    const other = panels[this.habits.other ?? 0] ?? panels[0];
    return { at: this.habits.wiped ?? 0.5, other: other === panel ? panels[0] : other };
  }

  setWipe(at) {
    this.habits.wiped = at;
    this.redraw();
  }

  blink(on) {
    if (Boolean(this.blinking) === on) return;
    this.blinking = on;
    this.redraw();
  }

  release(key) {
    if (key.toLowerCase() === "b") this.blink(false);
  }

  /** Of one panel, or without one of all. */
  setOpacity(x, only) {
    if (only) {
      (this.state.opacity[only.row.label] ??= {})[only.title] = x;
      // Names that change from case to case are not followed.
      if (only.spec.about) this.habits.opacities = { ...this.habits.opacities, [only.title]: x };
    } else {
      Object.assign(this.habits, { opacity: x, opacities: {} });
      this.state.opacity = {};
    }
    this.showOpacity();
    this.moved();
  }

  showOpacity() {
    for (const panel of this.panels) if (panel.spec) panel.slider.show(this.opacityOf(panel));
  }

  setThreshold(x) {
    this.habits.threshold = x;
    this.refresh();
  }

  annotate(shown) {
    if (!this.annotated) return;
    this.state.annotation = shown;
    this.changed();
  }

  invert() {
    this.state.inverted = this.habits.inverted = !this.state.inverted;
    this.changed();
  }

  reset() {
    Object.assign(this.state, VIEW);
    Object.assign(this.habits, { inverted: false, window: null });
    this.arrange();
    this.changed();
  }

  /** Zoom so that the image coordinate `at` stays where it is. */
  zoomBy(factor, at = this.centre) {
    const before = this.state.zoom;
    // One to one may be smaller than the whole view.
    const zoom = Math.min(MOST_ZOOM, Math.max(Math.min(1, before), before * factor));
    const { row, column } = this.centre;
    const shrunk = before / zoom;
    this.state.zoom = zoom;
    this.moveTo(at.row + (row - at.row) * shrunk, at.column + (column - at.column) * shrunk);
  }

  panBy(dx, dy, { zoomed }) {
    const { row, column } = this.centre;
    const [across, down] = onFilm(this.state, dx, dy);
    this.moveTo(row - down / (zoomed * this.data.image.pixel_aspect), column - across / zoomed);
  }

  moveTo(row, column) {
    const { rows, columns } = this.data.image;
    // No further than the edge of the image at the edge of the panel.
    const within = (x, size) => {
      const half = size / (2 * Math.max(1, this.state.zoom));
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
    this.setWindow([centre - width / 2, centre + width / 2]);
  }

  /** As shares of the film's own window too, which the next film's is changed by. */
  setWindow(window) {
    const [low, high] = this.data.image.window;
    this.state.window = window;
    this.habits.window = window.map((value) => (value - low) / (high - low));
    this.moved();
  }

  /** The panel alone large in its row, or all as before. */
  enlarge(panel) {
    const name = JSON.stringify([panel.row.label, panel.title]);
    this.state.enlarged = this.state.enlarged === name ? null : name;
    this.arrange();
    panel.picture.focus({ preventScroll: true });
  }

  restore() {
    this.state.enlarged = null;
    this.arrange();
  }

  async fullScreen() {
    try {
      if (this.root.getRootNode().fullscreenElement) await document.exitFullscreen();
      else await this.root.requestFullscreen();
    } catch {
      this.toolbar.say("This browser does not allow full screen here");
    }
  }

  contains({ row, column }) {
    const { rows, columns } = this.data.image;
    return row >= 0 && row < rows && column >= 0 && column < columns;
  }

  /** What dragging with the left button does on a panel. */
  dragOf(panel) {
    if (this.tool === "box" && this.drawer.draws(panel)) return "box";
    if (this.measurer.kind) return "measure";
    return this.tool === "window" ? "window" : "pan";
  }

  /** A click, which draws or which a question may have asked for. */
  pointAt(at, panel) {
    if (this.drawer.draws(panel)) return this.drawer.click(panel, at);
    if (this.measurer.kind) return;
    if (!this.data.pointing || !this.contains(at)) return;
    // It waits for the questions, which may come after the film.
    hub().point = { token: this.data.pointing, at };
    hub().dispatchEvent(new CustomEvent("point"));
  }

  get pointed() {
    return this.data.pointing ? hub().items.get("pointed")?.at : null;
  }

  point(at) {
    for (const panel of this.panels) panel.point(at);
  }

  press(event, panel) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.drawer.key(event, panel) || this.tools.key(event, panel)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
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
        a: () => this.annotate(turn[this.annotationShown()]),
        d: () => this.drawer.nextTool(),
        f: () => this.fullScreen(),
        b: () => this.blink(true),
        o: () => this.pickLayout(this.habits.layout === "large" ? "fit" : "large"),
        x: () => this.wipe(),
        y: () => this.gaze.turn(),
        i: () => this.invert(),
        p: () => this.pick("pan"),
        w: () => this.pick("window"),
        e: () => this.enlarge(panel),
        // As a double-click: where one draws it closes what is drawn, or nothing.
        Enter: this.data.enter_enlarges && !this.drawer.draws(panel) && (() => this.enlarge(panel)),
        Escape: () => this.state.enlarged && this.restore(),
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key] ??
        (/^[1-9]$/.test(event.key) && (() => this.pickMain(event.key - 1)));
      if (!act) return;
      act();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- Looks ------------------------------------------------------------------------------------

  refresh() {
    this.toolbar.show();
    this.tools.show();
    this.root.dataset.tool = this.tool;
    for (const row of this.rows) {
      this.name(row);
      row.legend.show(this, row);
    }
    for (const panel of this.panels) panel.refresh();
    this.moved();
  }

  /** Whose annotations a row shows, each with its line. */
  name(row) {
    const lines = new Map(this.marksOf(row).map(({ name, line }) => [name, line]));
    row.sources.replaceChildren(...[...lines].map(([name, line]) => key(line, name)));
    row.takeBack.hidden = !row.token || !this.drawer.own(row).length;
  }

  moved() {
    this.look();
    hub().dispatchEvent(new CustomEvent("linked", { detail: this }));
  }

  look() {
    this.toolbar.read(this.window, this.state.zoom);
    this.tools.showWindow();
    this.root.classList.toggle("zoomed", this.state.zoom > 1);
    this.redraw();
  }

  /** Of two films side by side both are seen alike: as shares of their sizes and windows. */
  join(other) {
    if (other === this || !this.data || !other.data || Boolean(this.data.beside) === Boolean(other.data.beside)) {
      return;
    }
    const { rows, columns } = this.data.image;
    const [one, from] = [other.centre, other.data.image];
    const [low, high] = this.data.image.window;
    const [black, white] = from.window;
    Object.assign(this.state, {
      zoom: other.state.zoom,
      centre: { row: (one.row / from.rows) * rows, column: (one.column / from.columns) * columns },
      window: other.window.map((value) => low + ((value - black) / (white - black)) * (high - low)),
      inverted: other.state.inverted,
      opacity: structuredClone(other.state.opacity),
    });
    const layout = ({ layout: name, main }) => `${name} ${main}`;
    const changed = layout(this.habits) !== layout(other.habits);
    Object.assign(this.habits, other.habits);
    if (changed) this.arrange();
    else this.look();
    this.showOpacity();
    this.toolbar.show();
    if (this.data.beside) this.gaze.bar.reserve(other.gaze.present);
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

  /** The panel that is large in its row, if any. */
  large({ label, panels }) {
    const named = panels.find(({ title }) => this.state.enlarged === JSON.stringify([label, title]));
    return named ?? (this.habits.layout === "large" ? (panels[this.mainIndex] ?? panels[0]) : null);
  }

  /** Where the pictures begin, in CSS pixels from the top of a page that is not scrolled. */
  get top() {
    const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? 0;
    return Math.round(this.board.getBoundingClientRect().top + scrolled);
  }

  arrange() {
    const width = this.board.clientWidth;
    if (!this.data || !width) return;
    this.toolbar.fit();
    this.arrangedWidth = width;
    this.arrangedTop = this.top;
    const full = this.root.getRootNode().fullscreenElement;
    const film = this.extent;
    const ratio = film.width / film.height;
    const dock = full ? null : hub().items.get("dock");
    const head = full ? this.toolbar.node.offsetHeight + 20 : this.arrangedTop;
    const below = full ? 0 : (dock?.height ?? 0) + this.data.free * window.innerHeight;
    const room = window.innerHeight - head - below - BELOW;
    // Where much else is on the page the pictures are not what is left of it.
    const height = Math.max(room, below ? 150 : 0.55 * window.innerHeight) / this.rows.length - HEAD;
    const space = { width, height: Math.max(height, LEAST), ratio };
    // Answers in a table stand under panels that stand in one line.
    const wish = dock?.table ? "row" : this.habits.layout;
    let arranged = null;
    for (const row of this.rows) {
      arranged = place(row, dock?.table ? null : this.large(row), space, wish);
    }
    if (this.data.beside) return this.look();
    this.moved();
    this.tellDock(arranged, { width, ratio });
  }

  /** For the questions: where panels stand, and how high they would like to be in one line. */
  tellDock(arranged, { width, ratio }) {
    const count = this.mostPanels;
    const each = Math.floor((width - GAP * count) / count);
    const wanted = this.rows.length * (each / ratio + CHROME + HEAD) + this.arrangedTop + BELOW;
    const rows = this.rows.map(({ label, panels }) => ({
      label,
      panels: panels.map(({ title, node, width: wide }) => {
        return { title, left: node.getBoundingClientRect().left, width: wide };
      }),
    }));
    hub().film = this;
    tell("film", { wanted, each, gap: GAP, rows, ...arranged });
  }
}

// By what they are mounted in, the newest last: the next case's viewer comes before this one goes.
const views = new Map();

outbox.send = (value) => [...views.values()].findLast((view) => view.data?.drawing)?.post(value);
outbox.changed = () => views.forEach((view) => view.refresh());

export default function viewer({ data, parentElement, setStateValue }) {
  if (!views.has(parentElement)) views.set(parentElement, new View(parentElement));
  views.get(parentElement).update(data, setStateValue);
  return () => {
    views.get(parentElement)?.destroy();
    views.delete(parentElement);
  };
}
