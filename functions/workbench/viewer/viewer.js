// The log and the received requests in, once a second; the funnel, the filtered table and the chosen event out.

import { showItem, showNothing, showRequest } from './detail.js';
import { Feed } from './feed.js';
import { drawFunnel } from './funnel.js';
import { Journal } from './journal.js';
import { byId, make, setText } from './page.js';
import { Table } from './table.js';
import { learnReasons } from './words.js';

const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 3000;
const TYPING_MS = 120;

const journal = new Journal();
const feed = new Feed('/_airlock/feed.json');
const detail = byId('detail');
const table = new Table(byId('table'), byId('more'), open);

let policy = null;
let awaited = null; // {sent, after}: a re-run that is to be shown when it comes
let chosen = null; // {item} or {request}
let drawnVersion = ''; // of the chosen one, so that the panel is rebuilt only when it changed
let paused = false;
let loaded = false;

// --- Reading ---

async function poll() {
  let wait = EVERY_MS;
  try {
    const changed = await read();
    say(null);
    setState(paused ? 'paused' : 'live');
    if (changed || !loaded) {
      loaded = true;
      draw();
    }
  } catch (error) {
    wait = AFTER_FAILURE_MS;
    setState('lost');
    const cause = error instanceof TypeError ? 'It may have been stopped' : error.message;
    say(`The workbench does not answer as it should. ${cause}. What is shown here is what was read before; it is tried again every three seconds.`);
  }
  if (!paused) setTimeout(poll, wait);
}

async function read() {
  if (!policy) await readPolicy();
  let changed = false;
  for (let more = true; more;) {
    const news = await feed.poll();
    if (news.fresh) {
      journal.clear();
      forget();
      await readPolicy();
    }
    journal.add(news);
    drawGate(news.gate);
    changed = changed || news.fresh || news.lines.length + news.sent.length + news.requests.length > 0;
    more = news.more;
  }
  return changed;
}

