// What the reader draws: a sketch until it is closed, then a drawing that waits to be saved.

const BY_KEYS = "Or arrows (with Shift a pixel) and Space";
// Name, what to do, and what else can be done.
const KINDS = {
  polygon: [
    "Polygon",
    "Click corners. Enter: close. Escape: give up",
    "A double-click or one on the first corner closes too. Backspace: one corner back",
    BY_KEYS,
  ],
  box: ["Box", "Drag from corner to corner. Escape: give up", BY_KEYS],
  point: ["Point", "Click: point", BY_KEYS],
};
const DRAW = "draw";
const TAKE_BACK = "take back";
const NEAR = 6; // CSS pixels: clicks no farther apart are on the same place

const outbox = new Outbox("drawings");

class Drawer {
  constructor(view) {
    this.view = view;
    this.sketch = null; // { kind, panel, corners, at }
    this.tools = choice(
      "Draw",
      Object.fromEntries(
        Object.entries(KINDS).map(([kind, [name, ...how]]) => [kind, [name, `${how.join(". ")} (D)`]]),
      ),
      (kind) => view.pick(view.tool === kind ? "pan" : kind),
    );
    this.mine = iconButton("mine", "My drawings", "Show or hide what you drew", () =>
      view.pickHabit({ mine: !view.habits.mine }),
    );
    this.how = el("span", { class: "how" });
    this.status = el("span", { role: "status" });
    this.node = el(
      "div",
      { class: "drawer", role: "group", "aria-label": "Drawing" }, this.status, this.how,
    );
  }

  update(drawing) {
    this.offered = Boolean(drawing);
    this.joins = this.offered && !drawing.saved;
    if (!drawing?.saved) return;
    outbox.belongTo(drawing.reader);
    outbox.settle(drawing.saved);
  }

  /** In a reading that of the answers, so that going on never comes before what was drawn. */
  get outbox() {
    return this.joins ? answersOutbox() : outbox;
  }

  show() {
    const { view } = this;
    for (const one of [this.node, this.tools, this.mine]) one.hidden = !this.offered;
    if (!this.offered) return;
    this.tools.show(view.tool);
    this.mine.setAttribute("aria-pressed", String(view.habits.mine));
    if (!this.joins) {
      const count = outbox.events.length;
      outbox.tell(this.status, { ...view.data.drawing, count, noun: "drawing" });
    }
    // Where a question asks for a point too, a click does one of two things.
    const answers = view.data.pointing ? "Click: answers the question about a point" : "";
    const [, first, ...more] = KINDS[view.tool] ?? ["", answers];
    this.how.textContent = first;
    this.how.title = [first, ...more].join(". ");
  }

  /** Whether the tool in hand draws on a panel. */
  draws(panel) {
    return this.offered && !panel.spec && this.view.tool in KINDS;
  }

  nextTool() {
    const kinds = Object.keys(KINDS);
    if (this.offered) this.view.pick(kinds[(kinds.indexOf(this.view.tool) + 1) % kinds.length]);
  }

  // ---- The pointer on a panel that is drawn on, at image coordinates ------------------------------

  /** Pressed: a box begins. */
  press(panel, at) {
    this.begin("box", panel);
    this.sketch.corners = [this.within(at)];
    this.move(panel, at);
  }

  move(panel, at) {
    if (this.sketch?.panel !== panel) return;
    this.sketch.at = this.within(at);
    this.trace();
  }

  /** Let go: a box is done. */
  release(panel, at) {
    if (this.sketch?.kind !== "box") return;
    this.sketch.corners.push(this.within(at));
    this.close();
  }

  click(panel, at) {
    const { tool } = this.view;
    if (tool === "box") return;
    if (tool === "point") {
      const same = this.placed && this.near(panel, this.placed, at);
      if (!same && this.view.contains(at)) this.put(panel.row, "point", [(this.placed = at)]);
      return;
    }
    if (this.sketch?.kind !== tool || this.sketch.panel !== panel) this.begin(tool, panel);
    const { corners } = this.sketch;
    if (corners.length > 2 && this.near(panel, corners[0], at)) this.close();
    else if (!corners.length || !this.near(panel, corners.at(-1), at)) corners.push(this.within(at));
    this.trace();
  }

  // ---- The keyboard -------------------------------------------------------------------------------

