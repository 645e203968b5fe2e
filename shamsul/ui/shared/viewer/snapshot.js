// A picture of the panels to keep, with a caption that names nobody.

const TILE = 720; // canvas pixels that a film in it is wide
const EDGE = 24;
const LINE = 26; // of the caption
const TYPE = 18;
const RAMP = 12; // height of a map's colours

const RESEARCH = "SHAMSUL: research use only, not for diagnosis";

/** Panels side by side, in as many lines as make the picture about square. */
async function saveSnapshot(view, panels) {
  const blob = await new Promise((done) => composed(view, panels).toBlob(done, "image/png"));
  const link = el("a", { href: URL.createObjectURL(blob), download: "shamsul-snapshot.png" });
  link.click();
  URL.revokeObjectURL(link.href);
}

function composed(view, panels) {
  const { width, height } = view.extent;
  const film = { width: TILE, height: Math.round((TILE * height) / width) };
  const across = Math.max(1, Math.round(Math.sqrt((panels.length * film.height) / TILE)));
  const columns = Math.min(panels.length, across);
  const captions = panels.map((panel) => captionOf(panel));
  const lines = Math.max(...captions.map((caption) => caption.length));
  const tile = { width: TILE + EDGE, height: film.height + RAMP + LINE * (lines + 1) + EDGE };
  const down = Math.ceil(panels.length / columns);
  const canvas = blankCanvas(columns * tile.width + EDGE, down * tile.height + LINE + 2 * EDGE);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  panels.forEach((panel, i) => {
    const [left, top] = [EDGE + (i % columns) * tile.width, EDGE + Math.floor(i / columns) * tile.height];
    context.drawImage(filmOf(panel, film, !panel.spec || panels.length === 1), left, top);
    const below = top + film.height;
    if (panel.spec?.map) context.drawImage(panel.row.legend.ramp, left, below, TILE, RAMP);
    captions[i].forEach((line, k) => write(context, line, left, below + RAMP + LINE * (k + 1), !k));
  });
  const model = view.data.model ? `Model ${view.data.model}. ` : "";
  write(context, model + RESEARCH, EDGE, canvas.height - EDGE, true);
  return canvas;
}

function write(context, line, x, y, bold) {
  context.fillStyle = "#111";
  context.font = `${bold ? 600 : 400} ${TYPE}px sans-serif`;
  context.fillText(line, x, y, TILE);
}

/** What a panel shows, in lines. */
function captionOf(panel) {
  const { view, spec, row, title } = panel;
  const [black, white] = view.window;
  const [centre, width] = [(black + white) / 2, white - black].map(figures);
  const film = `Window: centre ${centre}, width ${width}${view.state.inverted ? ", inverted" : ""}`;
  const lie = lieInWords(view.state);
  const gaze = view.gaze.inWords();
  if (!spec) return ["Radiograph", film, ...[lie && `View ${lie}`, gaze].filter(Boolean)];
  const shared = view.acrossLabels() ? "same scale across labels" : spec.scaled;
  const sign = view.signed ? "signed" : "positive relevance only";
  const hidden = view.thresholdOf() ? `, hidden below ${view.thresholdOf().toFixed(2)}` : "";
  const colours = () => `Colours: ${shared}; 1.0 = ${figures(panel.scale)}`;
  return [
    `${title} for ${row.label}`,
    `${view.colourName()}, ${sign}, opacity ${Math.round(100 * panel.opacity)} %${hidden}`,
    spec.map ? colours() : spec.failed || "Not computed yet",
  ];
}

/** The picture as it is shown, with what lies over it; numbers only where they are asked for. */
function filmOf(panel, { width, height }, numbered) {
  const { view } = panel;
  const canvas = blankCanvas(width, height);
  const context = canvas.getContext("2d");
  const ratio = width / panel.width;
  panel.paint(context, { width, height, scale: panel.zoomed * ratio, centre: view.centre, ratio });
  const matrix = filmMatrix(view.state, {
    width, height, scale: panel.zoomed * ratio, centre: view.centre, aspect: view.data.image.pixel_aspect,
  });
  view.gaze.paint(context, panel, matrix, ratio);
  context.setTransform(1, 0, 0, 1, 0, 0);
  for (const { kind, places } of view.measurer.all) {
    const ends = asPlaces(places);
    const at = ends.map((end) => panel.placeOf(end)).map(({ x, y }) => ({ x: x * ratio, y: y * ratio }));
    for (const [from, to] of pairs(kind, at)) {
      strokeLine(context, new Path2D(`M${from.x} ${from.y}L${to.x} ${to.y}`), { ...LENGTH, dash: [] }, 1.5);
    }
    const { x, y } = at[kind === "angle" ? 1 : 0];
    if (numbered) label(context, view.measurer.words(kind, ends), x, y - 12);
  }
  const { left, right, top, bottom } = sideLetters(view.state, view.data.image.sides);
  label(context, left, 8, height / 2);
  label(context, right, width - 8, height / 2, "right");
  label(context, top, width / 2, TYPE + 6, "center");
  label(context, bottom, width / 2, height - 10, "center");
  if (!panel.spec) drawScale(context, panel, ratio);
  return canvas;
}

function drawScale(context, { view, zoomed }, ratio) {
  const { width, height } = context.canvas;
  const { image } = view.data;
  const { length, unit, pixels } = scaleBar(image, zoomed);
  context.fillStyle = "#fff";
  context.fillRect(width - 12 - pixels * ratio, height - 20, pixels * ratio, 3);
  const words = [`${length} ${unit}`, image.spacing_words].filter(Boolean).join(", ");
  label(context, words, width - 12, height - 30, "right");
}

/** White on a dark rim, moved to the left where it would not fit. */
function label(context, text, x, y, textAlign = "left") {
  Object.assign(context, { textAlign, font: `600 ${TYPE}px sans-serif`, lineWidth: 4, lineJoin: "round" });
  const room = context.canvas.width - context.measureText(text).width - 8;
  const at = textAlign === "left" ? Math.max(8, Math.min(x, room)) : x;
  context.strokeStyle = "#000";
  context.strokeText(text, at, Math.max(y, TYPE));
  context.fillStyle = "#fff";
  context.fillText(text, at, Math.max(y, TYPE));
}
