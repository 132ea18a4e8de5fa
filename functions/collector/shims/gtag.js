// Google's calls, of gtag.js and of Tag Manager's data layer. An event goes under its `send_to` (AW-.../label) where the
// policy knows it as an alias, else under its name.
const layer = (window.dataLayer = window.dataLayer || []);
const readEntry = pushed => {
  const entry = Object(pushed); // gtag pushes its arguments, Tag Manager's entries are plain objects
  const [command, name, told, callback] = entry.length ? entry : ["event", entry.event, entry];
  const { send_to, event, event_callback, eventCallback, ecommerce, ...fields } = Object(told);
  if (command == "event") {
    const known = [].concat(send_to, name).find(alias => find(alias) >= 0);
    take("gtag " + name, known, { ...ecommerce, ...fields });
  } else drop("gtag " + command, "no counterpart");
  // Sites wait for these before they follow a link or use an answer; there is nothing to wait for.
  const after = event_callback || eventCallback || callback;
  if (after) setTimeout(after);
};
const { push } = layer;
layer.push = (...entries) => {
  entries.forEach(readEntry);
  return push.apply(layer, entries);
};
layer.slice().forEach(readEntry);
window.gtag =
  window.gtag ||
  function () {
    layer.push(arguments);
  };
