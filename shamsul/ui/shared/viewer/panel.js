// One picture: the radiograph, or the radiograph under one map.

const ZOOM_STEP = 1.25;

class Panel {
  /** `spec` is null for the plain radiograph. */
  constructor(view, row, spec) {
    Object.assign(this, { view, row, spec, title: spec ? spec.title : "Radiograph" });
    const name = spec ? `${spec.title} heatmap for ${row.label}` : "Radiograph";
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.across = el("i", { class: "cross across" });
    this.down = el("i", { class: "cross down" });
    this.reading = el("span", { class: "reading", "aria-hidden": "true" });
    this.rim = svg("polyline", {});
    this.sketch = svg("polyline", { stroke: OWN.colour });
    this.picture = el(
      "div",
      { class: "picture", role: "img", tabindex: 0, "aria-label": name, "aria-busy": "true" },
      this.canvas, svg("svg", { class: "sketch", "aria-hidden": true }, this.rim, this.sketch),
      this.across, this.down, this.reading,
    );
    this.bar = el("div", { class: "thin", hidden: true }, el("div"));
    this.words = el("span");
    this.note = el("div", { class: "note", hidden: true }, this.words, this.bar);
    this.facts = el("span", { class: "facts" });
    this.warning = el("span", { class: "warning", hidden: true });
    this.enlarge = button("⤢", "Enlarge or return (double-click, E)", () => view.enlarge(this));
    this.enlarge.setAttribute("aria-label", `Enlarge ${this.title}`);
    this.header = el("header", {}, el("b", { title: this.title }, this.title), this.facts);
    this.frame = el("div", { class: "frame" }, this.picture, this.note);
    this.node = el("section", { class: spec ? "panel" : "panel plain" }, this.header, this.frame);
    this.overlay = new Overlay(view, this);
    this.picture.after(this.overlay.node);
    if (spec) this.buildMap();
    this.header.append(this.enlarge);
    this.listen();
  }

  /** What only a map's panel has. */
  buildMap() {
    const { view, row, title } = this;
    this.about = new About(title, this.node);
    this.facts.before(this.about.button, this.warning);
    this.header.after(this.about.node);
    this.slider = slider(`${title} opacity`, {
      visible: "",
      title: `${title} opacity, ${row.label}`,
      onmove: (x) => view.setOpacity(x, this),
      onset: () => view.report(),
    });
    this.slider.classList.add("edge");
    this.overlap = el("span");
    this.cut = el("div", { class: "cut", hidden: true }, key(CUT, this.overlap));
    this.divider = el("i", { class: "divider", hidden: true });
    this.wiper = el("input", {
      class: "wiper", type: "range", min: 0, max: 100, "aria-label": `Wipe ${title}`, hidden: true,
      oninput: () => view.setWipe(this.wiper.value / 100),
    });
    this.beyond = el("span", { class: "beyond", hidden: true });
    this.frame.append(this.divider, this.beyond, this.wiper, this.cut, this.slider);
  }

  update(spec) {
    this.spec = spec;
    this.refresh();
  }

  get map() {
    return this.spec?.map ? this.view.parcel(this.spec.map) : null;
  }

  /** What the map is divided by. */
  get scale() {
    return this.view.scaleOf(this.spec);
  }

  get opacity() {
    return this.view.opacityOf(this);
  }

  get busy() {
    return !this.view.pixels || Boolean(this.spec && !this.spec.failed && !this.map);
  }

  /** Texts and legend; the picture is drawn apart. */
  refresh() {
    const { spec, view } = this;
    if (this.busy) this.picture.setAttribute("aria-busy", "true");
    if (!spec) {
      this.facts.textContent = this.facts.title = view.data.image.facts;
      this.say(view.pixels ? "" : "Loading the radiograph");
      return;
    }
    this.facts.textContent = this.facts.title = spec.about ? "" : spec.facts;
    this.warning.textContent = this.warning.title = spec.warning;
    this.warning.hidden = !spec.warning;
    this.about.update(spec.about, this.map && this.scaledBy());
    this.slider.show(this.opacity);
    this.slider.querySelector("input").disabled = !this.map;
    this.cut.hidden = !this.map || !spec.curve;
    if (!this.cut.hidden) this.overlap.textContent = this.overlapNow();
    this.explain();
  }

