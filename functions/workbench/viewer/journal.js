// Log lines, posted events and received requests in; items, their rows and the counts of the funnel out. Pure: no page, no clock.

// Where a message ends. "withheld" here is an authorization that was revoked while the message waited.
const TERMINAL = new Set(['delivered', 'rejected', 'expired', 'withheld', 'refused']);
const EVENT_ID_DIGITS = 32;

/** A decision with all its disclosures, or any other line of the log. */
class Row {
  constructor(number, line) {
    this.number = number;
    this.line = line;
    this.disclosures = line.kind === 'disclosure' ? [line] : [];
    this.requests = [];
    this.item = null;
  }

  /** The line that says how things stand now. */
  get last() {
    return this.disclosures.length ? this.disclosures[this.disclosures.length - 1] : this.line;
  }

  get outcome() {
    return this.last.outcome || '';
  }

  get ended() {
    return this.disclosures.some((line) => TERMINAL.has(line.outcome));
  }

  /** Accepted, and neither told nor given up yet. */
  get waiting() {
    return this.line.kind === 'decision' && this.line.outcome === 'accepted' && !this.ended;
  }

  /** Whether the row belongs under a cell of the funnel. */
  stands(outcome) {
    if (outcome === 'held') return this.waiting || this.outcome === 'held';
    return this.line.outcome === outcome || this.outcome === outcome;
  }
}

/** One line of the list: an event as it was posted with all that was decided of it, or a line of the log by itself. */
class Item {
  constructor(sent, rows) {
    this.sent = sent;
    this.rows = rows;
    this.version = 0; // grows with every change, so that the table redraws only what changed
    this.gone = false;
    rows.forEach((row) => { row.item = this; });
  }

  get at() {
    return this.sent ? this.sent.at : this.rows[0].line.at;
  }

  /** The event's name in the policy, or what the line is about. */
  get name() {
    const named = this.rows.find((row) => row.line.event);
    if (named) return named.line.event;
    const line = this.rows.length ? this.rows[0].line : {};
    if (line.kind && line.kind !== 'decision') return line.kind;
    return line.kind ? 'no event' : 'nothing decided';
  }

  get label() {
    const row = this.rows.find((each) => each.line.label || each.line.surface);
    return row ? row.line.label || row.line.surface : '';
  }

  fits(outcome, destination) {
    if (!outcome && !destination) return true;
    return this.rows.some((row) => (!outcome || row.stands(outcome)) && (!destination || row.line.destination === destination));
  }

  /** What the free-text filter searches, lower-cased. */
  get text() {
    if (this._textOf !== this.version) {
      const parts = [];
      if (this.sent) parts.push(this.sent.path, this.sent.body, JSON.stringify(this.sent.headers));
      for (const row of this.rows) {
        for (const line of [row.line, ...row.disclosures]) parts.push(JSON.stringify(line));
        for (const request of row.requests) parts.push(request.url, request.body);
      }
      this._text = parts.join('\n').toLowerCase();
      this._textOf = this.version;
    }
    return this._text;
  }
}

/** Everything that was read so far. */
export class Journal {
  constructor() {
    this.clear();
  }

  clear() {
    this.rows = [];
    this.items = [];
    this.requests = [];
    this.unreadable = 0;
    this._rowsById = new Map();
    this._rowsByNumber = new Map();
    this._requestsById = new Map();
    this._itemsBySent = new Map();
    this.lastSent = -1;
  }

  /** What the feed brought. */
  add({ first, lines, sent, requests }) {
    lines.forEach((text, index) => this._addText(first + index, text));
    sent.forEach((each) => this._addSent(each));
    if (sent.length) this.items = this.items.filter((item) => !item.gone);
    requests.forEach((each) => this._addRequest(each));
  }

  _addText(number, text) {
    let line = null;
    try {
      line = JSON.parse(text);
    } catch (_) {
      line = null;
    }
    if (line === null || typeof line !== 'object' || Array.isArray(line)) this.unreadable += 1;
    else this._addLine(number, line);
  }

