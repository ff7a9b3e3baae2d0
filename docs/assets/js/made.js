/* The element of that name with its attributes and children. */
export function made(name, attributes, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
}

/* Turn a button on or off; gives which. `state` is the attribute that says it. */
export function toggled(button, state) {
  const isOn = button.getAttribute(state) !== "true";
  button.setAttribute(state, String(isOn));
  return isOn;
}

/* A box to tick, with its label. */
export function tick(name, value, label, isTicked) {
  const box = made("input", { type: "checkbox", name, value });
  box.checked = isTicked;
  return made("label", { class: "sp-tick" }, box, label);
}