  /** What the colours' ends stand for. */
  scaledBy() {
    const how = this.view.acrossLabels() ? "same scale across labels" : this.spec.scaled;
    return `${how}; full colour at ${figures(this.scale)}`;
  }

  /** How what is above the threshold and the annotation lie on each other. */
  overlapNow() {
    const { iou, dice } = this.spec.curve;
    if (this.scale !== this.spec.scale) return "IoU, Dice: with each map's own scale";
    const at = Math.round(100 * this.view.thresholdOf());
    const [one, other] = [iou, dice].map((values) => values[at]?.toFixed(2) ?? "–");
    return `IoU ${one} Dice ${other}`;
  }

  explain() {
    const { spec, map } = this;
    const progress = this.view.progressOf(this);
    if (spec.failed) this.say(spec.failed, { bad: true });
    else if (!spec.map) this.say(progress?.text || spec.pending, { fraction: progress?.fraction });
    else if (!map) this.say("Loading the map");
    else if (!spec.scale) this.say("No relevance: the map is zero everywhere", { still: true });
    else if (!this.view.signed && map.greatest <= 0)
      this.say("No positive relevance", { still: true });
    else this.say("");
  }

  say(text, { fraction = null, bad = false, still = bad } = {}) {
    this.note.hidden = !text;
    this.note.classList.toggle("bad", bad);
    this.note.classList.toggle("waiting", !still);
    this.words.textContent = text;
    this.bar.hidden = fraction == null;
    this.bar.firstChild.style.width = `${100 * (fraction ?? 0)}%`;
  }

  place(area, width, height, size) {
    Object.assign(this, { width, height });
    this.node.style.gridArea = area;
    this.node.dataset.size = size;
    this.enlarge.setAttribute("aria-pressed", String(size === "large"));
    this.node.style.setProperty("--w", `${width}px`);
    this.node.style.setProperty("--h", `${height}px`);
  }

  /** CSS pixels per column of the radiograph. */
  get zoomed() {
    return (this.width / this.view.extent.width) * this.view.state.zoom;
  }

  /** Image coordinate under a point of the page. */
  imageAt({ clientX, clientY }) {
    const { left, top } = this.picture.getBoundingClientRect();
    const { row, column } = this.view.centre;
    const offset = [clientX - left - this.width / 2, clientY - top - this.height / 2];
    const [across, down] = onFilm(this.view.state, ...offset);
    const aspect = this.view.data.image.pixel_aspect;
    return { column: column + across / this.zoomed, row: row + down / (this.zoomed * aspect) };
  }

  /** The image coordinate some CSS pixels from another one, in a direction of the screen. */
  stepped({ row, column }, [x, y], step) {
    const [across, down] = onFilm(this.view.state, x * step, y * step);
    const aspect = this.view.data.image.pixel_aspect;
    return { column: column + across / this.zoomed, row: row + down / (this.zoomed * aspect) };
  }

  /** Where an image coordinate lies in the picture, in CSS pixels. */
  placeOf({ row, column }) {
    const { centre, data, state } = this.view;
    const across = (column - centre.column) * this.zoomed;
    const down = (row - centre.row) * this.zoomed * data.image.pixel_aspect;
    const [x, y] = onScreen(state, across, down);
    return { x: this.width / 2 + x, y: this.height / 2 + y };
  }

  draw(rough) {
    const { view, canvas } = this;
    // Nothing of the last case may stay under the next one's name.
    if (!view.pixels) canvas.width = 0;
    if (!view.pixels || !this.width || (rough && !this.seen)) return;
    const most = rough ? ROUGH / Math.max(this.width, this.height) : Infinity;
    const ratio = Math.min(devicePixelRatio, most);
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const scale = (width / this.width) * this.zoomed;
    this.paint(canvas.getContext("2d"), { width, height, scale, centre: view.centre, ratio, rough });
    this.showWipe(view.wipeOf(this));
    this.trace();
    this.picture.setAttribute("aria-busy", String(this.busy));
  }

