/* A comparison table as columns: contenders stand side by side, criteria below each other. */
import { made } from "../made.js";

const DENSE = 7;
const MOST_WIDTHS = 10;

/* What a cell says, without its mark. */
export function value(cell) {
  const said = cell.querySelector(".sp-val, .sp-verdict");
  return said ? said.textContent.trim() : "–";
}

function isNotRun(cell) {
  return Boolean(cell.querySelector(".sp-ev--missing"));
}

/* Figures that the rounds cannot tell from the best are alike, whatever their digits. */
function isAmongTheBest(cell) {
  return Boolean(cell.querySelector(".sp-val--yes ~ .sp-ev--timed"));
}

export class Grid {
  constructor(table) {
    const [corner, ...heads] = table.tHead.rows[0].cells;
    this.table = table;
    this.listed = heads.map((head) => head.dataset.key);
    this.shown = this.listed;
    this.head = this.line(corner.parentNode);
    this.lines = [...table.tBodies].flatMap((body) => [...body.rows])
      .filter((row) => !row.matches(".sp-group"))
      .map((row) => this.line(row));
  }

  line(row) {
    const [head, ...cells] = row.cells;
    return { row, head, cells: new Map(this.listed.map((key, place) => [key, cells[place]])) };
  }

  name(key) {
    return this.head.cells.get(key).textContent.trim();
  }

  /* The criterion of a line, without what explains it. */
  criterion(line) {
    return line.head.firstChild.textContent.trim();
  }

  /* Only these contenders, in this order. */
  show(keys) {
    this.shown = keys;
    /* The stylesheet knows the widths of so many columns. */
    this.table.dataset.n = Math.min(keys.length, MOST_WIDTHS);
    this.table.classList.toggle("sp-compare--dense", keys.length >= DENSE);
    [this.head, ...this.lines].forEach(({ row, head, cells }) => {
      row.replaceChildren(head, ...keys.map((key) => cells.get(key)));
    });
    this.table.querySelectorAll(".sp-group th").forEach((head) => { head.colSpan = keys.length + 1; });
  }

  differs({ cells }) {
    const shown = this.shown.map((key) => cells.get(key));
    return !shown.every(isAmongTheBest) && new Set(shown.map(value)).size > 1;
  }

  isKnown({ cells }) {
    return !this.shown.some((key) => isNotRun(cells.get(key)));
  }

  /* What differs first, then what is the same, then what nobody knows; gives how many differ. */
  arrange() {
    const known = this.lines.filter((line) => this.isKnown(line));
    const bands = [
      ["Differs", known.filter((line) => this.differs(line))],
      [this.shown.length === 2 ? "Same in both" : "Same in all", known.filter((line) => !this.differs(line))],
      ["Not executed on this version", this.lines.filter((line) => !this.isKnown(line))],
    ];
    [...this.table.tBodies].forEach((body) => body.remove());
    bands.forEach(([name, lines], place) => {
      if (!lines.length) return;
      const head = made("th", { scope: "rowgroup", colspan: this.shown.length + 1 }, made("span", {}, name));
      this.table.append(made("tbody", {}, made("tr", { class: "sp-group" }, head), ...lines.map(({ row }) => row)));
      lines.forEach(({ row }) => row.classList.toggle("sp-same", place === 1));
    });
    return bands[0][1].length;
  }

  /* The evidence of every value in words, below it, or only its mark. */
  explain(inWords) {
    this.lines.forEach(({ cells }) => cells.forEach((cell) => {
      const mark = cell.querySelector(".sp-ev");
      const said = cell.querySelector(".sp-says");
      if (mark && inWords && !said) cell.append(made("span", { class: "sp-says" }, mark.title));
      if (said && !inWords) said.remove();
    }));
  }

  /* The table as it is shown, for a document of the reader's. */
  markdown(source) {
    const cell = (text) => ` ${text.replace(/\s+/g, " ").replace(/[|\\]/g, "\\$&")} |`;
    const line = (first, texts) => `|${[first, ...texts].map(cell).join("")}`;
    const said = (one) => {
      const mark = one.querySelector(".sp-ev");
      return mark ? `${value(one)} (${mark.lastChild.textContent.trim()})` : value(one);
    };
    const rows = [...this.table.tBodies].flatMap((body) => [...body.rows]).map((row) => {
      const own = this.lines.find((one) => one.row === row);
      if (!own) return line(`**${row.textContent.trim()}**`, this.shown.map(() => ""));
      return line(this.criterion(own), this.shown.map((key) => said(own.cells.get(key))));
    });
    const head = line("", this.shown.map((key) => `[${this.name(key)}](${this.head.cells.get(key).querySelector("a").href})`));
    const rule = `|${" --- |".repeat(this.shown.length + 1)}`;
    return [head, rule, ...rows, "", `Source: <${source}>`, ""].join("\n");
  }
}
