/* The element of that name with its attributes and children. */
export function made(name, attributes, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
}

/* A box to tick, with its label. */
export function tick(name, value, label, isTicked) {
  const box = made("input", { type: "checkbox", name, value });
  box.checked = isTicked;
  return made("label", { class: "sp-tick" }, box, label);
}
