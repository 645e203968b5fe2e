// Gaze: where somebody looked, as heat or as a path, up to a moment of the reading. The server sends
// fixations once; all that is drawn follows from them here.

const GRID = 200; // cells of a heatmap along the film's longer side
const BEYOND = 4; // standard deviations after which a Gaussian is left out
const SECOND = 17; // CSS pixels, radius of the circle of a fixation of a second
const MOST_RADIUS = 26;
const NUMBERED = 7.5; // CSS pixels: smaller circles have no room for a number
const HEAT_OPACITY = 0.75;
const FILM_TICK = 40; // ms between pictures while it plays
const ANATOMY = { colour: "#d7e3f4", dash: [3, 3] };

/** The parts of a Gaussian in the cells of one axis, within what was shown. */
function bell(middle, spread, [first, last], cell, count) {
  const from = Math.max(0, Math.floor((Math.max(first, middle - BEYOND * spread)) / cell));
  const to = Math.min(count, Math.ceil(Math.min(last, middle + BEYOND * spread) / cell));
  const values = new Float32Array(Math.max(0, to - from));
  for (let i = 0; i < values.length; i++) {
    const place = (from + i + 0.5) * cell;
    if (place > first && place < last) values[i] = Math.exp(-(((place - middle) / spread) ** 2) / 2) / spread;
  }
  return { from, values };
}

/** Seconds of gaze on a grid over the film. */
class GazeHeat {
  constructor({ rows, columns }, fixations) {
    this.cell = Math.max(rows, columns) / GRID;
    this.width = Math.ceil(columns / this.cell);
    this.height = Math.ceil(rows / this.cell);
    // Those off the film are left out.
    this.fixations = fixations
      .filter(({ row, column }) => row >= 0 && row < rows && column >= 0 && column < columns)
      .map((one) => {
        const [top, left, bottom, right] = one.shown ?? [0, 0, rows, columns];
        const down = bell(one.row, one.spread[0], [top, bottom], this.cell, this.height);
        const across = bell(one.column, one.spread[1], [left, right], this.cell, this.width);
        return { ...one, down, across };
      });
    this.canvas = blankCanvas(this.width, this.height);
    this.most = this.until(Infinity).reduce((a, b) => Math.max(a, b), 0);
  }

  until(time) {
    const sums = new Float32Array(this.width * this.height);
    for (const { start, seconds, down, across } of this.fixations) {
      const looked = Math.min(seconds, time - start);
      if (looked <= 0) continue;
      for (let i = 0; i < down.values.length; i++) {
        const weight = looked * down.values[i];
        const line = (down.from + i) * this.width + across.from;
        for (let k = 0; k < across.values.length; k++) sums[line + k] += weight * across.values[k];
      }
    }
    return sums;
  }

  /** In colour, linear from nothing to the most of the whole; 256 colours with their opacity. */
  drawn(time, table) {
    if (this.drawnAt === time) return this.canvas;
    this.drawnAt = time;
    const image = new ImageData(this.width, this.height);
    const out = new Uint32Array(image.data.buffer);
    const sums = this.until(time);
    for (let i = 0; i < out.length; i++) out[i] = table[Math.round((255 * sums[i]) / (this.most || 1))];
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    return this.canvas;
  }
}

/** 256 colours, clear at zero. */
function gazeTable(stops) {
  const rgba = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    rgba.set(stopAt(stops, i / 255), 4 * i);
    rgba[4 * i + 3] = 255 * HEAT_OPACITY * Math.min(1, i / 128);
  }
  return { rgba, table: new Uint32Array(rgba.buffer) };
}

function stopAt(stops, share) {
  const at = share * (stops.length - 1);
  const from = Math.min(stops.length - 2, Math.floor(at));
  return stops[from].map((one, c) => one + (at - from) * (stops[from + 1][c] - one));
}

/** What of gaze and anatomy is shown, and when it is; drawn over the films. */
class GazeLayer {
  constructor(view) {
    this.view = view;
    this.readings = [];
    this.anatomy = [];
    this.pick(0, "");
    this.bar = new GazeBar(this);
  }

