// How the film lies on the screen: mirrored first, then turned clockwise by quarter turns. Offsets are
// in CSS pixels, x to the right and y down.

/** An offset on the upright film as it is on the screen. */
function onScreen({ turned, mirrored }, x, y) {
  const across = mirrored ? -x : x;
  return [[across, y], [-y, across], [-across, -y], [y, -across]][turned];
}

/** An offset on the screen as it is on the upright film. */
function onFilm({ turned, mirrored }, x, y) {
  const [across, down] = [[x, y], [y, -x], [-x, -y], [-y, x]][turned];
  return [mirrored ? -across : across, down];
}

/**
 * From image coordinates, columns along x, to a canvas of a size, on which a column is `scale` wide and
 * the image coordinate `centre` lies in the middle.
 */
function filmMatrix(lie, { width, height, scale, centre, aspect }) {
  const [a, b] = onScreen(lie, scale, 0);
  const [c, d] = onScreen(lie, 0, scale * aspect);
  const { row, column } = centre;
  return new DOMMatrix([
    a, b, c, d, width / 2 - a * column - c * row, height / 2 - b * column - d * row,
  ]);
}

const turnQuarter = ({ turned, mirrored }) => ({ turned: (turned + 1) % 4, mirrored });
/** Left and right of the screen change places, however the film is turned. */
const mirror = ({ turned, mirrored }) => ({ turned: (4 - turned) % 4, mirrored: !mirrored });

/** In words, empty where the film lies as it is. */
function lieInWords({ turned, mirrored }) {
  return [turned && `rotated ${90 * turned}°`, mirrored && "mirrored"].filter(Boolean).join(", ");
}

const OPPOSITE = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };
const opposite = (letters) => [...letters].map((letter) => OPPOSITE[letter]).join("");

/** Letters at the screen's sides, of where the film's rows and columns lead (Patient Orientation). */
function sideLetters(lie, [rows, columns]) {
  const led = { "1,0": rows, "-1,0": opposite(rows), "0,1": columns, "0,-1": opposite(columns) };
  const at = (x, y) => led[onFilm(lie, x, y).map((one) => one + 0).join()];
  return { right: at(1, 0), left: at(-1, 0), bottom: at(0, 1), top: at(0, -1) };
}
