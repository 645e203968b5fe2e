// From parcels to canvases. Nothing here knows the page.

const ROUGH = 768; // longest side drawn while something moves

function blankCanvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

/** Integers of a radiograph, with ever smaller copies so that small panels are quick and smooth. */
class Pixels {
  static async decode(parcel) {
    const deflated = new Blob([parcel.payload]).stream();
    const inflated = deflated.pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(inflated).arrayBuffer();
    const data = parcel.bits === 8 ? new Uint8Array(buffer) : new Uint16Array(buffer);
    const { width, height } = parcel;
    for (let row = 0; row < height; row++) {
      // Undo the differences; the array's type does the modulo.
      for (let i = row * width + 1; i < (row + 1) * width; i++) data[i] += data[i - 1];
    }
    return new Pixels(parcel, data);
  }

  constructor({ width, height, offset, scale }, data) {
    Object.assign(this, { width, height, offset, scale });
    this.levels = [{ width, height, data }];
    for (let last = this.levels[0]; Math.max(last.width, last.height) > 256; ) {
      this.levels.push((last = halve(last)));
    }
  }

  value(x, y) {
    const { width, height, data } = this.levels[0];
    const column = Math.min(width - 1, Math.floor(x * width));
    const row = Math.min(height - 1, Math.floor(y * height));
    return this.offset + this.scale * data[row * width + column];
  }

  /** Smallest copy with at least `width` pixels across (or the whole), drawn with a window. */
  windowed(width, [black, white], inverted, rough) {
    let index = this.levels.findLastIndex((level) => level.width >= width);
    index = Math.max(index, 0);
    while (rough && this.levels[index + 1] && longest(this.levels[index]) > ROUGH) index++;
    const level = this.levels[index];
    const key = `${black} ${white} ${inverted}`;
    if (level.key !== key) {
      level.key = key;
      level.canvas ??= blankCanvas(level.width, level.height);
      paint(level, this.greys(key, black, white, inverted));
    }
    // The last row and column of a halved copy may reach beyond the radiograph.
    return { canvas: level.canvas, width: this.width / 2 ** index, height: this.height / 2 ** index };
  }

  greys(key, black, white, inverted) {
    if (this.greysKey === key) return this.greysTable;
    const table = new Uint32Array(this.levels[0].data instanceof Uint8Array ? 256 : 65536);
    const [from, to] = inverted ? [255, 0] : [0, 255];
    for (let i = 0; i < table.length; i++) {
      const t = (this.offset + this.scale * i - black) / (white - black);
      const grey = Math.round(from + (to - from) * Math.min(1, Math.max(0, t)));
      table[i] = 0xff000000 | (grey * 0x010101);
    }
    this.greysKey = key;
    return (this.greysTable = table);
  }
}

const longest = ({ width, height }) => Math.max(width, height);

function halve({ width, height, data }) {
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  half.data = new data.constructor(half.width * half.height);
  for (let row = 0, i = 0; row < half.height; row++) {
    const upper = 2 * row * width;
    const lower = Math.min(2 * row + 1, height - 1) * width;
    for (let column = 0; column < half.width; column++, i++) {
      const left = 2 * column;
      const right = Math.min(left + 1, width - 1);
      const sum = data[upper + left] + data[upper + right] + data[lower + left] + data[lower + right];
      half.data[i] = (sum + 2) >> 2;
    }
  }
  return half;
}