async function readPolicy() {
  const answer = await fetch('/_airlock/policy.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`/_airlock/policy.json answered ${answer.status}`);
  policy = await answer.json();
  learnReasons(policy.reasons);
  setText(byId('policy-text'), policy.text);
}

// --- Showing ---

function draw() {
  offerNetworks();
  drawFunnel(byId('flow'), byId('balance'), journal.tally(), byId('outcome').value);
  const view = document.querySelector('input[name=view]:checked').value;
  const items = view === 'events' ? chooseItems() : chooseRequests();
  table.show(view, items);
  const all = view === 'events' ? journal.items.length : journal.requests.length;
  const unreadable = journal.unreadable ? `, ${journal.unreadable} lines of the log could not be read` : '';
  setText(byId('shown'), all ? `${items.length.toLocaleString('en-US')} of ${all.toLocaleString('en-US')}${unreadable}` : '');
  drawEmpty(items.length, all);
  showAwaited();
  drawDetail();
}

function chooseItems() {
  const outcome = byId('outcome').value;
  const destination = byId('destination').value;
  const words = searched();
  return journal.items.filter((item) => item.fits(outcome, destination) && words.every((word) => item.text.includes(word))).reverse();
}

function showAwaited() {
  const item = awaited && journal.rerunOf(awaited.sent, awaited.after);
  if (!item) return;
  awaited = null;
  open(item);
}

function drawGate(mode) {
  const closed = mode !== 'open';
  setText(byId('gate'), closed ? 'Open the airlock' : 'Close the airlock');
  byId('gate').setAttribute('aria-pressed', String(closed));
  byId('closed').hidden = !closed;
  setText(byId('closed'), closed ? `The kill switch is at “${mode}”: what is closed takes nothing, and is answered 204.` : '');
}

function chooseRequests() {
  const outcome = byId('outcome').value;
  const destination = byId('destination').value;
  const words = searched();
  return journal.requests.filter((request) => {
    if (destination && request.destination !== destination) return false;
    const row = outcome ? journal.rowOf(request) : null;
    if (outcome && !(row && row.stands(outcome))) return false;
    const text = words.length ? JSON.stringify([request.url, request.headers, request.answer]).toLowerCase() + request.body.toLowerCase() : '';
    return words.every((word) => text.includes(word));
  }).reverse();
}

function searched() {
  return byId('find').value.toLowerCase().split(/\s+/).filter(Boolean);
}

function drawEmpty(shown, all) {
  const empty = byId('empty');
  empty.hidden = shown > 0;
  if (shown) return;
  empty.textContent = '';
  if (all) {
    empty.append(make('h3', {}, 'Nothing fits this filter'), make('p', {}, 'Clear it to see everything again.'));
    return;
  }
  empty.append(
    make('h3', {}, 'Nothing has arrived yet'),
    make('p', {}, 'Open the ', make('a', { href: '/' }, 'demo clinic site'), ', answer its banner and send the booking form. What becomes of it appears here within a second.'),
    make('p', {}, 'Anything posted to ', make('code', {}, '/v1/events'), ' appears here too.'));
}

function drawDetail() {
  if (!chosen) {
    if (drawnVersion !== 'none') showNothing(detail);
    drawnVersion = 'none';
    return;
  }
  const row = chosen.request ? journal.rowOf(chosen.request) : null;
  const version = chosen.item ? `item ${journal.items.indexOf(chosen.item)} ${chosen.item.version}` : `request ${chosen.request.number} ${row ? row.item.version : 0}`;
  if (version === drawnVersion || detail.contains(document.activeElement) && document.activeElement.matches('select')) return;
  drawnVersion = version;
  if (chosen.item) showItem(detail, chosen.item, journal.requests, policy, { last: () => journal.lastSent, ran });
  else showRequest(detail, chosen.request, row, policy);
}

function ran(sent, after) {
  awaited = { sent, after };
}

function open(item) {
  chosen = 'rows' in item ? { item } : { request: item };
  table.choose(item);
  drawnVersion = '';
  drawDetail();
  detail.scrollTop = 0;
  // Below the list on a narrow screen: bring it into sight.
  if (detail.getBoundingClientRect().top > window.innerHeight - 120) detail.scrollIntoView({ block: 'start' });
}

function forget() {
  chosen = null;
  table.choose(null);
}

function offerNetworks() {
  const names = journal.destinations();
  offer(byId('destination'), names, 1);
  offer(byId('fault-name'), policy ? Object.keys(policy.networks) : names, 0);
}

function offer(select, names, fixed) {
  const there = [...select.options].slice(fixed).map((option) => option.value);
  names.filter((name) => !there.includes(name)).forEach((name) => select.append(make('option', { value: name }, name)));
}

function setState(state) {
  const element = byId('state');
  element.dataset.state = state;
  setText(element, { live: 'Live', paused: 'Paused', lost: 'No answer' }[state]);
}

function say(text) {
  const notice = byId('notice');
  notice.hidden = !text;
  notice.dataset.kind = 'error';
  setText(notice, text || '');
}

// --- Asking ---

function filter() {
  table.back();
  draw();
}

let typing = 0;
byId('find').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(filter, TYPING_MS);
});
byId('filters').addEventListener('change', (event) => {
  if (event.target.id !== 'find') filter();
});
byId('filters').addEventListener('submit', (event) => event.preventDefault());
byId('filters').addEventListener('reset', () => setTimeout(filter));
byId('flow').addEventListener('click', (event) => {
  const cell = event.target.closest('.cell');
  if (!cell) return;
  const name = cell.dataset.cell === 'received' ? '' : cell.dataset.cell;
  byId('outcome').value = byId('outcome').value === name ? '' : name;
  filter();
});
byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', String(paused));
  setText(byId('pause'), paused ? 'Go on' : 'Pause');
  if (paused) setState('paused');
  else poll();
});
byId('faults').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = byId('fault-answer');
  const name = byId('fault-name').value;
  const count = Number(byId('fault-count').value);
  const status = Number(byId('fault-status').value);
  const fault = { [byId('fault-kind').value]: name, status, count };
  try {
    const response = await fetch('/_airlock/faults', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fault),
    });
    answer.value = response.ok
      ? `The next ${count} to ${name} get ${status}.`
      : `Not taken: the workbench answered ${response.status}.`;
  } catch (_) {
    answer.value = 'The workbench does not answer.';
  }
});

detail.addEventListener('click', (event) => {
  const earlier = event.target.closest('[data-sent]');
  const item = earlier && journal.itemOf(Number(earlier.dataset.sent));
  if (item) open(item);
});
byId('gate').addEventListener('click', async () => {
  const mode = byId('gate').getAttribute('aria-pressed') === 'true' ? 'open' : 'closed';
  const answer = await fetch('/_airlock/gate', { method: 'POST', body: mode });
  if (answer.ok) drawGate(mode);
});
byId('policy-switch').addEventListener('click', () => {
  const shown = byId('policy').hidden;
  byId('policy').hidden = !shown;
  byId('policy-switch').setAttribute('aria-expanded', String(shown));
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches('input, select, textarea');
  if (event.key === '/' && !isTyping) {
    event.preventDefault();
    byId('find').focus();
  } else if (event.key === 'Escape' && detail.contains(event.target)) {
    table.focus();
  }
});

poll();
