/* The tools above a comparison: leave contenders out, ask for what they must have, order, copy. */
import { made, tick, toggled } from "../made.js";
import { Grid, value } from "./grid.js";

const MOST_VALUES = 5;
const MOST_SIDE_BY_SIDE = 4;

/* A row can be asked for where contenders share values: line → its values, each with its number. */
function shared(grid) {
  return grid.lines.flatMap((line) => {
    const cells = [...line.cells.values()];
    const counts = new Map();
    cells.forEach((cell) => counts.set(value(cell), (counts.get(value(cell)) || 0) + 1));
    const isShared = counts.size > 1 && counts.size <= MOST_VALUES && counts.size < cells.length;
    return isShared && !line.row.querySelector(".sp-ev--timed") ? [{ line, counts }] : [];
  });
}

function ranked(grid) {
  return grid.lines.filter((line) => {
    const ranks = [...line.cells.values()].map((cell) => cell.dataset.rank).filter(Boolean);
    return new Set(ranks).size > 1;
  });
}

function ticked(panel) {
  return [...panel.querySelectorAll("input:checked")].map((box) => box.value);
}

function filled(tools) {
  const box = tools.nextElementSibling;
  const grid = new Grid(box.querySelector("table"));
  const tool = (name) => tools.querySelector(`[data-tool=${name}]`);
  const panel = (name) => tools.querySelector(`[data-panel=${name}]`);
  const order = tool("order");
  const orders = ranked(grid);
  const asked = shared(grid);

  function fits(key) {
    return asked.every(({ line, wanted }) => !wanted.size || wanted.has(value(line.cells.get(key))));
  }

  function inOrder(keys) {
    if (order.value === "") return keys;
    if (order.value === "name") return [...keys].sort((one, other) => grid.name(one).localeCompare(grid.name(other)));
    const { cells } = orders[Number(order.value)];
    const rank = (key) => Number(cells.get(key).dataset.rank ?? Infinity);
    return [...keys].sort((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
  }

  function show() {
    asked.forEach((one) => { one.wanted = new Set(ticked(one.values)); });
    const keys = inOrder(ticked(panel("contenders"))).filter(fits);
    grid.show(keys);
    const all = grid.listed.length;
    const left = keys.length ? `${keys.length} of ${all} contenders` : "No contender has all of this.";
    tools.querySelector("[role=status]").textContent = keys.length === all ? "" : left;
    const side = tool("side");
    const of = keys.length < all ? keys.slice(0, MOST_SIDE_BY_SIDE).join(",") : "";
    side.href = tools.dataset.compare + (of && `&of=${of}`);
  }

  panel("contenders").append(made("div", { class: "sp-ticks" }, ...grid.listed.map((key) => tick("of", key, grid.name(key), true))));
  asked.forEach((one) => {
    const ticks = [...one.counts].map(([text, count]) => tick("must", text, `${text} (${count})`, false));
    one.values = made("div", { class: "sp-ticks" }, ...ticks);
    panel("must").append(made("fieldset", { class: "sp-must" }, made("legend", {}, grid.criterion(one.line)), one.values));
  });
  tool("must").hidden = !asked.length;
  order.append(made("option", { value: "name" }, "by name"));
  orders.forEach((line, place) => order.append(made("option", { value: place }, `by: ${grid.criterion(line)}`)));

  tools.addEventListener("change", show);
  return grid;
}

/* Every table's tools answer; `copied` puts a text on the clipboard and says so on the button. */
export function start(copied) {
  document.querySelectorAll("[data-tools]").forEach((tools) => {
    let grid;
    /* A page has many tables and few readers use them all: each is read when its tools are touched. */
    const ready = () => { grid ||= filled(tools); };
    const actions = {
      contenders: unfold,
      must: unfold,
      evidence: (button) => grid.explain(toggled(button, "aria-pressed")),
      markdown: (button) => copied(button, grid.markdown(`${location.href.replace(/#.*/, "")}#${grid.table.caption.id}`)),
    };
    ["pointerover", "focusin"].forEach((name) => tools.addEventListener(name, ready, { once: true }));
    tools.classList.add("sp-tools--ready");
    tools.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      ready();
      actions[button.dataset.tool](button);
    });
  });
}

function unfold(button) {
  const panel = button.parentNode.querySelector(`[data-panel=${button.dataset.tool}]`);
  panel.hidden = !toggled(button, "aria-expanded");
}
