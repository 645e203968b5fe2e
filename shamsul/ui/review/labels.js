// The labels as bars. A click shows one alone; its + shows it besides the others.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const unseen = (text) => el("span", { class: "unseen" }, text);

const standing = ({ positive, threshold }) =>
  `${positive ? "above" : "below"} its operating point of ${threshold.toFixed(2)}`;

function bar({ probability, threshold }, kind = "") {
  return el(
    "span", { class: `bar ${kind}` },
    el("i", { style: `width: ${100 * probability}%` }),
    el("b", { style: `left: calc(${100 * threshold}% - 1px)` }),
  );
}

/** What the model beside says of a label: its difference, its number and its bar; in words too. */
function theirs({ other: said, probability, positive }, { name }) {
  const quiet = (kind, ...content) => el("span", { class: kind, "aria-hidden": true }, ...content);
  if (!said) {
    return { words: `; not among the findings of ${name}`, nodes: [quiet("none", "not among its findings")] };
  }
  const rounded = (value) => Math.round(100 * value);
  const hundredths = rounded(said.probability) - rounded(probability);
  const sign = hundredths < 0 ? "−" : hundredths > 0 ? "+" : "±";
  const difference = `${sign}${(Math.abs(hundredths) / 100).toFixed(2)}`;
  const apart = said.positive !== positive;
  const number = said.probability.toFixed(2);
  const against = apart ? ", on the other side" : "";
  return {
    words: `; ${name} ${number}, ${standing(said)}, difference ${difference}${against}`,
    nodes: [
      quiet(`difference${apart ? " apart" : ""}`, difference, apart ? " ≠" : ""),
      quiet(`number second${said.positive ? " positive" : ""}`, number, said.positive ? " ▲" : ""),
      bar(said, `second${said.positive ? " positive" : ""}`),
    ],
  };
}

function legendOfTwo({ name, than, about: theirsAre }, about) {
  const swatch = (kind) => el("i", { class: kind });
  return [
    el("span", {}, "± second less first"),
    el("span", {}, "≠ one above, one below its point"),
    el("span", { class: "model", title: `${than}: ${about}` }, swatch("own"), `${than}: ${about}`),
    el("span", { class: "model", title: `${name}: ${theirsAre}` }, swatch("second"), `${name}: ${theirsAre}`),
  ];
}

class Bars {
  constructor(parent) {
    this.list = el("ul", { class: "labels", "aria-label": "Labels to explain" });
    this.legend = el("p", { class: "legend" });
    goByArrows(this.list);
    parent.append(el("div", { style: "container-type: inline-size" }, this.list, this.legend));
  }

  update({ labels, chosen, about, other }, send) {
    this.send = send;
    const text = JSON.stringify([labels, about, other]);
    if (text !== this.text) {
      this.text = text;
      this.list.classList.toggle("two", Boolean(other));
      this.rows = labels.map((label) => this.row(label, other));
      this.list.replaceChildren(...this.rows.map(({ node }) => node));
      stopAt(this.list, (this.rows.find(({ name }) => chosen.includes(name)) ?? this.rows[0]).node);
      const annotated = labels.some((label) => label.annotated);
      this.legend.replaceChildren(
        el("span", {}, el("b"), "operating point"),
        ...(annotated ? [el("span", {}, "✎ annotated")] : []),
        ...(other ? legendOfTwo(other, about) : [el("span", {}, about)]),
      );
    }
    this.show(chosen);
  }

  row(own, other) {
    const { name, positive, annotated } = own;
    const number = own.probability.toFixed(2);
    const about = `${standing(own)}${annotated ? ", annotated" : ""}`;
    const second = other ? theirs(own, other) : { words: "", nodes: [] };
    const label = el(
      "button",
      {
        type: "button", class: `label${positive ? " positive" : ""}`,
        title: `${name}, probability ${number}, ${about}${second.words}`,
      },
      el("span", { class: "name" }, name),
      el("span", { "aria-hidden": true }, annotated ? "✎" : ""),
      unseen("probability"),
      el("span", { class: "number" }, number, el("span", { "aria-hidden": true }, positive ? " ▲" : "")),
      unseen(`${about}${second.words}`),
      bar(own),
      ...second.nodes,
    );
    const beside = el("button", { type: "button", class: "beside" });
    label.onclick = () => this.choose([name]);
    beside.onclick = () => {
      const { chosen } = this;
      this.choose(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
    };
    return { name, label, beside, node: el("li", {}, label, beside) };
  }

  choose(chosen) {
    if (!chosen.length) return;
    this.show(chosen);
    this.send(chosen);
  }

  show(chosen) {
    this.chosen = chosen;
    for (const { name, label, beside } of this.rows) {
      const shown = chosen.includes(name);
      label.setAttribute("aria-pressed", String(shown));
      const words = shown ? `Do not show ${name}` : `Show ${name} besides`;
      beside.textContent = shown ? "−" : "+";
      beside.title = words;
      beside.setAttribute("aria-label", words);
      beside.style.visibility = shown && chosen.length === 1 ? "hidden" : "";
    }
  }
}

const mounted = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new Bars(parentElement));
  mounted.get(parentElement).update(data, (chosen) => setStateValue("chosen", chosen));
}
