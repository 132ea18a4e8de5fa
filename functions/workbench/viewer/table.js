// Rows in, table rows out; draws a window of them, keeps what is unchanged, and moves the focus by arrow keys.

import { badge, make, setText } from './page.js';
import { tellClock, tellOutcome, tellReason, tellTime } from './words.js';

export const WINDOW = 200;

const COLUMNS = {
  events: ['Time', 'Event', 'Page', 'What became of it'],
  requests: ['Time', 'Request', 'Network', 'Answer', 'Events in it', 'Bytes'],
};

/** The table of one view; `open` is called with the row or request that the reader chooses. */
export class Table {
  constructor(table, more, open) {
    this.table = table;
    this.head = table.tHead;
    this.body = table.tBodies[0];
    this.more = more;
    this.open = open;
    this.view = '';
    this.items = [];
    this.limit = WINDOW;
    this.drawn = new Map(); // item -> its <tr>
    this.items_of = new WeakMap(); // <tr> -> item
    this.chosen = null;
    this.body.addEventListener('click', (event) => this._click(event));
    this.body.addEventListener('keydown', (event) => this._key(event));
    more.addEventListener('click', () => this._grow());
  }

  /** Shows these items, which come newest first. */
  show(view, items) {
    if (view !== this.view) {
      this.view = view;
      this.drawn.clear();
      this.body.textContent = '';
      this.head.textContent = '';
      this.head.append(make('tr', {}, ...COLUMNS[view].map((name) => make('th', { scope: 'col' }, name))));
    }
    this.items = items;
    this._draw();
  }

  /** Marks the chosen one. */
  choose(item) {
    if (this.chosen && this.drawn.has(this.chosen)) this.drawn.get(this.chosen).removeAttribute('aria-current');
    this.chosen = item;
    if (item && this.drawn.has(item)) this.drawn.get(item).setAttribute('aria-current', 'true');
  }

  back() {
    this.limit = WINDOW;
  }

  /** Puts the focus on the chosen row, else on the first. */
  focus() {
    const row = (this.chosen && this.drawn.get(this.chosen)) || this.body.rows[0];
    if (row) row.querySelector('button').focus();
  }

  _draw() {
    const wanted = this.items.slice(0, this.limit);
    const keep = new Set(wanted);
    for (const [item, row] of this.drawn) {
      if (!keep.has(item)) {
        row.remove();
        this.drawn.delete(item);
      }
    }
    let place = this.body.firstChild;
    for (const item of wanted) {
      let row = this.drawn.get(item);
      if (!row) {
        row = make('tr', {});
        this.drawn.set(item, row);
        this.items_of.set(row, item);
      }
      if (row === place) place = place.nextSibling;
      else this.body.insertBefore(row, place);
      this._fill(row, item);
    }
    const left = this.items.length - wanted.length;
    this.more.hidden = left <= 0;
    setText(this.more, `Show ${Math.min(left, WINDOW)} more of ${left}`);
  }

  _fill(row, item) {
    const version = String(item.version || 0);
    if (row.dataset.version === version) return;
    const focused = row.contains(document.activeElement);
    row.dataset.version = version;
    row.textContent = '';
    row.append(...(this.view === 'events' ? eventCells(item) : requestCells(item)));
    if (item === this.chosen) row.setAttribute('aria-current', 'true');
    if (focused) row.querySelector('button').focus();
  }

  _grow() {
    const first = this.items[this.limit];
    this.limit += WINDOW;
    this._draw();
    if (this.drawn.has(first)) this.drawn.get(first).querySelector('button').focus();
  }

  _click(event) {
    const row = event.target.closest('tr');
    if (!row || String(window.getSelection()) !== '') return;
    this.open(this.items_of.get(row));
  }

  _key(event) {
    const row = event.target.closest('tr');
    const rows = [...this.body.rows];
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[Math.min(Math.max(to, 0), rows.length - 1)].querySelector('button').focus();
  }
}

function cell(label, ...children) {
  return make('td', { 'data-label': label }, ...children);
}

function eventCells(item) {
  const number = item.sent ? make('span', { class: 'quiet' }, ` ${item.sent.number + 1}`) : null;
  return [
    make('td', { class: 'time', title: tellTime(item.at) }, tellClock(item.at)),
    make('td', {}, make('button', { type: 'button', class: 'open' }, item.name), number),
    cell('Page', item.label || '-'),
    cell('What became of it', make('span', { class: 'chips' }, ...item.rows.map((row) => standing(row)))),
  ];
}

function standing(row) {
  const { line, last } = row;
  if (row.waiting && !row.disclosures.length && line.destination) return chip(line.destination, badge('accepted', 'on the queue'), '');
  const shown = badge(last.outcome || last.change || last.type || last.kind, last.reason || (last.status ? String(last.status) : ''));
  const attempts = line.kind === 'decision' && row.disclosures.length > 1 ? ` at the ${ordinal(row.disclosures.length)} attempt` : '';
  return chip(line.destination, shown, tellReason(last.reason) || tellOutcome(last.outcome), attempts);
}

function chip(destination, shown, title, attempts) {
  if (title) shown.title = title;
  return make('span', { class: 'chip' }, destination ? `${destination} ` : null, shown, attempts ? make('span', { class: 'quiet' }, attempts) : null);
}

function ordinal(number) {
  return { 2: '2nd', 3: '3rd' }[number] || `${number}th`;
}

function requestCells(request) {
  const answer = request.answer || {};
  const events = request.ids.length === 1 ? '1' : String(request.ids.length);
  return [
    make('td', { class: 'time', title: tellTime(request.received_at) }, tellClock(request.received_at)),
    make('td', {}, make('button', { type: 'button', class: 'open' }, `${request.method} ${path(request.url)}`)),
    cell('Network', request.destination),
    cell('Answer', make('span', { class: 'badge', 'data-outcome': answer.status < 300 ? 'delivered' : 'rejected' }, String(answer.status))),
    cell('Events in it', events),
    cell('Bytes', String(new TextEncoder().encode(request.body).length)),
  ];
}

// The real path of the network, without the host: the whole address stands in the detail.
function path(url) {
  try {
    return new URL(url).pathname;
  } catch (_) {
    return url;
  }
}
