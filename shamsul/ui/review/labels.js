// The labels as bars. A click shows one alone; its + shows it besides the others.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

class Bars {
  constructor(parent) {
    this.list = el("ul", { class: "labels", "aria-label": "Labels to explain" });
    this.legend = el("p", { class: "legend" });
    goByArrows(this.list);
    parent.append(el("div", { style: "container-type: inline-size" }, this.list, this.legend));
  }

  update({ labels, chosen, about }, send) {
    this.send = send;
    const text = JSON.stringify([labels, about]);
    if (text !== this.text) {
      this.text = text;
      this.rows = labels.map((label) => this.row(label));
      this.list.replaceChildren(...this.rows.map(({ node }) => node));
      stopAt(this.list, (this.rows.find(({ name }) => chosen.includes(name)) ?? this.rows[0]).node);
      const annotated = labels.some((label) => label.annotated);
      this.legend.replaceChildren(
        el("span", {}, el("b"), "operating point"),
        ...(annotated ? [el("span", {}, "✎ annotated")] : []),
        el("span", {}, about),
      );
    }
    this.show(chosen);
  }

  row({ name, probability, threshold, positive, annotated }) {
    const number = probability.toFixed(2);
    const place = positive ? "above" : "below";
    const about = `${place} its operating point of ${threshold.toFixed(2)}${annotated ? ", annotated" : ""}`;
    const unseen = (text) => el("span", { class: "unseen" }, text);
    const label = el(
      "button",
      {
        type: "button", class: `label${positive ? " positive" : ""}`,
        title: `${name}, probability ${number}, ${about}`,
      },
      el("span", { class: "name" }, name),
      el("span", { "aria-hidden": true }, annotated ? "✎" : ""),
      unseen("probability"),
      el("span", { class: "number" }, number, el("span", { "aria-hidden": true }, positive ? " ▲" : "")),
      unseen(about),
      el(
        "span", { class: "bar" },
        el("i", { style: `width: ${100 * probability}%` }),
        el("b", { style: `left: calc(${100 * threshold}% - 1px)` }),
      ),
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
