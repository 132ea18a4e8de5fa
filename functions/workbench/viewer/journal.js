// Log lines and received requests in; rows, their links and the counts of the funnel out. Pure: no page, no clock.

// Where a message ends. "withheld" here is an authorization that was revoked while the message waited.
const TERMINAL = new Set(['delivered', 'rejected', 'expired', 'withheld', 'refused']);
const EVENT_ID_DIGITS = 32;

/** One row of the table: a decision with all its disclosures, or any other line of the log standing alone. */
class Row {
  constructor(number, line) {
    this.number = number;
    this.line = line;
    this.disclosures = line.kind === 'disclosure' ? [line] : [];
    this.requests = [];
    this.version = 0; // grows with every change, so that the table redraws only what changed
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

  /** What the free-text filter searches, lower-cased. */
  get text() {
    if (this._textOf !== this.version) {
      const parts = [this.line, ...this.disclosures].map((line) => JSON.stringify(line));
      for (const request of this.requests) parts.push(request.url, request.body);
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
    this.clearLog();
    this.clearRequests();
  }

  clearLog() {
    this.rows = [];
    this.unreadable = 0;
    this._rowsById = new Map();
  }

  clearRequests() {
    this.requests = [];
    this._requestsById = new Map();
    for (const row of this.rows) {
      if (row.requests.length) row.version += 1;
      row.requests = [];
    }
  }

  /** One line of the log as text. */
  addText(text) {
    let line = null;
    try {
      line = JSON.parse(text);
    } catch (_) {
      line = null;
    }
    if (line === null || typeof line !== 'object' || Array.isArray(line)) {
      this.unreadable += 1;
    } else {
      this._addLine(line);
    }
  }

  _addLine(line) {
    const known = line.event_id ? this._rowsById.get(line.event_id) : undefined;
    if (line.kind === 'disclosure' && known) {
      // A browser's retry gives a second decision under the same id: each disclosure goes to the first that still waits.
      const row = known.find((candidate) => candidate.waiting) || known[known.length - 1];
      row.disclosures.push(line);
      row.version += 1;
      return;
    }
    const row = new Row(this.rows.length, line);
    this.rows.push(row);
    if (!line.event_id) return;
    if (known) known.push(row);
    else this._rowsById.set(line.event_id, [row]);
    row.requests = this._requestsById.get(line.event_id) || [];
  }

  /** One request that a stand-in received; it is tied to every event whose id stands in its body. */
  addRequest(given) {
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
        row.version += 1;
      }
    }
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
      const stand = ends.length ? ends[0].outcome : 'held';
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
