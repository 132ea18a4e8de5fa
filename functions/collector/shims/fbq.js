// Meta's calls: track, trackCustom, trackSingle and trackSingleCustom. `init`, `set` and `consent` have no counterpart:
// no pixel is loaded, and consent is told to airlock.
const fbqCalls = (window.fbq || {}).queue || [];
window.fbq = window._fbq = (command, ...rest) => {
  if (/^trackSingle/.test(command)) rest.shift(); // names the pixel first
  const [name, fields] = rest;
  if (!/^track/.test(command)) drop("fbq " + command, "no counterpart");
  else take(`fbq ${command} ${name}`, name, fields);
};
for (const call of fbqCalls) fbq(...call);
