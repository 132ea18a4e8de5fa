// What a clinic's site loads instead of the pixels: events in, one small POST each to the clinic's own airlock out.
//
//   airlock("lead", { value: 150, currency: "USD", email: "...", phone: "..." })
//   airlock.consent({ marketing: true })      nothing is sent, and nothing stored, before this
//   airlock.consent({ marketing: false })     takes it back: what waits is dropped, and the airlock forgets the click
//   airlock.gpc                               true: the browser asks for an opt-out, and it is honoured
//   airlock.debug = true                      tells the console what was sent or withheld, and why; never a value
//
//   <script src="https://collect.clinic.example/airlock.js" data-airlock-page="page_view" data-debug defer></script>
//   <form data-airlock="lead"><input data-airlock-field="email"> ...
//   <a href="tel:..." data-airlock="contact">
//   data-airlock="off" on html, body or script, or <meta name="airlock" content="off">: nothing on this page
//
// It never reads titles, referrers, cookies, selected text, or a form field that is not marked. ES2018.
// The words between double underscores are places of the policy's own words: its private pages, what consent has to say,
// and, where a shim asks for them, its events.
(() => {
  const stub = window.airlock || {};
  if ("gpc" in stub) return; // the tag stands twice in the page, and an event is told once

  const script = document.currentScript;
  const endpoint = new URL("/v1/events", script.src);
  const gpc = navigator.globalPrivacyControl === true;
  const WITHDRAWAL = "withdrawal"; // the sanitizer knows this one event beside the policy's own
  let click,
    busy,
    seen,
    consent, // undefined until the visitor has chosen: until then events wait
    queue = []; // [event, whether it was tried before], in memory only

  const say = (...words) => airlock.debug && console.log("airlock", ...words);

  // Why nothing may be sent from this page now, in the journal's words. The path is read as the sanitizer reads it:
  // decoded once, lower-cased; what could be read in two ways is private.
  const refusal = name => {
    let path = ";";
    try {
      path = location.pathname.replace(/(%[\da-f]{2})+/gi, decodeURIComponent).toLowerCase();
    } catch (error) {
      // not UTF-8
    }
    return gpc
      ? "gpc"
      : __PRIVATE_PAGES__.test(path) || document.querySelector("[data-airlock=off i],[name=airlock][content=off i]")
        ? "private_page"
        : consent && !__GRANTED__ && name != WITHDRAWAL && "no_consent";
  };

  // One at a time: a browser lets at most 64 KiB of keepalive bodies be under way. A leaving page waits for nothing.
  const flush = leaving => {
    if (!queue[0] || !consent) return;
    if (!leaving && (busy || !document.body || document.prerendering || !navigator.onLine)) return;
    const [event, tried] = queue.shift();
    const reason = refusal(event.event);
    if (reason) say(event.event, reason);
    else {
      busy = 1;
      // A string goes as text/plain, which needs no preflight; keepalive lets it outlive the page. A beacon would, too,
      // but shows no 503.
      fetch(endpoint, {
        method: "POST",
        body: JSON.stringify({ ...event, consent }),
        keepalive: true,
        credentials: "include"
      })
        .then(
          answer =>
            say(event.event, answer.status) || (answer.status > 428 && (+answer.headers.get("retry-after") || 5)),
          () => 5
        )
        .then(seconds => {
          if (seconds && !tried) queue.unshift([event, 1]); // once more, with the same id
          setTimeout(() => flush((busy = 0)), seconds * 1e3);
        });
    }
    flush(leaving);
  };

  const decide = given => {
    const withdraws = consent && __GRANTED__;
    consent = { at: Date.now(), ...given };
    if (!__GRANTED__) {
      queue = [];
      if (withdraws) {
        // The airlock keeps click ids in a cookie that no script can see: only its own answer can clear it.
        click = null;
        airlock(WITHDRAWAL);
      }
    }
    flush();
  };

  const airlock = (name, fields) => {
    if (name == "consent") return decide(fields);
    const { currency, props, authorization, value } = (fields = fields || {});
    const reason = refusal(name);
    const user = {};
    for (const key of "email phone first_name last_name city state zip country date_of_birth external_id".split(" "))
      user[key] = fields[key];
    if (reason) say(name, reason);
    else
      queue.push([
        {
          event: name,
          // A blob's address ends in a random UUID, in every browser; crypto.randomUUID is missing in older ones.
          id: URL.createObjectURL(new Blob()).slice(-36),
          url: name == WITHDRAWAL ? location.origin : location.href,
          at: Date.now(),
          currency,
          props,
          authorization,
          value: value && +value,
          click,
          user
        }
      ]);
    flush();
  };

  const capture = element => {
    if (!element || !element.dataset.airlock) return;
    const fields = {};
    for (const field of element.querySelectorAll("[data-airlock-field]"))
      fields[field.dataset.airlockField] = field.value;
    airlock(element.dataset.airlock, fields);
  };

  if (!refusal())
    new URLSearchParams(location.search).forEach((id, name) => {
      if (/^(\w*clk?id|[gw]braid|li_fat_id|rdt_cid|epik|ScCid)$/.test(name))
        click = { at: Date.now(), ...click, [name]: id };
    });

  airlock.consent = decide;
  airlock.gpc = gpc;
  airlock.debug = "debug" in script.dataset;
  window.airlock = airlock;

  addEventListener("submit", ({ target }) => capture(target), true);
  addEventListener("click", ({ target }) => capture(target.closest("a,button")), true);
  addEventListener("online", () => flush());
  addEventListener("DOMContentLoaded", () => flush());
  addEventListener("prerenderingchange", () => flush(), true);
  addEventListener("pagehide", () => flush(1));

  const page = script.dataset.airlockPage;
  if (page) {
    const pushState = history.pushState;
    // A page view is told once, however often its address is set.
    const view = () => {
      if (seen != location.pathname) {
        seen = location.pathname;
        airlock(page);
      }
    };
    history.pushState = (...state) => {
      pushState.apply(history, state);
      view();
    };
    addEventListener("popstate", view);
    view();
  }
  for (const call of stub.q || []) airlock(...call);

  // __PARTS__
})();
