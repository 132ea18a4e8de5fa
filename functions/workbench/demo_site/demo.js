// The bar below the clinic's site: switches the old pixels' stand-ins on beside the airlock, and shows what each sends.
// A part of the demo and not of the clinic's site. It keeps its own switch in this tab, once somebody has touched it.

(() => {
  const KEY = 'airlock_demo'; // {"pixels": bool, "open": bool, "since": epoch milliseconds}
  const EVERY_MS = 1000;
  const OLD_COOKIES = ['_fbp', '_ga'];
  const bar = document.querySelector('.demo');
  const state = read() || { pixels: false, open: false, since: Math.floor(performance.timeOrigin) };

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch (_) {
      return null; // storage is closed: the switch is off on every page
    }
  }

  function keep(change) {
    Object.assign(state, change);
    try {
      sessionStorage.setItem(KEY, JSON.stringify(state));
    } catch (_) {
      // Not kept: it holds for this page.
    }
  }

  function make(tag, className, text, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  }

  function loadPixels() {
    const script = make('script');
    script.src = '/old-pixels.js';
    document.head.append(script);
  }

  function setPixels(on) {
    keep({ pixels: on, since: on ? Date.now() : state.since });
    for (const name of on ? [] : OLD_COOKIES) document.cookie = `${name}=; Max-Age=0; Path=/`;
    if (on) {
      loadPixels();
      setOpen(true);
    } else location.reload(); // a script that has run cannot be taken back
  }

  const toggle = make('input');
  toggle.type = 'checkbox';
  toggle.checked = state.pixels;
  toggle.setAttribute('role', 'switch');
  toggle.addEventListener('change', () => setPixels(toggle.checked));
  const opener = make('button', 'demo-open', 'What each sends');
  opener.type = 'button';
  opener.setAttribute('aria-controls', 'demo-panel');
  opener.addEventListener('click', () => setOpen(panel.hidden));

  const old = make('ol');
  const told = make('ol');
  const panel = make(
    'div',
    'demo-panel',
    '',
    make('section', '', '', make('h2', '', 'Old pixels'), make('p', '', 'Sent to the ad companies by the visitor’s browser, before any choice.'), old),
    make('section', '', '', make('h2', '', 'Airlock'), make('p', '', 'Told to the ad networks by the clinic’s own server, after a yes.'), told)
  );
  panel.id = 'demo-panel';
  panel.hidden = true;

  let timer = 0;
  function setOpen(open) {
    if (open !== state.open) keep({ open });
    panel.hidden = !open;
    opener.setAttribute('aria-expanded', open);
    clearInterval(timer);
    if (!open) return;
    refresh();
    timer = setInterval(refresh, EVERY_MS);
  }

  // What names the visitor, the page or the treatment.
  const REVEALING = /^(dl|dr|rl|dt|fbp|cid|em|ep\.|cd\[|udff\[)/;

  function showOld({ vendor, endpoint, told: fields }) {
    const list = make('dl');
    for (const [name, value] of Object.entries(fields)) {
      list.append(make('dt', '', name), make('dd', REVEALING.test(name) ? 'loud' : '', value));
    }
    return make('li', '', '', make('h3', '', vendor, make('span', '', `${fields.ev || fields.en} to /${endpoint}`)), list);
  }

  function showTold({ destination, method, url, body, answer }) {
    let text = body;
    try {
      text = JSON.stringify(JSON.parse(body), null, 2);
    } catch (_) {
      // not JSON: shown as it is
    }
    const head = make('h3', '', destination, make('span', '', `${method} ${new URL(url).host}, answered ${answer.status}`));
    return make('li', '', '', head, make('pre', '', text));
  }

  function fill(list, entries, show, nothing) {
    const count = String(entries.length);
    if (list.dataset.count === count) return;
    list.dataset.count = count;
    list.replaceChildren(...(entries.length ? entries.map(show).reverse() : [make('li', 'none', nothing)]));
  }

  async function load(path) {
    return (await fetch(path, { cache: 'no-store' })).json();
  }

  async function refresh() {
    try {
      const [pixels, deliveries] = await Promise.all([load('/_airlock/old-pixels.json'), load('/_airlock/deliveries.json')]);
      const isRecent = ({ received_at: at }) => at >= state.since;
      fill(old, pixels.filter(isRecent), showOld, state.pixels ? 'Nothing yet.' : 'Switched off.');
      // A network's status is asked for with GET, which tells it nothing.
      fill(told, deliveries.filter(one => isRecent(one) && one.method === 'POST'), showTold,
        'Nothing. A network is told of a booking or a request, after a yes, and where the policy allows it.');
    } catch (_) {
      setOpen(false); // `airlock dev` was stopped
    }
  }

  bar.append(make('div', 'demo-tools', '', make('label', '', '', toggle, ' Old pixels, too'), opener));
  bar.prepend(panel);
  // Nothing of the site stays below the bar, however high it is.
  new ResizeObserver(() => {
    document.documentElement.style.setProperty('--demo', `${bar.offsetHeight}px`);
  }).observe(bar);
  if (state.pixels) loadPixels();
  setOpen(state.open);
})();
