// Rulers, angles and the cardiothoracic ratio: what is being measured, and what has been.

const MEASURE = "measure";
const REMOVE_MEASUREMENT = "remove measurement";
// How many places each has, and how they are set.
const MEASURES = {
  ruler: { name: "Ruler", count: 2, how: "Ruler: drag from end to end, or click both" },
  angle: { name: "Angle", count: 3, how: "Angle: click one end, the corner, the other end" },
  cardiothoracic_ratio: {
    name: "Cardiothoracic ratio",
    count: 4,
    how: "Cardiothoracic ratio: drag across the heart, then across the thorax",
  },
};
const RATIO = "cardiothoracic_ratio";
const STEP = 8; // CSS pixels that an arrow moves an end; with Shift 1

class Measurer {
  constructor(view) {
    this.view = view;
    this.sketch = null; // { kind, panel, places, at }
    this.moving = null; // { id, places }: an end of one that is there is being moved
    this.unkept = []; // where nothing is kept
  }

  get kind() {
    return this.view.tool in MEASURES ? this.view.tool : null;
  }

  get kept() {
    return Boolean(this.view.data.drawing);
  }

  /** All that has been measured on the radiograph: kept, on its way there, or in this page only. */
  get all() {
    const { data, rows, drawer } = this.view;
    let all = this.unkept;
    if (data.drawing) {
      all = data.drawing.measurements;
      const tokens = new Set(rows.map((row) => row.token));
      for (const { token, item, value } of drawer.outbox.events) {
        if (!tokens.has(token)) continue;
        if (item === MEASURE) all = [...all.filter((one) => one.id !== value.id), { ...value, own: true }];
        if (item === REMOVE_MEASUREMENT) all = all.filter((one) => one.id !== value);
      }
    }
    const { moving } = this;
    return all.map((one) => (one.id === moving?.id ? { ...one, places: moving.places } : one));
  }

  // ---- The pointer, at image coordinates ----------------------------------------------------------

  press(panel, at) {
    if (this.sketch?.kind !== this.kind || this.sketch.panel !== panel) this.begin(panel);
    this.sketch.at = at;
    this.set();
  }

  move(panel, at) {
    if (this.sketch?.panel !== panel) return;
    this.sketch.at = this.level(at);
    this.view.tools.trace();
  }

  /** Let go after dragging; a click leaves the next place to another click. */
  release(panel, at) {
    if (this.sketch?.panel !== panel) return;
    this.sketch.at = this.level(at);
    this.set();
  }

  // ---- The keyboard ---------------------------------------------------------------------------------

  /** Gives whether the key was one of the tool in hand. */
  key({ key, shiftKey }, panel) {
    if (!this.kind) return false;
    const arrow = arrowOf(key);
    if (arrow) {
      if (this.sketch?.panel !== panel) this.begin(panel);
      const from = this.sketch.at ?? this.sketch.places.at(-1) ?? this.view.centre;
      this.move(panel, panel.stepped(from, arrow, shiftKey ? 1 : STEP));
      return true;
    }
    if (key === "Enter" && !this.sketch) {
      this.begin(panel);
      this.move(panel, this.view.centre);
      return true;
    }
    const act = this.sketch && {
      Enter: () => this.set(),
      Escape: () => this.drop(),
      Backspace: () => this.sketch.places.pop() ?? this.drop(),
    }[key];
    if (act) act();
    else if (key === "Escape") this.view.pick("pan");
    else return false;
    this.view.tools.trace();
    return true;
  }

  // ---- The sketch -----------------------------------------------------------------------------------

  begin(panel) {
    this.sketch = { kind: this.kind, panel, places: [], at: null };
  }

  drop() {
    this.sketch = this.moving = null;
    this.view.tools.trace();
  }

  /** Another film: what was not kept is gone with the last one. */
  leave() {
    this.sketch = this.moving = null;
    this.unkept = [];
  }

  /** The place under the pointer becomes one of the sketch's, unless it is where the last one is. */
  set() {
    const { kind, panel, places, at } = this.sketch;
    const last = places.at(-1);
    const begins = kind === RATIO && places.length === 2;
    if (!at || (last && !begins && this.view.drawer.near(panel, last, at))) return;
    places.push(this.view.drawer.within(this.level(at)));
    if (places.length === MEASURES[kind].count) {
      this.sketch = null;
      this.put({ id: crypto.randomUUID?.() ?? String(Math.random()).slice(2), kind, places });
    }
    this.view.tools.trace();
  }

  /** The widths of heart and thorax are level on the screen. */
  level(at) {
    const { kind, places } = this.sketch;
    if (kind !== RATIO || places.length % 2 === 0) return at;
    return { ...at, ...alike(places.at(-1), this.view.state.turned % 2 ? "column" : "row") };
  }

