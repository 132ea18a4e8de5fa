// An item or a request in; beside each other what the browser sent, what each gate decided, what each network received.

import { layOut } from './json.js';
import { badge, make } from './page.js';
import { switchBoard } from './switches.js';
import { nameField, tellOutcome, tellReason, tellTime, tellValue } from './words.js';

// Said in the heading, or long and kept for the end.
const APART = new Set(['outcome', 'reason', 'payload', 'policy', 'schema', 'kind', 'chain', 'seq', 'prev', 'version', 'destination']);
const MASKED = '<secret>';

/** Shows an item. `policy` is what the workbench says of the policy; `context` is handed to the switches. */
export function showItem(panel, item, requests, policy, context) {
  const received = make('div', { class: 'column' }, make('h3', {}, 'What each network received'));
  const columns = make('div', { class: 'columns' },
    make('div', { class: 'column' }, make('h3', {}, 'What the browser sent'), ...sentBlocks(item, policy, context)),
    make('div', { class: 'column' }, make('h3', {}, 'What each gate decided, and why'), ...decisionBlocks(item)),
    received);
  const rerun = item.sent && item.sent.rerun !== null
    ? make('button', { type: 'button', class: 'link', 'data-sent': String(item.sent.rerun) }, `re-run of event ${item.sent.rerun + 1}`)
    : null;
  fill(panel, title(item), rerun, columns);
  showReceived(received, item, requests, policy);
}

/** Shows a request, and the decision that it belongs to. */
export function showRequest(panel, request, row, policy) {
  const decided = make('div', { class: 'column' }, make('h3', {}, 'What was decided, and why'));
  if (row) decided.append(...rowBlocks(row));
  else decided.append(make('p', { class: 'quiet' }, 'No decision of the log carries an event id of this request.'));
  const received = make('div', { class: 'column' }, make('h3', {}, 'What the network received'),
    requestBlock(request, 1, 1, row, policy));
  fill(panel, `Request to ${request.destination}`, null, make('div', { class: 'columns two' }, decided, received));
}

/** Says what the panel is for while nothing is chosen. */
export function showNothing(panel) {
  fill(panel, 'Choose an event', null, make('p', { class: 'quiet' },
    'What the browser sent, what each gate decided and why, and the exact request that each network received are shown here.'));
}

function fill(panel, heading, aside, content) {
  panel.textContent = '';
  panel.append(make('header', {}, make('h2', {}, heading), aside), content);
}

function title(item) {
  const number = item.sent ? `Event ${item.sent.number + 1}: ` : '';
  return `${number}${item.name}${item.label ? ` on ${item.label}` : ''}`;
}

// --- What the browser sent ---

function sentBlocks(item, policy, context) {
  const { sent } = item;
  if (!sent) return [make('p', { class: 'quiet' }, 'No posted event stands behind this line, or it is not kept any more.')];
  const headers = make('dl', { class: 'headers' });
  for (const name of Object.keys(sent.headers)) headers.append(make('dt', {}, name), make('dd', {}, sent.headers[name]));
  sent.cookies.forEach((cookie) => headers.append(make('dt', {}, 'cookie'), make('dd', {}, cookie)));
  const pretty = layOut(sent.body);
  return [make('section', { class: 'block' },
    make('p', { class: 'why' }, `${tellTime(sent.at)}. Kept in memory alone; no log holds it.`),
    make('pre', { class: 'start', tabindex: '0', 'aria-label': 'Method and path that were sent' }, `${sent.method} ${sent.path}`),
    headers,
    make('pre', { tabindex: '0', 'aria-label': 'Body that was sent' }, pretty === null ? sent.body || '(no body)' : pretty),
    pretty === null ? null : folded('Body, exact bytes', sent.body),
    make('p', { class: 'answered' }, 'It was answered ', make('b', {}, String(sent.status)), answered(sent))), sent.path === '/v1/events' && policy ? switchBoard(sent, policy, context) : ''];
}

// A page is never told what was decided; a clinic's own system, whose signature was checked, is.
function answered(sent) {
  return sent.path === '/v1/events' ? ', which tells the page nothing of what was decided.' : '.';
}

// --- What was decided ---

function decisionBlocks(item) {
  if (!item.rows.length) return [make('p', { class: 'quiet' }, 'No line of the log belongs to this.')];
  return item.rows.flatMap((row) => rowBlocks(row));
}

function rowBlocks(row) {
  const blocks = [];
  if (row.line.kind !== 'disclosure') blocks.push(lineBlock(heading(row.line), row.line));
  row.disclosures.forEach((line, index) => blocks.push(lineBlock(forwarder(index, row), line)));
  return blocks;
}

function heading(line) {
  const where = line.destination ? ` for ${line.destination}` : '';
  return ({ decision: 'Sanitizer', fault: 'Fault', authorization: 'Authorization', disclosure: 'Forwarder', gate: 'Kill switch' }[line.kind] || 'Line') + where;
}

function forwarder(index, row) {
  return `Forwarder of ${row.line.destination}${row.disclosures.length > 1 ? `, ${index + 1} of ${row.disclosures.length}` : ''}`;
}

