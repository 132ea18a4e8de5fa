// What every shim hands its calls to: a pixel's event name in, an event of the policy out; value and currency go along,
// nothing else does. Part of the script only where a shim is.
const events = __EVENTS__; // each a list: its name, then what else it is called
const taken = []; // when each was last taken
const find = name => events.findIndex(names => names.includes(name));
const drop = (call, why) => say(call, "dropped:", why);
const take = (call, name, fields) => {
  const { value, currency, ...rest } = fields || {};
  const place = find(name);
  if (place < 0) return drop(call, "unknown_event");
  if (place == find(page)) return drop(call, "data-airlock-page tells it");
  // A site tells one conversion to each of its pixels, one after another. It is one conversion.
  if (Date.now() - taken[place] < 5e3) return drop(call, "told just now");
  taken[place] = Date.now();
  say(call, "taken; dropped:", Object.keys(rest).join() || "nothing");
  airlock(events[place][0], { value, currency });
};