  // ---- What has been measured -------------------------------------------------------------------------

  put({ id, kind, places }) {
    const one = { id, kind, places: asPairs(places) };
    if (this.kept) this.view.drawer.outbox.put(this.view.rows[0].token, MEASURE, one);
    else this.unkept = [...this.unkept.filter((other) => other.id !== id), { ...one, own: true }];
    this.view.refresh();
  }

  remove({ id }) {
    if (this.kept) this.view.drawer.outbox.put(this.view.rows[0].token, REMOVE_MEASUREMENT, id);
    else this.unkept = this.unkept.filter((one) => one.id !== id);
    this.view.refresh();
  }

  /** Move one end to an image coordinate; a width's other end stays level with it. */
  moveEnd(one, end, at) {
    const places = asPlaces(one.places);
    const place = this.view.drawer.within(at);
    if (one.kind === RATIO) {
      const other = end ^ 1;
      const fixed = places[end].row === places[other].row ? "row" : "column";
      places[other] = { ...places[other], ...alike(place, fixed) };
    }
    places[end] = place;
    this.moving = { id: one.id, places: asPairs(places) };
    this.view.tools.trace();
  }

  /** What was moved is measured anew, unless an end came to lie on another. */
  settle() {
    const moved = this.moving && this.all.find(({ id }) => id === this.moving.id);
    this.moving = null;
    if (!moved) return;
    const places = asPlaces(moved.places);
    const lengths = pairs(moved.kind, places).map(([a, b]) => this.between(a, b));
    if (Math.min(...lengths) > 0) this.put({ id: moved.id, kind: moved.kind, places });
    else this.view.refresh();
  }

  // ---- Numbers --------------------------------------------------------------------------------------

  /** Row and column of an image coordinate in millimetres, without spacing in widths of a column. */
  scaled({ row, column }) {
    const { spacing, pixel_aspect: aspect } = this.view.data.image;
    const [down, across] = spacing ?? [aspect, 1];
    return { y: row * down, x: column * across };
  }

  between(one, other) {
    const [a, b] = [this.scaled(one), this.scaled(other)];
    return Math.hypot(a.x - b.x, a.y - b.y);
  }

  length(x) {
    return this.view.data.image.spacing ? `${x.toFixed(1)} mm` : `${Math.round(x)} px`;
  }

  /** Said of lengths that are not the patient's. */
  get caveat() {
    const { caveat, spacing_words: words } = this.view.data.image;
    return caveat ? ` ${words}` : "";
  }

  /** What a measurement comes to, as it stands on the film; empty while it has too few places. */
  words(kind, places) {
    if (places.length < 2) return "";
    if (kind === "ruler") return this.length(this.between(...places)) + this.caveat;
    if (kind === "angle") return places.length < 3 ? "" : `${this.angle(places).toFixed(1)}°`;
    const [heart, thorax] = pairs(kind, places).map(([a, b]) => this.between(a, b));
    if (thorax === undefined) return this.length(heart) + this.caveat;
    return thorax > 0 ? `CTR ${(heart / thorax).toFixed(2)}` : "";
  }

  /** The same with all that belongs to it. */
  sentence({ kind, places }) {
    const ends = asPlaces(places);
    const words = `${MEASURES[kind].name}: ${this.words(kind, ends)}`;
    if (kind !== RATIO) return words;
    const [heart, thorax] = pairs(kind, ends).map(([a, b]) => this.length(this.between(a, b)));
    return `${words}, heart ${heart}, thorax ${thorax}${this.caveat}`;
  }

  /** In degrees, at the second of three places. */
  angle(places) {
    const [one, corner, other] = places.map((place) => this.scaled(place));
    const [a, b] = [one, other].map(({ x, y }) => [x - corner.x, y - corner.y]);
    const across = a[0] * b[1] - a[1] * b[0];
    return (Math.abs(Math.atan2(across, a[0] * b[0] + a[1] * b[1])) * 180) / Math.PI;
  }
}

const asPlaces = (pairs) => pairs.map(([row, column]) => ({ row, column }));
const asPairs = (places) => places.map(({ row, column }) => [row, column]);
const alike = (place, coordinate) => ({ [coordinate]: place[coordinate] });

/** The lines of a measurement, by their two ends. */
function pairs(kind, places) {
  const starts = kind === RATIO ? [0, 2] : [0, 1].slice(0, Math.max(1, places.length - 1));
  return starts.map((i) => [places[i], places[i + 1]]).filter(([, end]) => end);
}

/** The way that an arrow key points on the screen. */
function arrowOf(key) {
  return { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
}