  /**
   * Film, map and marks on a canvas of a size: `scale` of its pixels to a column, the image coordinate
   * `centre` in the middle, lines `ratio` times as wide as on the screen, wiped at `divider`.
   */
  paint(context, { width, height, scale, centre, ratio, rough = false, divider = null }) {
    const { view, spec } = this;
    const { rows, columns, pixel_aspect: aspect } = view.data.image;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    context.save();
    context.setTransform(filmMatrix(view.state, { width, height, scale, centre, aspect }));
    context.beginPath();
    context.rect(0, 0, columns, rows);
    context.clip();
    const source = view.pixels.windowed(scale * columns, view.window, view.state.inverted, rough);
    context.drawImage(source.canvas, 0, 0, source.width, source.height, 0, 0, columns, rows);
    this.drawMaps(context, width, height, divider);
    const matrix = context.getTransform();
    if (view.cutShown(spec) && this.map && spec.scale) this.drawCut(context, ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const filled = view.annotationShown() === "fill";
    for (const mark of view.marksOf(this.row)) drawMark(context, mark, matrix, ratio, filled);
    context.setTransform(matrix);
    if (view.pointed) this.drawPoint(context, ratio, view.pointed);
    context.restore();
  }

  /** From pixel indices of the map's grid, columns along x, to image coordinates. */
  get placement() {
    const [[dd, da, d0], [ad, aa, a0]] = this.spec.grid_to_image;
    return new DOMMatrix([aa, da, ad, dd, a0, d0]);
  }

  /** The map, or at both sides of a divider this one and another. */
  drawMaps(context, width, height, divider) {
    const { view } = this;
    const wipe = view.wipeOf(this);
    if (view.blinking) return;
    if (!wipe) return this.drawMap(context);
    const at = divider ?? wipe.at * width;
    for (const [panel, left, right] of [[this, 0, at], [wipe.other, at, width]]) {
      const matrix = context.getTransform();
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.beginPath();
      context.rect(left, 0, right - left, height);
      context.clip();
      context.setTransform(matrix);
      panel.drawMap(context);
      context.restore();
    }
  }

  showWipe(wipe) {
    if (!this.spec) return;
    for (const one of [this.divider, this.wiper, this.beyond]) one.hidden = !wipe;
    if (!wipe) return;
    this.divider.style.left = `${100 * wipe.at}%`;
    this.wiper.value = Math.round(100 * wipe.at);
    this.beyond.textContent = `${this.title} | ${wipe.other.title}`;
  }

  drawMap(context) {
    const { map, spec } = this;
    if (!spec?.scale || !map || !(this.opacity > 0)) return;
    const canvas = map.coloured(this.scale, this.view.colours);
    const fine = canvas.width / map.width;
    // Pixel indices are centres, canvas coordinates are corners: half a grid pixel between.
    const matrix = this.placement.translate(-0.5, -0.5).scale(1 / fine);
    context.save();
    context.setTransform(context.getTransform().multiply(matrix));
    context.globalAlpha = this.opacity;
    context.drawImage(canvas, 0, 0);
    context.restore();
  }

  /** The line around what of the map is above the threshold. */
  drawCut(context, ratio) {
    const path = new Path2D();
    const above = isolines(this.map).above(this.view.thresholdOf() * this.scale);
    path.addPath(above, context.getTransform().multiply(this.placement));
    context.setTransform(1, 0, 0, 1, 0, 0);
    strokeLine(context, path, CUT, ratio);
  }

  /** What is being drawn here, without drawing the picture anew. */
  trace() {
    const places = this.view.drawer.traced(this).map(({ x, y }) => `${x},${y}`).join(" ");
    for (const line of [this.rim, this.sketch]) line.setAttribute("points", places);
    this.overlay.trace();
  }

  /** The place that the reader chose. */
  drawPoint(context, ratio, { row, column }) {
    const { x, y } = context.getTransform().transformPoint(new DOMPoint(column, row));
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [width, colour] of [[4, "rgb(0 0 0 / 60%)"], [2, "#ffd54a"]]) {
      context.beginPath();
      context.arc(x, y, 7 * ratio, 0, 2 * Math.PI);
      context.moveTo(x, y - 2 * ratio);
      context.lineTo(x, y + 2 * ratio);
      context.lineWidth = width * ratio;
      context.strokeStyle = colour;
      context.stroke();
    }
  }

  /** Crosshair and value at an image coordinate; null hides them. */
  point(at) {
    const inside = Boolean(at && this.view.contains(at));
    this.picture.classList.toggle("pointed", inside);
    if (!inside) return;
    const { x, y } = this.placeOf(at);
    this.down.style.transform = `translateX(${x}px)`;
    this.across.style.transform = `translateY(${y}px)`;
    this.reading.textContent = this.valueAt(at);
  }

