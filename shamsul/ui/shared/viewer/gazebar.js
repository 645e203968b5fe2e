// The line of controls for gaze and anatomy, there only where a radiograph has either.

const SPEEDS = { 0.5: "½ ×", 1: "1 ×", 2: "2 ×", 4: "4 ×", 8: "8 ×" };

class GazeBar {
  constructor(layer) {
    this.layer = layer;
    const { view } = layer;
    this.kinds = choice(
      "Gaze",
      {
        off: ["Off", "Gaze is not shown (Y)"],
        heat: ["Heat", "Where it was looked at longest, on the radiograph (Y)"],
        path: ["Path", "Fixations in their order; larger circles were longer (Y)"],
      },
      (shown) => layer.show(shown),
    );
    this.who = picker("Whose gaze", (index) => this.pick(Number(index), ""), "");
    this.phases = picker("Phase of the reading", (phase) => this.pick(layer.index, phase), "");
    this.player = iconButton("play", "Play the gaze", "", () => layer.play());
    this.place = el("input", {
      type: "range", step: "any", "aria-label": "Moment of the reading",
      oninput: () => {
        layer.stop();
        layer.seek(Number(this.place.value));
      },
    });
    this.moment = el("output", { class: "moment", "aria-hidden": "true" });
    this.speed = picker(
      "Speed", (speed) => view.pickHabit({ gazeSpeed: Number(speed) }), "",
    );
    this.ramp = el("canvas", { class: "ramp", width: 256, height: 1, "aria-hidden": "true" });
    this.ends = [el("span"), el("span")];
    this.legend = el("span", { class: "legend" }, this.ends[0], this.ramp, this.ends[1]);
    this.parts = button("Anatomy", "Boxes around parts of the body, on the radiograph", () =>
      view.pickHabit({ anatomy: !view.habits.anatomy }),
    );
    this.time = el(
      "span", { class: "time", role: "group", "aria-label": "Play back" },
      this.player, el("label", { class: "field slider" }, this.place), this.moment, this.speed,
    );
    this.name = el("span", { class: "quiet", "aria-hidden": "true" }, "Gaze");
    this.node = el(
      "div", { class: "line gazebar", role: "group", "aria-label": "Gaze and anatomy", hidden: true },
      this.name, this.kinds, this.who, this.phases, this.time, this.legend, this.parts,
    );
  }

  reserve(on) {
    if (Boolean(this.reserved) === on) return;
    this.reserved = on;
    this.show();
    this.layer.view.arrange();
  }

  pick(index, phase) {
    this.layer.pick(index, phase);
    this.layer.view.refresh();
  }

  /** What there is to choose from, after another radiograph came. */
  build() {
    const { layer } = this;
    this.ramp.getContext("2d").putImageData(new ImageData(opaque(layer.stops), 256, 1), 0, 0);
  }

  show() {
    const { layer } = this;
    const { habits } = layer.view;
    const on = layer.shown !== "off";
    // The viewer beside has no controls, but the room of those that the other one has.
    this.node.hidden = layer.view.data.beside ? !this.reserved : !layer.present;
    for (const one of [this.name, this.kinds]) one.hidden = !layer.offered;
    this.kinds.show(layer.shown);
    this.who.hidden = !on || layer.readings.length < 2;
    this.who.offer(Object.fromEntries(layer.readings.map(({ name }, i) => [i, name])), String(layer.index));
    const { phases, timed } = layer.reading;
    this.phases.hidden = !on || !phases.length;
    const each = phases.map((phase) => [phase, phase]);
    this.phases.offer(Object.fromEntries([["", "whole reading"], ...each]), layer.phase);
    for (const one of [this.time, this.legend]) one.hidden = !on;
    this.time.title = timed ? "" : "The file tells no times: fixations one after the other";
    this.speed.offer(SPEEDS, String(habits.gazeSpeed));
    const words = layer.shown === "heat" ? ["none", "longest"] : ["first", "last"];
    this.legend.title =
      layer.shown === "heat"
        ? "Linear in seconds, as a share of the place that was looked at longest"
        : "The order of the fixations";
    this.ends.forEach((end, i) => (end.textContent = words[i]));
    this.parts.hidden = !layer.anatomy.length;
    this.parts.setAttribute("aria-pressed", String(habits.anatomy));
    this.read();
  }

  /** The moment that is shown; called at every picture while it plays. */
  read() {
    const { layer } = this;
    const playing = String(layer.playing);
    if (this.player.dataset.playing !== playing) {
      this.player.dataset.playing = playing;
      const words = layer.playing ? "Pause the gaze" : "Play the gaze";
      this.player.replaceChildren(icon(layer.playing ? "pause" : "play"));
      this.player.title = words;
      this.player.setAttribute("aria-label", words);
    }
    if (!layer.offered) return;
    const { begin, end, time, begun, fixations } = layer;
    Object.assign(this.place, { min: begin, max: end, value: time });
    const [now, all] = [time, end].map((one) => one.toFixed(1));
    this.moment.textContent = `${now} / ${all} s, ${begun} of ${fixations.length}`;
    const words = `${now} of ${all} seconds, ${begun} of ${fixations.length} fixations`;
    this.place.setAttribute("aria-valuetext", words);
  }
}

/** 256 colours as they are, without what makes heat clear. */
function opaque(stops) {
  const rgba = new Uint8ClampedArray(4 * 256).fill(255);
  for (let i = 0; i < 256; i++) rgba.set(stopAt(stops, i / 255), 4 * i);
  return rgba;
}
