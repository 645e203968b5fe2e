// Annotations: each source and author has a line of its own, told apart by colour and by dashes.

const OWN = { colour: "#ff86d3", dash: [] };
// One more colour than dashes, so that twenty lines are all different.
const COLOURS = ["#00e5ff", "#ffb54a", "#b8f04a", "#bfa8ff", "#ffffff"];
const DASHES = [[], [8, 4], [2, 4], [10, 3, 2, 3]];
const CUT = { colour: "#fff16b", dash: [] }; // what of a map is above the threshold
const ARM = 6; // CSS pixels from the middle of a point's cross to its ends

/** Curves of rows and columns as one path in image coordinates. */
function outline(curves) {
  const path = new Path2D();
  for (const curve of curves) {
    path.moveTo(curve[1], curve[0]);
    for (let i = 2; i < curve.length; i += 2) path.lineTo(curve[i + 1], curve[i]);
    path.closePath();
  }
  return path;
}

/** Annotations as the server sends them, ready to be drawn. */
function drawable(annotations) {
  const names = [...new Set(annotations.filter((one) => !one.own).map((one) => one.name))];
  const line = (n) => ({ colour: COLOURS[n % COLOURS.length], dash: DASHES[n % DASHES.length] });
  return annotations.map((one) => ({
    ...one,
    path: outline(one.curves),
    line: one.own ? OWN : line(names.indexOf(one.name)),
  }));
}

/** A line of a width that does not depend on the zoom; its dark rim keeps it visible anywhere. */
function strokeLine(context, path, { colour, dash }, ratio) {
  context.setLineDash(dash.map((length) => length * ratio));
  for (const [width, style] of [[3.5, "rgb(0 0 0 / 60%)"], [1.75, colour]]) {
    context.lineWidth = width * ratio;
    context.strokeStyle = style;
    context.stroke(path);
  }
  context.setLineDash([]);
}

/** Draw a mark; `matrix` leads from image coordinates to the canvas, whose own is the identity. */
function drawMark(context, { path, points, line }, matrix, ratio, filled) {
  const placed = new Path2D();
  placed.addPath(path, matrix);
  if (filled) {
    context.fillStyle = `${line.colour}24`;
    context.fill(placed, "evenodd");
  }
  strokeLine(context, placed, line, ratio);
  const crosses = new Path2D();
  for (const [row, column] of points) {
    const { x, y } = matrix.transformPoint(new DOMPoint(column, row));
    for (const [dx, dy] of [[ARM * ratio, 0], [0, ARM * ratio]]) {
      crosses.moveTo(x - dx, y - dy);
      crosses.lineTo(x + dx, y + dy);
    }
  }
  strokeLine(context, crosses, { ...line, dash: [] }, ratio);
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A piece of a line, and what it stands for. */
function key({ colour, dash }, name) {
  const stroke = { stroke: colour, "stroke-width": 2, "stroke-dasharray": dash.join(" ") };
  const piece = svg(
    "svg", { class: "key", width: 30, height: 10, "aria-hidden": true },
    svg("line", { x1: 2, x2: 28, y1: 5, y2: 5, ...stroke }),
  );
  return el("span", { class: "named" }, piece, name);
}