function lineBlock(name, line) {
  const list = make('dl', {});
  for (const field of Object.keys(line).filter((each) => !APART.has(each))) {
    list.append(make('dt', {}, nameField(field)), make('dd', {}, tellValue(field, line[field])));
  }
  const verdict = line.outcome ? badge(line.outcome, line.reason) : null;
  const why = tellReason(line.reason) || tellOutcome(line.outcome);
  return make('section', { class: 'block' },
    make('h4', {}, name, verdict),
    why ? make('p', { class: 'why' }, why) : null,
    list,
    folded('The line as the log holds it', layOut(JSON.stringify(line))));
}

// --- What was received ---

async function showReceived(place, item, requests, policy) {
  for (const row of item.rows.filter((each) => each.line.destination)) {
    const found = row.requests.length ? row.requests : await byHash(row, requests);
    if (found.length) found.forEach((request, index) => place.append(requestBlock(request, index + 1, found.length, row, policy)));
    else place.append(make('section', { class: 'block' }, make('h4', {}, row.line.destination), make('p', { class: 'quiet' }, silence(row))));
  }
  if (place.children.length === 1) place.append(make('p', { class: 'quiet' }, 'Nothing: no network is told of this.'));
}

function silence(row) {
  if (row.waiting) return 'Nothing yet: it waits on the queue.';
  if (row.line.kind === 'decision' && row.line.outcome !== 'accepted') return 'Nothing. There is no request to show.';
  return 'No request with this event id was received.';
}

// The hashes that the journal gives for the bodies of this row.
function told(row) {
  return new Set(row ? row.disclosures.map((line) => line.sha256).filter(Boolean) : []);
}

// A network whose format has no event id is found by the hash of the body.
async function byHash(row, requests) {
  const hashes = told(row);
  if (!hashes.size) return [];
  const same = requests.filter((request) => request.destination === row.line.destination);
  const digests = await Promise.all(same.map((request) => digest(request)));
  return same.filter((_, index) => hashes.has(digests[index]));
}

function requestBlock(request, number, count, row, policy) {
  const answer = request.answer || {};
  const pretty = layOut(request.body);
  const headers = make('dl', { class: 'headers' });
  for (const name of Object.keys(request.headers || {})) {
    headers.append(make('dt', {}, name), make('dd', {}, String(request.headers[name])));
  }
  const proof = make('p', { class: 'proof' });
  prove(proof, request, told(row));
  const id = row ? row.line.event_id : '';
  const body = pretty === null ? null : make('pre', { tabindex: '0', 'aria-label': `Body that ${request.destination} received` }, ...marked(pretty, id));
  return make('section', { class: 'block' },
    make('h4', {}, `${request.destination}${count > 1 ? `, ${number} of ${count}` : ''}`, answerBadge(answer)),
    make('p', { class: 'why' }, `${tellTime(request.received_at)}${request.ids.length > 1 ? `. One request told ${request.ids.length} events; this one's id is marked.` : ''}`),
    make('pre', { class: 'start', tabindex: '0', 'aria-label': 'Method and address' }, `${request.method} ${request.url}`),
    body,
    permission(row, policy),
    folded('Headers', headers),
    request.body ? folded('Body, exact bytes', request.body, pretty === null) : null,
    proof,
    answer.body ? folded(`It answered ${answer.status}`, layOut(answer.body) || String(answer.body)) : null);
}

function answerBadge(answer) {
  if (!answer.status) return null;
  return make('span', { class: 'badge', 'data-outcome': answer.status < 300 ? 'delivered' : 'rejected' }, `answered ${answer.status}`);
}

// The words of the policy that let each part out; what this event did not carry is left out.
function permission(row, policy) {
  const { line, last } = row || { line: {}, last: {} };
  const words = policy && policy.permissions[line.destination] && policy.permissions[line.destination][line.event];
  if (!words) return null;
  const list = make('dl', { class: 'permission' });
  for (const [part, rule] of words) {
    if (part === 'the click id' && !line.click_id) continue;
    if (part === 'hashed identifiers' && !(line.digests && line.digests.length)) continue;
    if (part === 'the worth' && last.amount === undefined) continue;
    list.append(make('dt', {}, part), make('dd', {}, rule));
  }
  return make('details', { open: '', class: 'allowed' }, make('summary', {}, 'The words of the policy that allow it'), list);
}

function marked(text, id) {
  if (!id || !text.includes(id)) return [text];
  const at = text.indexOf(id);
  return [text.slice(0, at), make('mark', {}, id), text.slice(at + id.length)];
}

async function prove(place, request, hashes) {
  const hash = await digest(request);
  if (request.body.includes(MASKED)) {
    place.textContent = 'The credential in this body is masked, so that its hash cannot be held against the log.';
    return;
  }
  if (hash === null || !hashes.size) {
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

function folded(summary, content, open) {
  const inside = typeof content === 'string' ? make('pre', { tabindex: '0', 'aria-label': summary }, content) : content;
  return make('details', open ? { open: '' } : {}, make('summary', {}, summary), inside);
}
