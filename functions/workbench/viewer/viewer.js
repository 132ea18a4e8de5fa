// The log and the received requests in, once a second; the funnel, the filtered table and the chosen event out.

import { showNothing, showRequest, showRow } from './detail.js';
import { LogFeed, RequestFeed } from './feed.js';
import { drawFunnel } from './funnel.js';
import { Journal } from './journal.js';
import { byId, make, setText } from './page.js';
import { Table } from './table.js';

const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 3000;
const TYPING_MS = 120;
const NETWORKS = ['meta', 'google', 'tiktok', 'linkedin', 'ga4'];

const journal = new Journal();
const logFeed = new LogFeed('/_airlock/log.jsonl');
const requestFeed = new RequestFeed('/_airlock/deliveries.json');
const detail = byId('detail');
const table = new Table(byId('table'), byId('more'), open);

let chosen = null; // {row} or {request}
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
  const [lines, requests] = await Promise.all([logFeed.poll(), requestFeed.poll()]);
  if (lines) {
    if (lines.fresh) {
      journal.clearLog();
      forget();
    }
    lines.lines.forEach((text) => journal.addText(text));
  }
  if (requests) {
    if (requests.fresh) journal.clearRequests();
    requests.requests.forEach((request) => journal.addRequest(request));
  }
  return Boolean(lines || requests);
}

// --- Showing ---

function draw() {
  offerNetworks();
  drawFunnel(byId('flow'), byId('balance'), journal.tally(), byId('outcome').value);
  const view = document.querySelector('input[name=view]:checked').value;
  const items = view === 'decisions' ? chooseRows() : chooseRequests();
  table.show(view, items);
  const all = view === 'decisions' ? journal.rows.length : journal.requests.length;
  const unreadable = journal.unreadable ? `, ${journal.unreadable} lines of the log could not be read` : '';
  setText(byId('shown'), all ? `${items.length} of ${all}${unreadable}` : '');
  drawEmpty(items.length, all);
  drawDetail();
}

function chooseRows() {
  const outcome = byId('outcome').value;
  const destination = byId('destination').value;
  const words = searched();
  return journal.rows.filter((row) =>
    (!outcome || row.stands(outcome)) &&
    (!destination || row.line.destination === destination) &&
    words.every((word) => row.text.includes(word))).reverse();
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
  const row = chosen.row || journal.rowOf(chosen.request);
  const version = `${chosen.row ? 'row' : 'request'} ${(chosen.row || chosen.request).number} ${row ? row.version : 0}`;
  if (version === drawnVersion) return;
  drawnVersion = version;
  if (chosen.row) showRow(detail, chosen.row, journal.requests);
  else showRequest(detail, chosen.request, row);
}

function open(item) {
  chosen = 'line' in item ? { row: item } : { request: item };
  table.choose(item);
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
  offer(byId('fault-name'), [...NETWORKS, ...names.filter((name) => !NETWORKS.includes(name))], 0);
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

poll();
