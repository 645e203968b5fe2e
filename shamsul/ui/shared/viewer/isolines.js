// The line around what of a map is above a level, at about the display's resolution.

const FINE = 256; // samples on a map's long side

/** Where a map is sampled along an axis, in pixel indices: fine cells' centres, within its edges. */
function places(size, fine) {
  const centres = Array.from({ length: size * fine }, (_, k) => (k + 0.5) / fine - 0.5);
  return [-0.5, ...centres, size - 0.5];
}

// For each of 16 ways to be above at a cell's corners (a and b on top, d and c below them, a counting
// 8, b 4, c 2, d 1): the sides that the line goes between.
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];
const SEGMENTS = [
  [], [LEFT, BOTTOM], [BOTTOM, RIGHT], [LEFT, RIGHT],
  [TOP, RIGHT], [TOP, RIGHT, LEFT, BOTTOM], [TOP, BOTTOM], [LEFT, TOP],
  [LEFT, TOP], [TOP, BOTTOM], [LEFT, TOP, BOTTOM, RIGHT], [TOP, RIGHT],
  [LEFT, RIGHT], [BOTTOM, RIGHT], [LEFT, BOTTOM], [],
];

class Isolines {
  constructor(relevance) {
    const { width, height } = relevance;
    const fine = Math.min(16, Math.max(1, Math.ceil(FINE / Math.max(width, height))));
    this.down = places(height, fine);
    this.across = places(width, fine);
    const last = [this.down.length - 1, this.across.length - 1];
    // Beyond the map's edges nothing is above any level.
    this.values = this.down.map((row, i) =>
      Float32Array.from(this.across, (column, j) =>
        i && j && i < last[0] && j < last[1] ? relevance.value(row, column) : -Infinity,
      ),
    );
  }

  /** The line in pixel indices, columns along x. Marching squares (Lorensen, Cline 1987). */
  above(level) {
    if (this.level === level) return this.path;
    const path = new Path2D();
    for (let i = 0; i + 1 < this.down.length; i++) {
      for (let j = 0; j + 1 < this.across.length; j++) this.cell(path, i, j, level);
    }
    this.level = level;
    return (this.path = path);
  }

  cell(path, i, j, level) {
    const [upper, lower] = [this.values[i], this.values[i + 1]];
    const [a, b, c, d] = [upper[j], upper[j + 1], lower[j + 1], lower[j]];
    const way = 8 * (a > level) + 4 * (b > level) + 2 * (c > level) + (d > level);
    if (way === 0 || way === 15) return;
    const [top, bottom] = [this.down[i], this.down[i + 1]];
    const [left, right] = [this.across[j], this.across[j + 1]];
    const between = (from, to, u, v) => from + (to - from) * crossing(u, v, level);
    const side = {
      [TOP]: () => [between(left, right, a, b), top],
      [RIGHT]: () => [right, between(top, bottom, b, c)],
      [BOTTOM]: () => [between(left, right, d, c), bottom],
      [LEFT]: () => [left, between(top, bottom, a, d)],
    };
    SEGMENTS[way].forEach((one, k) => (k % 2 ? path.lineTo(...side[one]()) : path.moveTo(...side[one]())));
  }
}

/** How far from u's place to v's the level is crossed: on the edge where there is a value no more. */
function crossing(u, v, level) {
  if (u === -Infinity) return 0;
  return v === -Infinity ? 1 : (level - u) / (v - u);
}

const isolinesOf = new WeakMap();

function isolines(relevance) {
  if (!isolinesOf.has(relevance)) isolinesOf.set(relevance, new Isolines(relevance));
  return isolinesOf.get(relevance);
}