  valueAt({ row, column }) {
    const { image } = this.view.data;
    if (!this.spec) {
      const value = this.view.pixels?.value(column / image.columns, row / image.rows);
      if (value == null) return "";
      const ofFile = image.reflection == null ? value : image.reflection - value;
      return `${figures(ofFile)} ${image.unit}`.trim();
    }
    if (!this.map || !this.scale) return "";
    const [[dd, da, d0], [ad, aa, a0]] = this.spec.grid_to_image;
    const determinant = dd * aa - da * ad;
    const [y, x] = [row - d0, column - a0];
    const [i, j] = [(aa * y - da * x) / determinant, (dd * x - ad * y) / determinant];
    const outside = Math.max(-0.5 - i, -0.5 - j, i + 0.5 - this.map.height, j + 0.5 - this.map.width);
    if (outside > 0) return "";
    const value = this.map.value(i, j);
    const share = (value / this.scale).toFixed(2).replace("-", "−");
    if (!this.spec.ranked) return share;
    return `${share}, ${this.width < ROOMY ? "P" : "percentile "}${this.map.percentile(value)}`;
  }

  listen() {
    const { view, picture } = this;
    const { drawer } = view;
    const held = new Map(); // pointers down, by id
    let action = null;

    picture.addEventListener("contextmenu", (event) => event.preventDefault());
    picture.addEventListener("dblclick", () => {
      if (drawer.draws(this)) drawer.close();
      else if (!view.measurer.kind) view.enlarge(this);
    });
    picture.addEventListener("keydown", (event) => view.press(event, this));
    let pressed = null;
    picture.addEventListener("pointerdown", (event) => {
      picture.setPointerCapture(event.pointerId);
      pressed = event.button === 0 ? event : null;
      held.set(event.pointerId, event);
      if (held.size > 2) return;
      const tool = event.button === 2 ? "window" : event.button === 1 ? "pan" : view.dragOf(this);
      action = held.size === 2 ? "pinch" : tool;
      if (action === "box") drawer.press(this, this.imageAt(event));
      if (action === "measure") view.measurer.press(this, this.imageAt(event));
      if (action === "pinch") {
        drawer.drop();
        view.measurer.drop();
      }
      if (event.button === 1) event.preventDefault();
    });
    picture.addEventListener("pointermove", (event) => {
      view.point(this.imageAt(event));
      drawer.move(this, this.imageAt(event));
      view.measurer.move(this, this.imageAt(event));
      const before = held.get(event.pointerId);
      if (!before) return;
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      if (action === "pinch") {
        const other = [...held.values()].find((one) => one.pointerId !== event.pointerId);
        const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        const middle = {
          clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2,
        };
        view.zoomBy(apart(event) / Math.max(1, apart(before)), this.imageAt(middle));
        view.panBy(dx / 2, dy / 2, this);
      } else if (action === "pan") view.panBy(dx, dy, this);
      else if (action === "window") view.windowBy(dx, dy);
      held.set(event.pointerId, event);
    });
    const release = (event) => {
      if (held.delete(event.pointerId)) view.report();
      // The finger that stays after a pinch is about to leave too: it should not pan.
      if (held.size === 0) action = null;
    };
    picture.addEventListener("pointerup", (event) => {
      const apart = (one) => Math.hypot(event.clientX - one.clientX, event.clientY - one.clientY);
      const at = this.imageAt(event);
      if (action === "box") drawer.release(this, at);
      else if (action === "measure") view.measurer.release(this, at);
      else if (pressed && apart(pressed) < 4) view.pointAt(at, this);
      release(event);
    });
    picture.addEventListener("pointercancel", release);
    picture.addEventListener("pointerleave", () => view.point(null));
    picture.addEventListener(
      "wheel",
      (event) => {
        // Fully zoomed out, the wheel scrolls the page again.
        if (event.deltaY > 0 && view.state.zoom <= 1) return;
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 33 : 1;
        const steps = Math.max(-1, Math.min(1, (-event.deltaY * lines) / 100));
        view.zoomBy(ZOOM_STEP ** steps, this.imageAt(event));
      },
      { passive: false },
    );
  }
}