  /** `data` is as `gaze.facts` of the server. */
  update(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    this.stop();
    this.stops = data.colours;
    this.colours = gazeTable(this.stops);
    this.anatomy = data.anatomy.map(({ name, curves }) => ({ name, curves, path: outline(curves) }));
    this.readings = data.readings.map((one) => ({
      name: one.name,
      timed: one.timed,
      phases: [...new Set(one.phases)],
      fixations: one.places.map(([row, column], i) => ({
        row, column, number: i + 1, seconds: one.seconds[i], start: one.starts[i],
        spread: one.spread[i], shown: one.shown[i], phase: one.phases[i],
      })),
    }));
    this.pick(0, "");
    this.bar.build();
  }

  get offered() {
    return this.readings.length > 0;
  }

  /** Whether there is anything to choose. */
  get present() {
    return this.offered || this.anatomy.length > 0;
  }

  get shown() {
    return this.offered ? this.view.habits.gaze : "off";
  }

  get anatomyShown() {
    return this.anatomy.length > 0 && this.view.habits.anatomy;
  }

  /** A reading and one of its phases, "" for all of it; at its end, where all of it is seen. */
  pick(reading, phase) {
    this.stop();
    this.index = reading;
    this.reading = this.readings[reading] ?? { fixations: [], phases: [], timed: true };
    this.phase = phase;
    this.fixations = this.reading.fixations.filter((one) => !phase || one.phase === phase);
    this.begin = Math.min(...this.fixations.map(({ start }) => start));
    this.end = Math.max(...this.fixations.map(({ start, seconds }) => start + seconds));
    this.time = this.end;
    this.heat = null;
  }

  show(shown) {
    if (!this.offered) return;
    if (shown === "off") this.stop();
    this.view.pickHabit({ gaze: shown });
    this.view.arrange();
  }

  turn() {
    this.show({ off: "heat", heat: "path", path: "off" }[this.shown]);
  }

  /** How many of the fixations have begun by now. */
  get begun() {
    return this.fixations.filter(({ start }) => start <= this.time).length;
  }

  seek(time) {
    this.time = Math.min(this.end, Math.max(this.begin, time));
    this.bar.read();
    this.view.tools.trace();
  }

  get playing() {
    return this.ticking !== undefined;
  }