  _addLine(number, line) {
    const known = line.event_id ? this._rowsById.get(line.event_id) : undefined;
    if (line.kind === 'disclosure' && known) {
      // A browser's retry gives a second decision under the same id: each disclosure goes to the first that still waits.
      const row = known.find((candidate) => candidate.waiting) || known[known.length - 1];
      row.disclosures.push(line);
      row.item.version += 1;
      return;
    }
    const row = new Row(number, line);
    this.rows.push(row);
    this._rowsByNumber.set(number, row);
    if (line.kind !== 'checkpoint') this.items.push(new Item(null, [row]));
    else row.item = new Item(null, [row]);
    if (!line.event_id) return;
    if (known) known.push(row);
    else this._rowsById.set(line.event_id, [row]);
    row.requests = this._requestsById.get(line.event_id) || [];
  }

  /** An event as it was posted: the rows that it led to become one item with it. */
  _addSent(sent) {
    const rows = sent.lines.map((number) => this._rowsByNumber.get(number)).filter((row) => row && row.line.kind !== 'checkpoint');
    rows.forEach((row) => { row.item.gone = true; });
    const item = new Item(sent, rows);
    this.items.push(item);
    this._itemsBySent.set(sent.number, item);
    this.lastSent = sent.number;
  }

  /** One request that a stand-in received; it is tied to every event whose id stands in its body. */
  _addRequest(given) {
    const request = Object.assign({}, given, {
      url: String(given.url),
      body: typeof given.body === 'string' ? given.body : JSON.stringify(given.body),
      number: this.requests.length,
    });
    this.requests.push(request);
    request.ids = eventIds(request.body);
    for (const id of request.ids) {
      if (!this._requestsById.has(id)) this._requestsById.set(id, []);
      this._requestsById.get(id).push(request);
      for (const row of this._rowsById.get(id) || []) {
        row.requests = this._requestsById.get(id);
        row.item.version += 1;
      }
    }
  }

  itemOf(sentNumber) {
    return this._itemsBySent.get(sentNumber) || null;
  }

  /** The newest re-run of a posted event that came after `number`, if there is one. */
  rerunOf(sentNumber, number) {
    for (let place = this.items.length - 1; place >= 0; place -= 1) {
      const { sent } = this.items[place];
      if (sent && sent.rerun === sentNumber && sent.number > number) return this.items[place];
    }
    return null;
  }

  /** The row that a request belongs to, if the log has one. */
  rowOf(request) {
    for (const id of request.ids) {
      const rows = this._rowsById.get(id);
      if (rows) return rows[0];
    }
    return null;
  }

  /** Every destination that is named anywhere, sorted. */
  destinations() {
    const names = new Set();
    for (const row of this.rows) if (row.line.destination) names.add(row.line.destination);
    for (const request of this.requests) names.add(request.destination);
    return [...names].sort();
  }

  /** How many decisions the gates took, by outcome, and where the accepted ones stand. */
  tally() {
    const gate = {};
    const network = { held: 0 };
    let received = 0;
    let again = 0;
    for (const row of this.rows) {
      if (row.line.kind !== 'decision') continue;
      received += 1;
      gate[row.line.outcome] = (gate[row.line.outcome] || 0) + 1;
      if (row.line.outcome !== 'accepted') continue;
      const ends = row.disclosures.filter((line) => TERMINAL.has(line.outcome));
      const stand = row.line.destination ? (ends.length ? ends[0].outcome : 'held') : 'for nobody';
      network[stand] = (network[stand] || 0) + 1;
      again += Math.max(0, ends.length - 1);
    }
    return { received, gate, network, again };
  }
}

/** The derived event ids in a text: runs of exactly 32 hex digits. */
export function eventIds(text) {
  const runs = text.match(/[0-9A-Za-z_-]+/g) || [];
  return [...new Set(runs.filter((run) => run.length === EVENT_ID_DIGITS && /^[0-9a-f]+$/.test(run)))];
}
