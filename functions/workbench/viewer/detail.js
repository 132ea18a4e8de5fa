// A row or a request in; beside each other what was decided, what became of it, and what the network received, byte for byte.

import { layOut } from './json.js';
import { badge, make } from './page.js';
import { nameField, tellOutcome, tellReason, tellTime, tellValue } from './words.js';

// Said in the heading, or long and kept for the end.
const APART = new Set(['outcome', 'reason', 'payload', 'policy', 'schema', 'kind']);
const MASKED = '<secret>';

/** Shows a row of the journal. `requests` are those that any stand-in received, for the search by hash. */
export function showRow(panel, row, requests) {
  const line = row.line;
  const title = [line.event || line.kind || 'line', line.destination].filter(Boolean).join(' to ');
  const blocks = [];
  if (line.kind !== 'disclosure') blocks.push(lineBlock(heading(line), line));
  row.disclosures.forEach((disclosure, index) => blocks.push(lineBlock(forwarder(index, row), disclosure)));
  const received = make('div', { class: 'received' });
  fill(panel, title, row.outcome, make('div', { class: 'columns' }, make('div', { class: 'decided' }, ...blocks), received));
  showReceived(received, row, requests);
}

/** Shows a request, and the decision it belongs to. */
export function showRequest(panel, request, row) {
  const decided = make('div', { class: 'decided' });
  if (row) decided.append(lineBlock(heading(row.line), row.line), ...row.disclosures.map((line, index) => lineBlock(forwarder(index, row), line)));
  else decided.append(make('p', { class: 'quiet' }, 'No decision of the log carries an event id of this request.'));
  const received = make('div', { class: 'received' }, requestBlock(request, 1, 1, row ? told(row) : null));
  fill(panel, `Request to ${request.destination}`, null, make('div', { class: 'columns' }, decided, received));
}

/** Says what the panel is for while nothing is chosen. */
export function showNothing(panel) {
  fill(panel, 'Choose an event', null, make('p', { class: 'quiet' },
    'Its decision, every attempt of the forwarder and the exact request that the network received are shown here.'));
}

function fill(panel, title, outcome, content) {
  panel.textContent = '';
  panel.append(make('header', {}, make('h2', {}, title), outcome ? badge(outcome) : null), content);
}

function heading(line) {
  return { decision: 'Sanitizer', fault: 'Fault', authorization: 'Authorization', disclosure: 'Forwarder' }[line.kind] || 'Line';
}

function forwarder(index, row) {
  return row.disclosures.length > 1 ? `Forwarder, ${index + 1} of ${row.disclosures.length}` : 'Forwarder';
}

function lineBlock(title, line) {
  const list = make('dl', {});
  for (const field of Object.keys(line).filter((name) => !APART.has(name))) {
    list.append(make('dt', {}, nameField(field)), make('dd', {}, tellValue(field, line[field])));
  }
  const verdict = line.outcome ? badge(line.outcome, line.reason) : null;
  const why = [tellReason(line.reason) || tellOutcome(line.outcome)].filter(Boolean).join(' ');
  return make('section', { class: 'block' },
    make('h3', {}, title, verdict),
    why ? make('p', { class: 'why' }, why) : null,
    list,
    line.payload === undefined ? null : folded('Payload as the log keeps it', layOut(JSON.stringify(line.payload))),
    folded('The whole line', layOut(JSON.stringify(line))));
}

async function showReceived(place, row, requests) {
  let found = row.requests;
  if (!found.length) found = await byHash(row, requests);
  if (!found.length) {
    place.append(make('p', { class: 'quiet' }, silence(row)));
    return;
  }
  found.forEach((request, index) => place.append(requestBlock(request, index + 1, found.length, told(row))));
}

function silence(row) {
  if (row.waiting) return 'No stand-in has received this event yet: it waits on the queue.';
  if (row.line.kind === 'decision' && row.line.outcome !== 'accepted') return 'Nothing was sent: there is no request to show.';
  return 'No request with this event id was received.';
}

// The hashes that the journal gives for the bodies of this row.
function told(row) {
  return new Set(row.disclosures.map((line) => line.sha256).filter(Boolean));
}

// A network whose format has no event id is found by the hash of the body.
async function byHash(row, requests) {
  const hashes = told(row);
  if (!hashes.size) return [];
  const same = requests.filter((request) => request.destination === row.line.destination);
  const digests = await Promise.all(same.map((request) => digest(request)));
  return same.filter((_, index) => hashes.has(digests[index]));
}

function requestBlock(request, number, count, hashes) {
  const answer = request.answer || {};
  const body = request.body;
  const pretty = layOut(body);
  const headers = make('dl', { class: 'headers' });
  for (const name of Object.keys(request.headers || {})) {
    headers.append(make('dt', {}, name), make('dd', {}, String(request.headers[name])));
  }
  const proof = make('p', { class: 'proof' });
  prove(proof, request, hashes);
  return make('section', { class: 'block' },
    make('h3', {}, `${request.destination} received${count > 1 ? `, ${number} of ${count}` : ''}`),
    make('p', { class: 'why' }, tellTime(request.received_at)),
    make('pre', { class: 'start', tabindex: '0', 'aria-label': 'Method and address' }, `${request.method} ${request.url}`),
    headers,
    pretty === null ? null : make('pre', { tabindex: '0', 'aria-label': 'Body, laid out' }, pretty),
    folded('Body, exact bytes', body, pretty === null),
    proof,
    make('p', { class: 'answered' }, 'It answered ', make('b', {}, String(answer.status))),
    answer.body ? make('pre', { tabindex: '0', 'aria-label': 'Answer' }, layOut(answer.body) || String(answer.body)) : null);
}

async function prove(place, request, hashes) {
  const hash = await digest(request);
  if (request.body.includes(MASKED)) {
    place.textContent = 'The credential in this body is masked, so that its hash cannot be held against the log.';
    return;
  }
  if (hash === null || !hashes || !hashes.size) {
    place.textContent = hash ? `SHA-256 ${hash}` : '';
    return;
  }
  const same = hashes.has(hash);
  place.dataset.same = String(same);
  place.textContent = same
    ? `SHA-256 ${hash}, the same as in the log`
    : `SHA-256 ${hash}. The log has another for this event: these are not the bytes it recorded.`;
}

// Kept with the request, because a search may ask for thousands of them more than once. Null where the browser cannot.
async function digest(request) {
  if (request.sha256 === undefined) {
    const subtle = window.crypto && window.crypto.subtle;
    request.sha256 = subtle ? hex(await subtle.digest('SHA-256', new TextEncoder().encode(request.body))) : null;
  }
  return request.sha256;
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function folded(summary, text, open) {
  const inside = make('pre', { tabindex: '0', 'aria-label': summary }, text);
  return make('details', open ? { open: '' } : {}, make('summary', {}, summary), inside);
}
