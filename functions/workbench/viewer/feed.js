// The two addresses of the workbench in, new lines and new requests out; asks for no more than what is new.

const OVERLAP_BYTES = 256; // re-read with every poll, so that a log that was begun anew is noticed

/** The log, read by byte ranges. A server without ranges works too, at the cost of the whole log each time. */
export class LogFeed {
  constructor(address) {
    this.address = address;
    this.reset();
  }

  reset() {
    this.seen = new Uint8Array(0); // the last bytes that were read
    this.length = 0;
    this.etag = null;
    this.rest = '';
    this.decoder = new TextDecoder();
  }

  /** `{fresh, lines}`: `fresh` says that `lines` is the whole log, else they are what came since; null where nothing did. */
  async poll() {
    const from = this.length - this.seen.length;
    const headers = {};
    if (this.etag) headers['If-None-Match'] = this.etag;
    if (this.length) headers.Range = `bytes=${from}-`;
    const answer = await fetch(this.address, { headers, cache: 'no-store' });
    if (answer.status === 304) return null;
    if (answer.status === 416) return this._again();
    if (!answer.ok) throw new Error(`${this.address} answered ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const start = answer.status === 206 ? from : 0;
    const goesOn = this.length > 0 && matches(bytes, this.seen, from - start);
    if (!goesOn && start > 0) return this._again();
    if (!goesOn) this.reset();
    const added = bytes.subarray(this.length - (goesOn ? start : 0));
    this.etag = answer.headers.get('ETag');
    this.length += added.length;
    this.seen = bytes.slice(-OVERLAP_BYTES);
    if (goesOn && !added.length) return null;
    // A line may be cut by the end of a range, and a character too.
    const pieces = (this.rest + this.decoder.decode(added, { stream: true })).split('\n');
    this.rest = pieces.pop();
    return { fresh: !goesOn, lines: pieces.filter((piece) => piece.trim()) };
  }

  async _again() {
    this.reset();
    return this.poll();
  }
}

/** The received requests. `?from=N` asks for those after the first N; the header Airlock-From says that it was understood. */
export class RequestFeed {
  constructor(address) {
    this.address = address;
    this.reset();
  }

  reset() {
    this.count = 0;
    this.last = '';
    this.etag = null;
  }

  /** `{fresh, requests}` as for the log, or null. */
  async poll() {
    const headers = this.etag ? { 'If-None-Match': this.etag } : {};
    const answer = await fetch(`${this.address}?from=${this.count}`, { headers, cache: 'no-store' });
    if (answer.status === 304) return null;
    if (!answer.ok) throw new Error(`${this.address} answered ${answer.status}`);
    const requests = await answer.json();
    this.etag = answer.headers.get('ETag');
    const start = Number(answer.headers.get('Airlock-From') || 0);
    const known = this.count - start;
    const goesOn = this.count > 0 && known >= 0 && requests.length >= known && (known === 0 || mark(requests[known - 1]) === this.last);
    const added = goesOn ? requests.slice(known) : requests;
    const empty = !added.length && (goesOn || !this.count);
    this.count = start + requests.length;
    if (requests.length) this.last = mark(requests[requests.length - 1]);
    return empty ? null : { fresh: !goesOn, requests: added };
  }
}

// What tells one request from another, to notice that the list was begun anew.
function mark(request) {
  return JSON.stringify([request.received_at, request.url, request.body]);
}

function matches(bytes, part, at) {
  return bytes.length >= at + part.length && part.every((byte, index) => byte === bytes[at + index]);
}