function paint({ width, height, data, canvas }, table) {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = table[data[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Opacity, before the reader's, of a normalised magnitude: where a map says little it is clear. */
function visibility(t) {
  return Math.min(1, Math.max(0, (t - 0.05) / 0.5));
}

/**
 * 256 colours with their visibility: 0 to 1, or with `signed` -1 to 1 in 255 of them. Magnitudes
 * below the threshold are clear.
 */
function colourTable(stops, signed, threshold) {
  const rgba = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    const place = signed ? Math.min(i, 254) / 254 : i / 255;
    const at = place * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      rgba[4 * i + c] = stops[from][c] + (at - from) * (stops[from + 1][c] - stops[from][c]);
    }
    const magnitude = signed ? Math.abs(2 * place - 1) : place;
    rgba[4 * i + 3] = magnitude < threshold ? 0 : 255 * visibility(magnitude);
  }
  return { signed, rgba, table: new Uint32Array(rgba.buffer) };
}

/** Of each place of a grid `fine` times as fine: the two pixels it lies between, and how far. */
function between(size, fine) {
  const count = size * fine;
  const [first, second, part] = [new Uint16Array(count), new Uint16Array(count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    const at = Math.min(size - 1, Math.max(0, (i + 0.5) / fine - 0.5));
    first[i] = Math.floor(at);
    second[i] = Math.min(size - 1, first[i] + 1);
    part[i] = at - first[i];
  }
  return { first, second, part };
}

/** Raw values of a heatmap on the model's grid. */
class Relevance {
  constructor({ width, height, payload }) {
    Object.assign(this, { width, height, values: new Float32Array(payload.buffer) });
    this.greatest = this.values.reduce((a, b) => Math.max(a, b), -Infinity);
  }

  /** Bilinear interpolation at a fractional pixel index; the border pixels continue outwards. */
  value(row, column) {
    const r = Math.min(this.height - 1, Math.max(0, row));
    const c = Math.min(this.width - 1, Math.max(0, column));
    const top = Math.min(Math.floor(r), Math.max(0, this.height - 2));
    const left = Math.min(Math.floor(c), Math.max(0, this.width - 2));
    const below = this.height > 1 ? this.width : 0;
    const beside = this.width > 1 ? 1 : 0;
    const [i, down, across] = [top * this.width + left, r - top, c - left];
    const v = this.values;
    const upper = v[i] + across * (v[i + beside] - v[i]);
    const lower = v[i + below] + across * (v[i + below + beside] - v[i + below]);
    return upper + down * (lower - upper);
  }

  /** How many percent of the map's values are no greater. */
  percentile(value) {
    this.sorted ??= this.values.slice().sort();
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return Math.round((100 * low) / this.sorted.length);
  }

  /**
   * The colour's number at each place of a grid finer than the map's: values must be interpolated
   * before they are coloured, since between plus and minus lies nothing, not purple. Kept, so that
   * a threshold that is dragged looks colours up only.
   */
  numbered(scale, signed) {
    if (this.numbers && this.numbersScale === scale && this.numbersSigned === signed) return;
    const fine = Math.min(16, Math.max(1, Math.ceil(512 / Math.max(this.width, this.height))));
    const [width, height] = [this.width * fine, this.height * fine];
    this.numbers ??= new Uint8ClampedArray(width * height);
    this.image ??= new ImageData(width, height);
    this.canvas ??= blankCanvas(width, height);
    const [zero, unit] = signed ? [127, 127 / scale] : [0, 255 / scale];
    const columns = between(this.width, fine);
    const rows = between(this.height, fine);
    // A line of the map between two of its own, then the places in it. The array rounds and clips.
    const line = new Float32Array(this.width);
    for (let y = 0, i = 0; y < height; y++) {
      const [upper, lower] = [rows.first[y] * this.width, rows.second[y] * this.width];
      for (let x = 0; x < line.length; x++) {
        const value = this.values[upper + x];
        line[x] = zero + unit * (value + rows.part[y] * (this.values[lower + x] - value));
      }
      for (let x = 0; x < width; x++, i++) {
        const value = line[columns.first[x]];
        this.numbers[i] = value + columns.part[x] * (line[columns.second[x]] - value);
      }
    }
    this.numbersScale = scale;
    this.numbersSigned = signed;
  }

  /** The map in colour. */
  coloured(scale, colours) {
    if (this.colouredBy === colours && this.colouredScale === scale) return this.canvas;
    this.numbered(scale, colours.signed);
    const out = new Uint32Array(this.image.data.buffer);
    const { numbers } = this;
    for (let i = 0; i < out.length; i++) out[i] = colours.table[numbers[i]];
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
    this.colouredBy = colours;
    this.colouredScale = scale;
    return this.canvas;
  }
}

// Decoded once per parcel, however often viewers come and go.
const decodedParcels = new WeakMap();

function decoded(parcel) {
  if (!decodedParcels.has(parcel)) {
    const made = parcel.kind === "map" ? new Relevance(parcel) : Pixels.decode(parcel);
    decodedParcels.set(parcel, made);
  }
  return decodedParcels.get(parcel);
}
