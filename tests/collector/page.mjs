// A window as small as the script needs, for node: what a visitor does in, what is sent out. `run` gives one page.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";

const folder = process.env.AIRLOCK_SCRIPTS;

export const read = name => readFileSync(join(folder, name), "utf8");

export function run(name, { url = "https://www.glow-medspa.example/", before = () => {}, elements = {} } = {}) {
  const sent = [];
  const answers = [];
  const timers = [];
  const window = new EventTarget();
  const document = new EventTarget();
  const at = new URL(url);
  Object.assign(document, {
    body: {},
    currentScript: { src: "https://collect.glow-medspa.example/airlock.js", dataset: {} },
    querySelector: selector => (elements.off ? selector : null)
  });
  for (const forbidden of ["title", "referrer", "cookie"])
    Object.defineProperty(document, forbidden, {
      get: () => {
        throw new Error(`${forbidden} was read`);
      }
    });
  let now = 1795420800000;
  class Clock extends Date {
    static now() {
      return now;
    }
  }
  const history = { pushState: (state, title, path) => (at.href = new URL(path, at).href) };
  const scope = {
    document,
    history,
    location: at,
    navigator: { onLine: true },
    Blob,
    console: { log: (...words) => page.said.push(words.join(" ")) },
    URL,
    URLSearchParams,
    Date: Clock,
    fetch: (endpoint, options) => {
      sent.push({ endpoint: "" + endpoint, ...options, body: JSON.parse(options.body) });
      const answer = answers.shift() || { status: 204 };
      if (answer.fails) return Promise.reject(new TypeError("Failed to fetch"));
      return Promise.resolve({ status: answer.status, headers: new Map(Object.entries(answer.headers || {})) });
    },
    setTimeout: (call, delay = 0) => timers.push({ call, due: now + delay }),
    addEventListener: window.addEventListener.bind(window),
    dispatchEvent: window.dispatchEvent.bind(window)
  };
  scope.window = scope;
  const context = createContext(scope);
  const page = {
    scope,
    sent,
    answers,
    said: [],
    // Let promises settle and timers that are due run, up to `milliseconds` from now.
    pass: async (milliseconds = 0) => {
      const end = now + milliseconds;
      for (;;) {
        for (let turn = 0; turn < 20; turn++) await null;
        timers.sort((one, other) => one.due - other.due);
        if (!timers[0] || timers[0].due > end) break;
        const { call, due } = timers.shift();
        now = Math.max(now, due);
        call();
      }
      now = end;
    },
    fire: (type, detail, target = window) => target.dispatchEvent(Object.assign(new Event(type), { detail })),
    get bodies() {
      return sent.map(({ body }) => body);
    }
  };
  before(scope, page);
  runInContext(read(name), context);
  return page;
}
