// What the reader has set, and what follows from it. A case's settings are kept with the case, habits
// go along to the next one.

const VIEW = {
  zoom: 1, centre: null, window: null, inverted: false, enlarged: null, turned: 0, mirrored: false,
};
const MOST_ZOOM = 20;
const fresh = () => ({ ...VIEW, opacity: {} });
const HABITS = {
  display: "positive", colours: {}, layout: "fit", shared: false, opacity: null, threshold: null,
  mine: true, cut: true, follow: true, opacities: {}, window: null, inverted: false, main: null,
  other: null, wipe: false, wiped: null, gaze: "off", gazeSpeed: 1, anatomy: false,
};

class ReaderState {
  load(data) {
    this.storage = `${data.key}/${data.image.id}`;
    this.state = { ...fresh(), ...recall(this.storage) };
    this.habits = { ...HABITS, ...recall("habits") };
    if (this.habits.follow) this.follow(data.image.window);
    else this.habits.opacities = {};
  }

  /** As the last case was set: as it looks, not in values, which differ from film to film. */
  follow([low, high]) {
    const { window, inverted } = this.habits;
    this.state.window = window && window.map((share) => low + share * (high - low));
    this.state.inverted = inverted;
    this.state.opacity = {};
  }

  save() {
    if (!this.storage) return;
    remember(this.storage, this.state);
    remember("habits", this.habits);
  }

  get signed() {
    return this.habits.display === "signed";
  }

  get window() {
    return this.state.window ?? this.data.image.window;
  }

  get centre() {
    return this.state.centre ?? { row: this.data.image.rows / 2, column: this.data.image.columns / 2 };
  }

  /** Size of the film as it lies on the screen, in widths of a column. */
  get extent() {
    const { rows, columns, pixel_aspect: aspect } = this.data.image;
    const [width, height] = [columns, rows * aspect];
    return this.state.turned % 2 ? { width: height, height: width } : { width, height };
  }

  /** Whether there are annotations that the reader may choose to see. */
  get annotated() {
    return this.data.rows.some((row) => row.annotations.some((one) => !one.own));
  }

  /** The annotations of a row that are seen now. */
  marksOf(row) {
    const others = row.annotations.filter((one) => !one.own);
    return [
      ...(this.annotationShown() === "off" ? [] : others),
      ...(this.habits.mine ? this.drawer.own(row) : []),
    ];
  }

  /** Whether maps can be outlined where they are cut. */
  get cuttable() {
    return this.data.rows.some((row) => row.panels.some((panel) => panel.curve));
  }

  cutShown(spec) {
    return Boolean(spec?.curve) && this.habits.cut;
  }

  annotationShown(state = this.state) {
    return this.annotated ? (state.annotation ?? this.data.annotation) : "off";
  }

  acrossLabels(habits = this.habits) {
    return habits.shared && this.data.rows.length > 1;
  }

  scaleOf({ title, scale }) {
    if (!this.acrossLabels()) return scale;
    const same = this.data.rows.flatMap((row) => row.panels).filter((one) => one.title === title);
    return Math.max(...same.map((one) => one.scale ?? 0));
  }

  colourName(habits = this.habits) {
    const names = this.data.colours[habits.display];
    const wanted = habits.colours[habits.display];
    return wanted in names ? wanted : Object.keys(names)[0];
  }

  get colours() {
    const key = `${this.habits.display} ${this.colourName()} ${this.thresholdOf()}`;
    if (this.coloursKey !== key) {
      const stops = this.data.colours[this.habits.display][this.colourName()];
      this.coloursTable = colourTable(stops, this.signed, this.thresholdOf());
      this.coloursKey = key;
    }
    return this.coloursTable;
  }

  thresholdOf(habits = this.habits) {
    return habits.threshold ?? this.data.threshold;
  }

  opacityOf({ row, title }, state = this.state, habits = this.habits) {
    const own = state.opacity[row.label]?.[title] ?? habits.opacities[title];
    return own ?? habits.opacity ?? this.data.opacity;
  }

  /** For the server; with untouched settings what it assumes unless it is told. */
  reportable(state = this.state, habits = this.habits) {
    const opacity = {};
    for (const { label, panels } of this.data.rows) {
      const titles = panels.map(({ title }) => title);
      const of = (title) => this.opacityOf({ row: { label }, title }, state, habits);
      opacity[label] = Object.fromEntries(titles.map((title) => [title, of(title)]));
    }
    return {
      image: this.data.image.id,
      opacity,
      window: state.window ?? this.data.image.window,
      zoom: state.zoom,
      threshold: this.thresholdOf(habits),
      inverted: state.inverted,
      display: habits.display,
      colour_map: this.colourName(habits),
      normalisation: this.acrossLabels(habits) ? "p99.5-across-labels" : "p99.5",
      annotation: this.annotationShown(state),
    };
  }
}
