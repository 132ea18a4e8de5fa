// Names and text in, elements out. Text is only ever set as text: nothing that a request carried can become markup.

/** An element with properties given as attributes (`class`, `data-*`, ...), then children: elements or text. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes || {})) element.setAttribute(name, attributes[name]);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A word of the outcome vocabulary as a coloured badge. */
export function badge(outcome, reason) {
  return make('span', { class: 'badge', 'data-outcome': outcome }, outcome, reason ? make('i', {}, reason) : null);
}

/** Sets the text only where it is another, so that nothing is announced or laid out twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