  play() {
    if (this.playing) return this.stop();
    let clock = this.time >= this.end ? this.begin : this.time;
    let before = performance.now();
    // Where less motion is asked for it goes from fixation to fixation, and nothing grows.
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const tick = (now = performance.now()) => {
      clock += ((now - before) / 1000) * this.view.habits.gazeSpeed;
      before = now;
      const last = this.fixations.findLast(({ start }) => start <= clock);
      const time = still && last ? last.start + last.seconds : clock;
      if (time !== this.time) this.seek(time);
      if (clock < this.end) return;
      this.seek(this.end);
      this.stop();
    };
    this.ticking = setInterval(tick, FILM_TICK);
    tick();
    this.bar.read();
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.ticking);
    this.ticking = undefined;
    this.bar.read();
  }

  /** Over a panel, on a canvas of its own, so that film and map are not drawn anew as it plays. */
  draw(panel, canvas) {
    const { view } = this;
    canvas.hidden = !this.isOn(panel);
    if (canvas.hidden || !view.pixels) return;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(panel.width * ratio), Math.round(panel.height * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = ratio * panel.zoomed;
    const { pixel_aspect: aspect } = view.data.image;
    const matrix = filmMatrix(view.state, { width, height, scale, centre: view.centre, aspect });
    this.paint(context, panel, matrix, ratio);
  }

  /** On the radiograph; a map has colours of its own, and room for a path only where it is the large film. */
  isOn(panel) {
    if (!panel.spec) return this.shown !== "off" || this.anatomyShown;
    return this.shown === "path" && this.view.large(panel.row) === panel;
  }

  /** `matrix` leads from image coordinates to the canvas. */
  paint(context, panel, matrix, ratio) {
    if (!this.isOn(panel)) return;
    if (this.shown === "heat") this.paintHeat(context, matrix);
    if (this.anatomyShown && !panel.spec) this.paintAnatomy(context, matrix, ratio);
    if (this.shown === "path") this.paintPath(context, matrix, ratio, panel.width >= ROOMY);
  }

  paintHeat(context, matrix) {
    const { image } = this.view.data;
    this.heat ??= new GazeHeat(image, this.fixations);
    const { width, height, cell } = this.heat;
    context.save();
    context.setTransform(matrix);
    context.beginPath();
    context.rect(0, 0, image.columns, image.rows);
    context.clip();
    context.drawImage(this.heat.drawn(this.time, this.colours.table), 0, 0, width * cell, height * cell);
    context.restore();
  }

  /** Circles whose areas are durations, numbered and joined in order, from the first colour to the last. */
  paintPath(context, matrix, ratio, roomy) {
    const seen = this.fixations.slice(0, this.begun);
    const places = seen.map(({ row, column }) => matrix.transformPoint(new DOMPoint(column, row)));
    const colours = seen.map((_, i) => {
      const [r, g, b] = stopAt(this.stops, i / Math.max(1, this.fixations.length - 1));
      return `rgb(${r} ${g} ${b}`;
    });
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let i = 1; i < places.length; i++) {
      const [from, to] = [places[i - 1], places[i]];
      const line = new Path2D(`M${from.x} ${from.y}L${to.x} ${to.y}`);
      const width = (roomy ? 0.8 : 0.5) * ratio;
      strokeLine(context, line, { colour: `${colours[i]} / 80%)`, dash: [] }, width);
    }
    Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    context.font = `600 ${10.5 * ratio}px sans-serif`;
    seen.forEach((one, i) => {
      const { x, y } = places[i];
      const size = Math.min(MOST_RADIUS, SECOND * Math.sqrt(one.seconds)) * (roomy ? 1 : 0.5);
      const circle = new Path2D();
      circle.arc(x, y, size * ratio, 0, 2 * Math.PI);
      context.fillStyle = `${colours[i]} / 35%)`;
      context.fill(circle);
      const now = i === seen.length - 1 && this.time < this.end;
      const line = { colour: now ? "#fff" : `${colours[i]})`, dash: [] };
      strokeLine(context, circle, line, (now ? 1.5 : roomy ? 0.8 : 0.5) * ratio);
      if (!roomy || (size < NUMBERED && !now)) return;
      context.lineWidth = 2.5 * ratio;
      context.strokeStyle = "rgb(0 0 0 / 75%)";
      context.strokeText(one.number, x, y);
      context.fillStyle = "#fff";
      context.fillText(one.number, x, y);
    });
    context.restore();
  }

  paintAnatomy(context, matrix, ratio) {
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.font = `${11 * ratio}px sans-serif`;
    Object.assign(context, { textBaseline: "top", lineJoin: "round" });
    for (const { name, curves, path } of this.anatomy) {
      const placed = new Path2D();
      placed.addPath(path, matrix);
      strokeLine(context, placed, ANATOMY, 0.7 * ratio);
      if (!curves.length) continue;
      const { x, y } = matrix.transformPoint(new DOMPoint(curves[0][1], curves[0][0]));
      context.lineWidth = 3 * ratio;
      context.strokeStyle = "rgb(0 0 0 / 75%)";
      context.strokeText(name, x + 4 * ratio, y + 3 * ratio);
      context.fillStyle = ANATOMY.colour;
      context.fillText(name, x + 4 * ratio, y + 3 * ratio);
    }
    context.restore();
  }

  /** For captions of pictures; empty where nothing of it is shown. */
  inWords() {
    if (this.shown === "off") return "";
    const whole = this.time >= this.end ? "" : `, up to ${this.time.toFixed(1)} s`;
    return `Gaze (${this.shown}): ${[this.reading.name, this.phase].filter(Boolean).join(", ")}${whole}`;
  }
}