  /** Gives whether the key was one of the tool in hand. */
  key({ key, shiftKey }, panel) {
    const draws = this.draws(panel);
    const arrow = draws && arrowOf(key);
    if (arrow) this.step(panel, arrow, shiftKey ? 1 : STEP);
    else if (draws && key === " ") this.set(panel);
    else if (this.sketch) {
      const act = {
        Enter: () => this.close(),
        Escape: () => this.drop(),
        Backspace: () => (this.sketch.corners.length > 1 ? this.sketch.corners.pop() : this.drop()),
      }[key];
      act?.();
      if (act) this.trace();
      return Boolean(act);
    } else return false;
    return true;
  }

  /** The place that Space sets, a step further. */
  step(panel, arrow, pixels) {
    const { tool } = this.view;
    if (this.sketch?.kind !== tool || this.sketch.panel !== panel) this.begin(tool, panel);
    const from = this.sketch.at ?? this.sketch.corners.at(-1) ?? this.view.centre;
    this.move(panel, panel.stepped(from, arrow, pixels));
    this.view.point(this.sketch.at);
  }

  /** As a click does there; of a box the first is a press, the second lets go. */
  set(panel) {
    const mine = this.sketch?.panel === panel ? this.sketch : null;
    const at = mine?.at ?? this.view.centre;
    if (this.view.tool !== "box") this.click(panel, at);
    else if (mine?.corners.length) this.release(panel, at);
    else this.press(panel, at);
  }

  // ---- The sketch ---------------------------------------------------------------------------------

  begin(kind, panel) {
    this.drop();
    this.sketch = { kind, panel, corners: [], at: null };
  }

  drop() {
    const { panel } = this.sketch ?? {};
    this.sketch = null;
    panel?.trace();
  }

  /** What has too few corners stays a sketch, a box without extent was a slip. */
  close() {
    if (!this.sketch) return;
    const { kind, panel, corners } = this.sketch;
    if (corners.length < { polygon: 3, box: 2 }[kind]) return;
    const slip = kind === "box" && this.near(panel, ...corners);
    this.drop();
    const extent = (name) => new Set(corners.map((corner) => corner[name])).size > 1;
    if (!slip && extent("row") && extent("column")) this.put(panel.row, kind, corners);
  }

  trace() {
    this.sketch?.panel.trace();
  }

  /** The sketch's line on a panel, in CSS pixels of its picture. */
  traced(panel) {
    if (this.sketch?.panel !== panel) return [];
    const { kind, corners, at } = this.sketch;
    const places = [...corners, ...(at ? [at] : [])];
    if (kind !== "box" || places.length < 2) return places.map((place) => panel.placeOf(place));
    const [one, other] = [places[0], places.at(-1)];
    return [
      one, { row: one.row, column: other.column }, other, { row: other.row, column: one.column }, one,
    ].map((place) => panel.placeOf(place));
  }

  within({ row, column }) {
    const { rows, columns } = this.view.data.image;
    const clip = (x, size) => Math.min(size, Math.max(0, Math.round(100 * x) / 100));
    return { row: clip(row, rows), column: clip(column, columns) };
  }

  near(panel, one, other) {
    const [a, b] = [panel.placeOf(one), panel.placeOf(other)];
    return Math.hypot(a.x - b.x, a.y - b.y) <= NEAR;
  }

  // ---- Drawings -----------------------------------------------------------------------------------

  put(row, kind, corners) {
    this.view.habits.mine = true;
    const places = corners.map((corner) => this.within(corner));
    this.outbox.put(row.token, DRAW, { kind, corners: places.map((one) => [one.row, one.column]) });
  }

  takeBack(row) {
    if (!confirm(`Remove all your drawings of ${row.label} on this radiograph?`)) return;
    this.placed = null;
    this.outbox.put(row.token, TAKE_BACK, null);
  }

  /** A row's own drawings: what the server has, and what is on its way there. */
  own(row) {
    let own = row.annotations.filter((one) => one.own);
    if (!this.offered) return own;
    for (const { token, item, value } of this.outbox.events) {
      if (token !== row.token) continue;
      if (item === TAKE_BACK) own = [];
      else if (item === DRAW) own = [...own, waiting(value)];
    }
    return own;
  }
}

/** A drawing on its way to the server, as if it had come from there. */
function waiting({ kind, corners }) {
  const [[top, left], [bottom, right] = []] = corners;
  const ring = kind === "box" ? [[top, left], [top, right], [bottom, right], [bottom, left]] : corners;
  const point = kind === "point";
  const name = "yours, not saved yet";
  const [one] = drawable([{ name, own: true, curves: point ? [] : [ring.flat()], points: point ? corners : [] }]);
  return one;
}
